"""The most that may change: a ceiling over the whole city, held or refused with its reasons."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from gridplan.errors import InfeasibleError
from gridplan.text import many

SHOWN = 8
"""Communities that a refusal names."""


@dataclass(frozen=True)
class Weighed:
    """One community's plan as the ceiling sees it.

    Parameters
    ----------
    breach, cost
        Households by which it misses the range, and its objective.
    change
        As ``Change.to_dict`` writes it.
    """

    breach: int
    cost: float
    change: Mapping[str, Any]

    @property
    def moved(self) -> int:
        """Households of unchanged units whose grid is another one."""
        return int(self.change["unchanged_moved"])

    @property
    def least(self) -> int:
        """What `moved` cannot fall below, proven where all grids were open."""
        changed = int(self.change["households"]) - int(self.change["unchanged"])
        return max(0, int(self.change["least"]) - changed)


def allowed(plans: Mapping[str, Weighed], max_share: float) -> int:
    """Households of unchanged units that may get another grid."""
    return int(max_share * known(plans) + 1e-9)


def known(plans: Mapping[str, Weighed]) -> int:
    """Households of unchanged units."""
    return sum(int(plan.change["unchanged"]) for plan in plans.values())


def moved(plans: Mapping[str, Weighed]) -> int:
    """Households of unchanged units whose grid is another one."""
    return sum(plan.moved for plan in plans.values())


def hold(first: Mapping[str, Weighed], least: Mapping[str, Weighed], max_share: float) -> list[str]:
    """Choose the communities that take their plan of least change, so that the ceiling holds.

    Parameters
    ----------
    first
        Plan of every community as it was first found.
    least
        The plan that moves the fewest households, of those where it is another one.
    max_share
        The ceiling, as a share of the households of unchanged units.

    Returns
    -------
    list of str
        Communities whose plan is to be replaced: first those that save most households for what
        they cost.

    Raises
    ------
    InfeasibleError
        Where the ceiling cannot be held, with what is proven and the communities that need most.
    """
    most = allowed(first, max_share)
    better = {
        code: plan
        for code, plan in least.items()
        if plan.breach <= first[code].breach and plan.moved < first[code].moved
    }
    saved = {code: first[code].moved - plan.moved for code, plan in better.items()}
    price = {code: max(0.0, plan.cost - first[code].cost) for code, plan in better.items()}
    order = sorted(better, key=lambda code: (price[code] / saved[code], -saved[code], code))
    chosen: list[str] = []
    left = moved(first) - most
    for code in order:
        if left <= 0:
            break
        chosen.append(code)
        left -= saved[code]
    if left > 0:
        raise InfeasibleError(_refusal({**first, **better}, least, most, max_share))
    return sorted(chosen)


def _refusal(
    plans: Mapping[str, Weighed], least: Mapping[str, Weighed], most: int, max_share: float
) -> list[str]:
    """Say why the ceiling cannot be held, and where."""
    total, count = known(plans), moved(plans)
    bound = sum(plan.least for plan in least.values())
    told = (
        f"every plan in range moves at least {bound}, proven"
        if bound > most
        else f"at least {bound} is proven, so a longer search (--effort) might find one"
    )
    lines = [
        f"--max-change {100 * max_share:g}%: {many(most, 'household')} of the {total} in unchanged "
        f"units may get another grid, but the best plan found moves {count}; {told}. Raise the "
        "ceiling, widen the range, or look at these communities:"
    ]
    worst = sorted((c for c in plans if plans[c].moved), key=lambda c: (-plans[c].moved, c))
    lines += [
        f"community {code}: {many(plans[code].moved, 'household')} of "
        f"{plans[code].change['unchanged']} move; grids opened: "
        f"{', '.join(plans[code].change['opened'])}"
        for code in worst[:SHOWN]
    ]
    return [*lines, *([f"and {len(worst) - SHOWN} communities more"] if worst[SHOWN:] else [])]
