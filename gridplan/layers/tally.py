"""Where households come from, and what became of those that reached no unit."""

from dataclasses import dataclass
from enum import StrEnum


class Method(StrEnum):
    """How the households of a unit are known."""

    GIVEN = "given"  # a column of the units
    COUNTED = "counted"  # points counted, or units that are one household each
    REGISTER = "register"  # rows of a register, joined by id or address
    STAIRWELLS = "stairwells"  # rows of the stairwells of a divided building
    ESTIMATED = "estimated"  # spread from a total


@dataclass(frozen=True)
class Tally:
    """Households of one source as it was read; what is not lost here is in units.

    Parameters
    ----------
    source
        Its place below ``inputs``: ``units``, ``households``, ``communities``.
    where
        File and layer, for a reader.
    households_in
        As read, every row counted.
    unlocated
        Of rows that no unit was found for, or several.
    duplicated
        Of rows that repeat another one, or that a finer source counts already.
    outside
        Of rows that lie outside every community.
    """

    source: str
    where: str
    households_in: int
    unlocated: int = 0
    duplicated: int = 0
    outside: int = 0

    @property
    def in_units(self) -> int:
        """Households that units hold by this source."""
        return self.households_in - self.unlocated - self.duplicated - self.outside
