"""How much of a division may change, and what a plan changes of it."""

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Policy:
    """How much of a division may change, and what decides between plans.

    Parameters
    ----------
    scope
        ``minimal``: grids that cannot stay and as few neighbours as a plan in range needs; ``all``;
        or ``named``: the old grids and communities of ``named`` alone.
    named
        Codes of old grids, and of communities of today; sorted.
    least
        Whether fewer households moved outrank all cost; else change is weighed by
        ``[objective] change``. Scope ``minimal`` always means it.
    """

    scope: str = "minimal"
    named: tuple[str, ...] = ()
    least: bool = False


@dataclass(frozen=True)
class Change:
    """What a plan changes, and what is proven about that.

    Parameters
    ----------
    opened
        Old grids that were free to change, sorted.
    households, unchanged
        Households with an old grid, in all and in units that have as many as before.
    moved, unchanged_moved
        Those of them whose grid is another one now.
    least
        Households that every plan in range moves with these grids opened, proven.
    fewest
        Whether no plan in range opens fewer grids, proven; None where that was not asked.
    """

    opened: tuple[str, ...]
    households: int
    unchanged: int
    moved: int
    unchanged_moved: int
    least: int
    fewest: bool | None

    def to_dict(self) -> dict[str, object]:
        """As ``run.json`` has it."""
        return {**asdict(self), "opened": list(self.opened), "proven": self.moved == self.least}
