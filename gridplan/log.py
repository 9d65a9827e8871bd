"""The log of a run as lines of JSON, for whoever watches many runs."""

import datetime as dt
import json
from typing import TextIO

from gridplan.errors import GridplanError
from gridplan.runs import Progress, Result
from gridplan.solved import Solved
from gridplan.text import clean_text


class JsonLog(Progress):
    """Tells what happens, one JSON object a line: ``time``, ``level``, ``event`` and more.

    Parameters
    ----------
    stream
        Where the lines go; each is written whole, so that several processes may share it.
    job
        Name of the job among many; it stands on every line.
    """

    def __init__(self, stream: TextIO, job: str = "") -> None:
        self.stream = stream
        self.job = job

    def tell(self, event: str, level: str = "info", **more: object) -> None:
        """Write one line."""
        record: dict[str, object] = {
            "time": dt.datetime.now(dt.UTC).isoformat(timespec="milliseconds"),
            "level": level,
            "event": event,
        }
        if self.job:
            record["job"] = self.job
        text = json.dumps({**record, **more}, ensure_ascii=False, default=str)
        self.stream.write(clean_text(text) + "\n")
        self.stream.flush()

    def stage(self, name: str) -> None:
        """Tell that a stage begins."""
        self.tell("stage", stage=name)

    def total(self, communities: int) -> None:
        """Tell how many communities will be solved."""
        self.tell("total", communities=communities)

    def solved(self, community: Solved) -> None:
        """Tell what came of a community."""
        answer = community.solution
        level = "error" if answer.status in ("failed", "infeasible") else "info"
        told = ("status", "breach", "objective", "bound", "gap", "grids", "seconds", "stopped")
        more = {name: getattr(answer, name) for name in told}
        if answer.reason:
            more["reason"] = answer.reason
        self.tell("solved", level, community=community.code, **more)

    def drawn(self, name: str) -> None:
        """Tell that a map is drawn."""
        self.tell("drawn", map=name)

    def finished(self, result: Result | None) -> None:
        """Tell what a run leaves; None where it was complete already."""
        if result is None:
            self.tell("complete")
            return
        for finding in result.broken:
            self.tell("broken", "error", kind=finding.kind, message=finding.message)
        grids = len(result.plan.grids)
        self.tell("done", grids=grids, seconds=round(result.seconds, 1))

    def failed(self, error: Exception) -> None:
        """Tell why a run ended, one line for each problem."""
        problems = error.problems if isinstance(error, GridplanError) else (str(error),)
        for problem in problems:
            self.tell("error", "error", kind=type(error).__name__, message=problem)
