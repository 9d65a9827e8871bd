"""A Dask cluster on this machine: a scheduler and workers, each a process of its own."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

ROOT = Path(__file__).resolve().parent.parent
HOST = "127.0.0.1"
STARTS_WITHIN_S = 120.0


class Cluster:
    """A scheduler and some workers of one thread each; a context manager that ends them.

    Parameters
    ----------
    workers
        Their number. Each is looked after by a nanny, which starts it again when it dies.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self.address = ""
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.folder = tempfile.TemporaryDirectory(prefix="gridplan-dask-")
        told = Path(self.folder.name) / "scheduler.json"
        self._start(
            "scheduler", "--scheduler-file", told, "--host", HOST, "--port", "0", "--no-dashboard"
        )
        self._wait_for(told.is_file)
        for _ in range(self.workers):
            self.add_worker()
        self.client: Any = self._connect(told)
        return self

    def _connect(self, told: Path) -> Any:
        from distributed import Client

        client = Client(scheduler_file=str(told), timeout=STARTS_WITHIN_S, set_as_default=False)
        self.address = client.scheduler.address
        client.wait_for_workers(self.workers, timeout=STARTS_WITHIN_S)
        return client

    def add_worker(self) -> None:
        """Start one more worker."""
        told = Path(self.folder.name) / "scheduler.json"
        self._start(
            "worker", "--scheduler-file", told, "--host", HOST, "--nworkers", "1",
            "--nthreads", "1", "--no-dashboard", "--memory-limit", "0",
            "--local-directory", self.folder.name,
        )  # fmt: skip

    def pids(self) -> list[int]:
        """Process ids of the workers that live now, without their nannies."""
        found: dict[str, int] = self.client.run(os.getpid)
        return sorted(found.values())

    def kill_worker(self, number: int) -> int:
        """End one worker as a crash would; return its process id."""
        pids = self.pids()
        pid = pids[number % len(pids)]
        os.kill(pid, signal.SIGKILL)
        return pid

    def processes(self) -> list[int]:
        """Process ids of the scheduler and the nannies."""
        return [process.pid for process in self._running]

    def _start(self, *arguments: object) -> None:
        log = (Path(self.folder.name) / f"log{len(self._running)}").open("wb")
        with log:
            self._running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "dask", *map(str, arguments)],
                    cwd=ROOT,
                    stdout=log,
                    stderr=log,
                )
            )

    def _wait_for(self, ready: Any) -> None:
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not ready():
            if time.monotonic() > deadline:
                raise TimeoutError("the cluster does not start")
            time.sleep(0.05)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.client.close()
        scheduler, *nannies = self._running
        for nanny in nannies:
            nanny.terminate()
        for nanny in nannies:
            _end(nanny)
        scheduler.kill()
        scheduler.wait()
        self.folder.cleanup()


def _end(process: "subprocess.Popen[bytes]") -> None:
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
