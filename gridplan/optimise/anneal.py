"""Compiled simulated annealing of a plan by single nodes and by recut grids."""

from typing import NamedTuple

import numpy as np

from gridplan.optimise.compiled import kernel
from gridplan.optimise.desk import Desk
from gridplan.optimise.moves import (
    State,
    copy_into,
    cost_delta,
    miss_delta,
    moved_delta,
    random_int,
    random_real,
    rules_delta,
    shift,
    stays_whole,
)
from gridplan.optimise.piece import Kernel, Score
from gridplan.optimise.problem import Floats, Ints
from gridplan.optimise.recut import recut

COLD = 0.02  # last temperature, in units of a typical move
SOFT, STRICT = 0.03, 5.0  # price of a household outside the range, first and last, likewise
HARD = 1e4  # that of a broken rule
RECUTS = 2.0  # work on joined grids for each move of a node
BATCH = 512  # moves between two looks at temperature and best plan
EAGER = 2000  # nodes up to which every batch looks for the best plan


class Course(NamedTuple):
    """Numbers of an annealing that go on from call to call; arrays of one, so that they change."""

    value: Floats  # broken rules, households outside the range, cost
    least: Floats  # the same of the best plan seen
    heat: Floats  # temperature, and what it is multiplied by with every step
    price: Floats  # of a household outside the range, likewise
    strong: float  # price of a broken rule
    place: Ints  # in the tour of the nodes, and steps since the best plan was last looked for


def fresh_course(known: Score, hot: float, unit: float, steps: int) -> Course:
    """The course of an annealing of ``steps`` from a temperature of ``hot`` units."""
    value = np.array([float(x) for x in known])
    return Course(
        value,
        value.copy(),
        np.array([hot * unit, (COLD / hot) ** (1 / max(1, steps))]),
        np.array([SOFT * unit, (STRICT / SOFT) ** (1 / max(1, steps))]),
        HARD * unit,
        np.zeros(2, dtype=np.int64),
    )


@kernel
def note_best(s: State, best: Ints, course: Course) -> None:
    """Copy the plan if it is the best so far."""
    now, least = course.value, course.least
    better = now[0] < least[0]
    if now[0] == least[0]:
        better = now[1] < least[1] or (now[1] == least[1] and now[2] < least[2] - 1e-9)
    if better:
        for i in range(3):
            least[i] = now[i]
        copy_into(best, s.at)


@kernel
def accepted(s: State, worse: float, heat: float) -> bool:
    """Whether a change is made at a temperature."""
    if worse <= 0:
        return True
    return worse < 16.0 * heat and random_real(s.seed) < np.exp(-worse / heat)


@kernel
def move_nodes(k: Kernel, s: State, d: Desk, course: Course, fixed: bool) -> None:
    """Offer a batch of nodes, neighbours after each other, to grids beside them."""
    n = len(k.h)
    rules = k.nest.shape[0] > 0 or len(k.apart) > 0 or len(k.tied) > 0
    place = course.place[0]
    top = len(s.free) - 1
    heat, price = course.heat[0], course.price[0]
    for _ in range(BATCH):
        place += 1 + random_int(s.seed, 2)
        if place >= n:
            place %= n
        v = d.tour[place]
        if k.ptr[v] == k.ptr[v + 1]:
            continue
        a = s.at[v]
        b = s.at[k.adj[k.ptr[v] + random_int(s.seed, k.ptr[v + 1] - k.ptr[v])]]
        if a == b or (fixed and s.size[a] == 1):
            continue
        miss = miss_delta(k, s, v, a, b)
        cost = cost_delta(k, s, v, a, b) + moved_delta(k, s, v, a, b)
        broken = rules_delta(k, s, v, a, b) if rules else 0
        worse = cost + price * miss + course.strong * broken
        if accepted(s, worse, heat) and stays_whole(k, s, v, a):
            shift(k, s, v, b)
            if s.size[a] == 0:
                s.free[s.free[top]] = a
                s.free[top] += 1
            course.value[0] += broken
            course.value[1] += miss
            course.value[2] += cost
    course.place[0] = place


@kernel
def anneal(
    k: Kernel, s: State, d: Desk, best: Ints, course: Course, steps: int, fixed: bool
) -> int:
    """Move nodes and recut grids while the temperature falls.

    Parameters
    ----------
    k, s, d
        Piece, plan and working memory.
    best
        Receives the best plan.
    course
        Goes on from call to call.
    steps
        Work to do.
    fixed
        Whether the number of grids must stay.

    Returns
    -------
    int
        Work done.
    """
    n = len(k.h)
    done = 0
    while done < steps:
        move_nodes(k, s, d, course, fixed)
        spent = 0
        while spent < RECUTS * BATCH:
            work, broken, miss, cost = recut(
                k, s, d, course.price[0], course.heat[0], course.strong, fixed
            )
            spent += 2 * work
            course.value[0] += broken
            course.value[1] += miss
            course.value[2] += cost
        spent += BATCH
        done += spent
        course.heat[0] *= course.heat[1] ** spent
        course.price[0] *= course.price[1] ** spent
        course.place[1] += spent
        if n <= EAGER or course.place[1] >= n:
            course.place[1] = 0
            note_best(s, best, course)
    note_best(s, best, course)
    return done
