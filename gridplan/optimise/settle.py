"""The best plan of one connected piece within the effort, and what is proven about it."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gridplan.optimise.bound import quick_bound
from gridplan.optimise.budget import Budget
from gridplan.optimise.enumerate import Enumerator
from gridplan.optimise.exact import Answer, prove, steepness
from gridplan.optimise.few import few
from gridplan.optimise.narrow import Walker
from gridplan.optimise.piece import Piece, Score, score
from gridplan.optimise.price import Pricer
from gridplan.optimise.problem import Ints
from gridplan.optimise.reach import reach_range, reaches
from gridplan.optimise.rounds import first_rounds, improve, sketch
from gridplan.optimise.search import Search
from gridplan.optimise.touches import crowd_of
from gridplan.optimise.windows import smooth

FIRST, SOON = 100, 600_000  # steps a node of a first try, and of the very first in all
DRAFT = 0.15  # effort below which a plan in range is searched, and only proven where that is cheap
SMOOTH = 500_000  # work on windows of a draft that annealing does not follow
EASY = 200_000  # steps within which the exact engine is tried before the rounds
PRICED = 1000  # nodes up to which a bound by column generation is tried
SOON_CUTS, CUTS = 60_000, 1_200_000  # least cuts of that, before and after the long search
LARGE = 10  # nodes a grid from which enumeration over masks may see more than least cuts
BRIEF_CUTS, LOOKS = 30_000, 5000  # where grids are few: before their programmes, and on each
SMALL = 150  # nodes up to which all of these cuts are made: each takes longer in larger pieces
PATIENT = 200  # nodes from which more effort goes into the search, not only into the proof
STEEPEST = 1e5  # price of a label up to which least cuts are exact enough
LISTED = 100_000  # grids held at its end
NEAR, NEAR_ROOM = 1.5e6, 4e5  # steps of the enumeration of all grids, and grids of it, at first
POOL, ROOM = 6e6, 1.5e6  # later
WIDE = 256  # nodes up to which grids are enumerated where masks are too narrow
FAR, FAR_ROOM = 30e6, 3e6  # of that, after the long search


@dataclass(frozen=True, eq=False)
class Outcome:
    """A plan of one piece and what is proven about it.

    Parameters
    ----------
    plan
        Grid of every node, numbered from 0.
    known
        What the plan is worth; a plan that breaks a hard rule is none.
    bound, excess_bound
        Lower bounds of the cost at the plan's excess, and of the excess.
    stopped
        What ended the work before a proof, or empty.
    """

    plan: Ints
    known: Score
    bound: float
    excess_bound: int
    stopped: str


def solve_piece(
    piece: Piece,
    budget: Budget,
    effort: float,
    seed: int,
    grids: int | None,
    tell: Callable[[Score, Ints], None] | None = None,
) -> Outcome:
    """Best plan of one connected piece within the effort."""
    if piece.n == 1 or piece.total == 0 or grids == 1:
        plan = np.zeros(piece.n, dtype=np.int64)
        known = score(piece, plan)
        if grids is not None and grids > max(1, int((piece.cap > 0).sum())):
            known = known._replace(broken=1)
        if tell is not None:
            tell(known, plan)
        return Outcome(plan, known, known.cost, known.excess, "")
    search = Search(piece, budget, grids, seed, tell)
    search.start(min(FIRST * piece.n, SOON))
    least = quick_bound(piece, grids)
    answer = None
    try:
        for _ in range(5 if piece.n <= 64 else 2):
            search.start(FIRST * piece.n)
        least = reach_range(search, effort, seed, least)
        answer = _best_effort(search, effort, seed, least[1])
    except KeyboardInterrupt:
        budget.interrupt()
    return _outcome(search, answer, least)


def _best_effort(search: Search, effort: float, seed: int, least: int) -> Answer | None:
    """The exact engine where its pool fits; else column generation, between rounds of search."""
    if effort < DRAFT and reaches(search, least):
        return _draft(search, effort, seed)
    answer = _by_pool(search, min(EASY, POOL * effort), ROOM * min(1.0, effort))
    return answer or _at_length(search, effort, seed)


def _at_length(search: Search, effort: float, seed: int) -> Answer | None:
    """Search, and between its rounds proofs of ever more work until one holds."""
    piece, part = search.piece, min(1.0, effort)
    wide = piece.n <= WIDE and not Enumerator(piece, 0).fits()
    first_rounds(search, effort, seed)
    answer = _by_pool(search, NEAR * part, NEAR_ROOM * part, wide=wide)
    pricer = Pricer(search)
    if not _holds(answer):
        answer = _better(answer, _by_few(pricer, BRIEF_CUTS * effort, LOOKS * effort * part))
    if not _holds(answer):
        answer = _better(answer, _by_price(pricer, int(SOON_CUTS * effort)))
    if not _holds(answer) and not wide:
        answer = _better(answer, _by_pool(search, POOL * part, ROOM * part))
    if not _holds(answer):
        improve(search, effort if piece.n > PATIENT else part, seed)
        if wide:
            answer = _better(answer, _by_pool(search, FAR * part, FAR_ROOM * part, wide=True))
    if not _holds(answer):
        answer = _better(answer, _by_price_at_length(pricer, effort))
    return answer


def _holds(answer: Answer | None) -> bool:
    return answer is not None and answer.proven


def _better(one: Answer | None, other: Answer | None) -> Answer | None:
    """The proof, or else the higher bound, of two."""
    known = [answer for answer in (one, other) if answer is not None]
    return max(known, key=lambda answer: (answer.proven, answer.bound), default=None)


def _draft(search: Search, effort: float, seed: int) -> Answer | None:
    """A proof where all grids are few, else a round of annealings: no programme takes longer."""
    answer = _by_pool(search, EASY * effort, ROOM * effort, quick=True)
    if not _holds(answer):
        before = search.best
        sketch(search, effort)
        if search.best is before:
            smooth(search, SMOOTH, seed)
    return answer


def _by_pool(
    search: Search, steps: float, room: float, *, quick: bool = False, wide: bool = False
) -> Answer | None:
    """Proof over all grids of the piece, or None where they are too many."""
    if search.budget.over():
        return None
    answer = prove(
        search.piece,
        search.plan,
        search.budget,
        grids=search.grids,
        steps=int(steps),
        room=int(room),
        quick=quick,
        wide=wide,
    )
    if answer is not None and answer.plan is not None:
        search.offer(answer.plan)
    return answer


def _outcome(search: Search, answer: Answer | None, least: tuple[float, int]) -> Outcome:
    """The best plan of a search and what an answer proves about it.

    ``least`` bounds the cost of plans of no more excess, and the excess.
    """
    assert search.best is not None
    known, plan = search.best
    if answer is not None and answer.proven:
        return Outcome(plan, known, known.cost, known.excess, "")
    bound, excess_bound = least
    if answer is not None and known.excess == excess_bound:
        # the answer bounds cost and steep excess together, and no plan has less excess
        bound = max(bound, answer.bound - steepness(search.piece) * known.excess)
    return Outcome(plan, known, min(bound, known.cost), excess_bound, "effort")


def _by_few(pricer: Pricer, cuts: float, looks: float) -> Answer | None:
    """By price, then by integer programmes, where few grids hold many nodes each; else None."""
    if not few(pricer.piece, len(np.unique(pricer.search.plan))):
        return None
    answer = _by_price(pricer, int(cuts))
    if answer is None or answer.proven:
        return answer
    pricer.divide(int(looks))
    return _by_price(pricer, 0)


def _by_price(pricer: Pricer, cuts: int) -> Answer | None:
    """Proof or bound by column generation, for plans within the range; else None."""
    search = pricer.search
    assert search.best is not None
    known = search.best[0]
    if known.broken or known.excess or search.piece.n > PRICED or search.budget.over():
        return None
    if pricer.crowd is None and not pricer.masks:
        crowd = crowd_of(search, cuts // 4)
        if crowd is not None:
            pricer.begin(crowd)
    if pricer.piece.label_weight.max(initial=0.0) > STEEPEST:
        return None
    cuts = int(cuts * min(1.0, SMALL / search.piece.n))
    answer = pricer.prove(cuts, LISTED)
    if answer.plan is not None:
        search.offer(answer.plan)
    return answer


def _by_price_at_length(pricer: Pricer, effort: float) -> Answer | None:
    """Least cuts again, now for the best plan; over masks where that is not enough."""
    cuts = int(CUTS * effort * min(1.0, effort))
    few = pricer.piece.n >= LARGE * len(np.unique(pricer.search.plan))
    if not few or pricer.crowd is not None or not Walker(pricer.piece).fits():
        return _by_price(pricer, cuts)
    answer = _by_price(pricer, int(SOON_CUTS * effort))
    if answer is None or answer.proven:
        return answer
    walker = Pricer(pricer.search, masks=True)
    walker.known.learn(pricer.known.inside)
    other = _by_price(walker, cuts)
    if other is not None and other.proven:
        return other
    pricer.known.learn(walker.known.inside)
    return _by_price(pricer, cuts) or answer
