"""Work is bounded by counted effort; the clock is only an optional safety stop."""

import time


class Budget:
    """Counts work (enumeration steps, moves, columns priced, nodes) and watches the clock.

    Parameters
    ----------
    limit
        Work allowed.
    deadline_s
        Seconds allowed from now; 0: no clock.
    """

    def __init__(self, limit: float, deadline_s: float = 0.0) -> None:
        self.limit = limit
        self.spent = 0
        self.deadline = time.perf_counter() + deadline_s if deadline_s > 0 else 0.0
        self.stopped = ""

    def spend(self, work: int) -> None:
        """Count work done."""
        self.spent += int(work)

    def left_s(self) -> float:
        """Seconds left for a solver call, at least a blink; 0 without a clock."""
        if not self.deadline:
            return 0.0
        return max(0.05, self.deadline - time.perf_counter())

    def over(self) -> bool:
        """Whether the work or the time is used up."""
        if self.deadline and time.perf_counter() >= self.deadline:
            self.stopped = self.stopped or "time"
        return bool(self.stopped) or self.spent >= self.limit

    def interrupt(self) -> None:
        """Ctrl-C: nothing more is to be started."""
        self.stopped = "interrupt"
