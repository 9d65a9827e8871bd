"""A fixed number of grids over several pieces: which piece gets how many."""

from collections.abc import Callable, Sequence

Value = tuple[float, float, float]  # broken rules, excess in households, cost

NOTHING: Value = (0.0, 0.0, 0.0)
NEVER: Value = (float("inf"), 0.0, 0.0)


def _plus(a: Value, b: Value) -> Value:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def share_out(values: Sequence[dict[int, Value]], grids: int) -> tuple[Value, list[int]] | None:
    """Number of grids for every piece with the least sum, or None where no sum is ``grids``."""
    best: dict[int, tuple[Value, list[int]]] = {0: (NOTHING, [])}
    for options in values:
        step: dict[int, tuple[Value, list[int]]] = {}
        for used, (value, picks) in best.items():
            for k, more in options.items():
                total = _plus(value, more)
                if used + k <= grids and (used + k not in step or total < step[used + k][0]):
                    step[used + k] = (total, [*picks, k])
        best = step
    return best.get(grids)


def settle_shares(
    lower: Sequence[dict[int, Value]], grids: int, solve: Callable[[int, int], Value]
) -> list[int] | None:
    """Shares with the least true sum, solving only the pieces and numbers that can matter.

    Parameters
    ----------
    lower
        For every piece, a lower bound of its value by number of grids.
    grids
        Number of grids in all.
    solve
        Value reached for a piece and a number of grids.

    Returns
    -------
    list
        Number of grids of every piece, or None where the number cannot be reached.
    """
    values = [dict(options) for options in lower]
    done: set[tuple[int, int]] = set()
    while True:
        found = share_out(values, grids)
        if found is None:
            return None
        waiting = [(i, k) for i, k in enumerate(found[1]) if (i, k) not in done]
        if not waiting:
            return found[1]
        for i, k in waiting:
            values[i][k] = max(values[i][k], solve(i, k))
            done.add((i, k))
