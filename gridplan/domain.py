"""The words every module shares: levels, kinds, severities, findings and the written plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geopandas import GeoDataFrame

Row = Mapping[str, object]


class Level(StrEnum):
    """The four levels of a division, from the largest to the smallest."""

    DISTRICT = "district"
    STREET = "street"
    COMMUNITY = "community"
    GRID = "grid"


class GridKind(StrEnum):
    """What a grid is made for."""

    RESIDENTIAL = "residential"
    UNIT = "unit"


class RangeStatus(StrEnum):
    """Where a grid's households lie against the range."""

    IN = "in"
    UNDER = "under"
    OVER = "over"
    EXEMPT = "exempt"


class Severity(StrEnum):
    """How much a finding weighs."""

    ERROR = "error"  # stops the run
    BROKEN = "broken"  # a promise of the written plan does not hold
    WARNING = "warning"
    REPAIRED = "repaired"
    EXCEPTION = "exception"  # a listed and verified exception to a promise
    INFO = "info"


@dataclass(frozen=True)
class Finding:
    """Something that a reader of the plan must know.

    Parameters
    ----------
    kind
        Short fixed name such as ``unit-outside`` or ``part-joined``.
    severity
        How much it weighs.
    message
        One sentence for a planner, with the cure where there is one.
    layer
        Input or output layer it is about.
    place, other
        Id of the feature, grid code or unit id it is about; ``other`` is the second one of a pair,
        such as the far end of a link.
    community_code
        Community it lies in, where known.
    value, limit
        What was found and what was allowed, in the unit that the message names.
    at
        x and y of the very place, in metres of the project's CRS; None where it is the feature.
    """

    kind: str
    severity: Severity
    message: str
    layer: str = ""
    place: str = ""
    other: str = ""
    community_code: str = ""
    value: float | None = None
    limit: float | None = None
    at: tuple[float, float] | None = None


@dataclass(frozen=True)
class Plan:
    """A finished plan as the layers of ``plan.gpkg`` (design section 8), in one projected CRS.

    Parameters
    ----------
    grids, communities, streets, units
        Polygon layers that every plan has. ``units`` holds the cells, one column per zone layer.
    extra
        ``buildings``, ``institutions``, ``facilities``, ``public_spaces``, ``roads`` where given.
    zone_layers
        Names of the jurisdiction layers, in the order of the configuration.
    """

    grids: "GeoDataFrame"
    communities: "GeoDataFrame"
    streets: "GeoDataFrame"
    units: "GeoDataFrame"
    extra: Mapping[str, "GeoDataFrame"] = field(default_factory=dict)
    zone_layers: tuple[str, ...] = ()

    def layers(self) -> dict[str, "GeoDataFrame"]:
        """Every layer by its name in the file, in the order they are written."""
        return {
            "grids": self.grids,
            "communities": self.communities,
            "streets": self.streets,
            "units": self.units,
            **self.extra,
        }
