"""How long to search: rounds of annealing, each longer than the last, then exact windows."""

from gridplan.optimise.recombine import Recombiner
from gridplan.optimise.search import SMALL, Search
from gridplan.optimise.windows import smooth

SOUGHT = 1.5e6  # steps of all short annealings of a small piece
MIDDLE = 128  # nodes up to which they are shorter still
TURN, MIX = (150, 300), (0.4e6, 0.8e6)  # steps a node of each, and between two recombinations
SHORT, LONG = 400, 12_800  # steps a node of a round of annealings, the first and the last
ROUND = 4  # annealings of a round
MOST = 60e6  # steps of all rounds
WINDOWS = 6e6  # work on exact windows
PAIRS, PAIR = 1e5, 20  # work on such of two grids between short annealings, nodes of the largest
SKETCH, TRIES, AGAIN = 2_000, 5, 2  # of a draft: steps a node for a whole effort, annealings
COOL = 1.0  # first temperature of its short annealings


def first_rounds(search: Search, effort: float, seed: int) -> None:
    """A good plan soon: many short annealings, or two rounds where the piece is large."""
    if search.piece.n <= SMALL:
        _short_turns(search, SOUGHT * min(1.0, effort), seed)
        return
    for steps in (SHORT, 2 * SHORT):
        _round(search, int(min(steps * search.piece.n, MOST / 60) * min(1.0, effort)))


def _short_turns(search: Search, most: float, seed: int) -> None:
    """New plans of all likely numbers of grids, the best one again after each.

    Now and then the best plan is recombined, and two of its grids at a time are divided anew.
    """
    wide = search.piece.n > MIDDLE
    steps, recombiner = TURN[wide] * search.piece.n, Recombiner(search)
    spent, due, smoothed = 0.0, MIX[wide], None
    while spent < most and not search.budget.over():
        search.start(steps)
        search.again(steps)
        spent += 2 * steps
        if spent >= due:
            recombiner.turn(quick=True)
            due = spent + MIX[wide]
            if search.best is not smoothed:
                smooth(search, PAIRS, seed, (2,), PAIR)
                smoothed = search.best
    recombiner.turn(quick=False)


def _round(search: Search, steps: int) -> None:
    """Anneal one new plan and the best one again, so that lucky starts and patience both count."""
    if search.budget.over():
        return
    search.start(steps)
    for _ in range(ROUND - 1):
        if search.budget.over():
            return
        search.again(steps)


def sketch(search: Search, effort: float) -> None:
    """All rounds of a draft: short tries find the number of grids sooner than one long one."""
    steps = int(min(SKETCH * search.piece.n, MOST / (TRIES + 2 * AGAIN)) * effort)
    for _ in range(TRIES):
        if search.budget.over():
            return
        search.start(steps, COOL)
    for _ in range(AGAIN):
        if search.budget.over():
            return
        search.again(2 * steps)


def improve(search: Search, effort: float, seed: int) -> None:
    """Rounds of annealing, each twice as long as the one before, then exact windows."""
    piece = search.piece
    most = MOST * effort
    steps, spent = 4 * SHORT * piece.n, 0
    longest = max(steps, LONG * piece.n * effort)
    recombiner = Recombiner(search)
    while spent < most and steps <= longest:
        now = int(min(steps, most / ROUND))
        _round(search, now)
        recombiner.turn(quick=False)
        spent += ROUND * now
        steps *= 2
    smooth(search, WINDOWS * effort, seed)
