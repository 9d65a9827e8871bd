"""Look at all layers of a job at once: every error, repair and warning, each at its place."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd
import shapely

from gridplan.codes import configured_profile
from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.errors import CodeError, GridplanError, LayerError, TopologyError
from gridplan.layers import Inputs, read_inputs
from gridplan.layers.objects import EXTRA_LAYERS
from gridplan.prepare import community_tasks, prepare_ground
from gridplan.sentences import told
from gridplan.tables import household_ledger, open_rows

TEXTS = ("severity", "kind", "community_code", "layer", "place", "other", "message")
NUMBERS = ("value", "limit")
REPAIRS = (
    "ring-repaired",
    "community-repaired",
    "community-overlap",
    "gap-closed",
    "unit-overlaps",
)
"""Repairs that are warnings where they move much ground; with ``strict`` they are errors too."""

OWN_IDS = ("communities", "streets", *EXTRA_LAYERS)
"""Layers whose findings name their own features; those of zones and barriers may name units."""

ROLE = re.compile(r"inputs\.([\w.-]+?)[\s:(]")
WEIGHT = (
    Severity.ERROR,
    Severity.BROKEN,
    Severity.WARNING,
    Severity.REPAIRED,
    Severity.EXCEPTION,
    Severity.INFO,
)


@dataclass(frozen=True)
class Checked:
    """What a look at the layers found.

    Parameters
    ----------
    findings
        The heaviest first, then by kind, layer and place.
    places
        The findings as points in the project's CRS, without geometry where a finding has no place;
        None where the layers could not be read and
        the project names no CRS.
    ledger
        Every household that was read and what became of it; None where that is not known.
    """

    findings: tuple[Finding, ...]
    places: gpd.GeoDataFrame | None
    ledger: pd.DataFrame | None = None

    def count(self, severity: Severity) -> int:
        """Number of findings of one severity."""
        return sum(finding.severity == severity for finding in self.findings)

    def strict(self) -> "Checked":
        """Count every repair as an error, whatever it moved."""
        hard = tuple(
            replace(f, severity=Severity.ERROR) if _mended(f) else f for f in self.findings
        )
        places = self.places
        if places is not None:
            places = places.assign(severity=[str(f.severity) for f in hard])
        order = sorted(range(len(hard)), key=lambda i: _rank(hard[i]))
        return Checked(
            tuple(hard[i] for i in order),
            None if places is None else places.iloc[order].reset_index(drop=True),
            self.ledger,
        )


def check(config: Config) -> Checked:
    """Read the layers, mend and connect them as ``partition`` does, and keep what was found.

    Parameters
    ----------
    config
        The job.
    """
    try:
        inputs = read_inputs(config)
    except LayerError as err:
        ordered = tuple(sorted([*err.findings, *_errors("layer-wrong", err)], key=_rank))
        crs = config.project.crs
        language = config.project.language
        return Checked(ordered, _located(ordered, {}, crs, language) if crs else None)
    findings = [*inputs.findings, *_uncoded(inputs, config)]
    ledger = None
    try:
        ground = prepare_ground(inputs, config)
        findings += ground.findings
        ledger = household_ledger(inputs, ground.cells["unit_id"])
        findings += open_rows(ledger)
        for task in community_tasks(inputs, ground, config):
            findings += task.findings
    except TopologyError as err:
        findings += [*err.findings, *_errors("coverage-wrong", err)]
    ordered = tuple(sorted(findings, key=_rank))
    places = _located(ordered, _spots(inputs), inputs.crs, config.project.language)
    return Checked(ordered, places, ledger)


def _uncoded(inputs: Inputs, config: Config) -> Iterator[Finding]:
    """Name the communities whose codes do not fit the profile of the grid codes."""
    try:
        configured_profile(config.codes, inputs.communities["community_code"])
    except CodeError as err:
        yield from _errors("layer-wrong", err)


def _rank(finding: Finding) -> tuple[int, str, str, str, str]:
    weight = WEIGHT.index(finding.severity)
    return weight, finding.kind, finding.layer, finding.place, finding.other


def _mended(finding: Finding) -> bool:
    heavy = finding.severity is Severity.WARNING and finding.kind in REPAIRS
    return heavy or finding.severity is Severity.REPAIRED


def _errors(kind: str, err: GridplanError) -> Iterator[Finding]:
    """The problems of an error that are not findings of their own, with their layer."""
    known = {finding.message for finding in err.findings}
    for problem in err.problems:
        if problem not in known:
            layer = ROLE.match(problem)
            name = layer[1].removeprefix("zones.").removeprefix("barriers.") if layer else ""
            yield Finding(kind, Severity.ERROR, problem, layer=name)


def _located(
    findings: Sequence[Finding],
    spots: Mapping[str, Mapping[str, object]],
    crs: object,
    language: str,
) -> gpd.GeoDataFrame:
    points = [_point(finding, spots) for finding in findings]
    texts = {column: [str(getattr(f, column)) for f in findings] for column in TEXTS}
    texts["message"] = [told(f.kind, f.message, language) for f in findings]
    numbers = {
        column: pd.Series([getattr(f, column) for f in findings], dtype="float64")
        for column in NUMBERS
    }
    table = pd.DataFrame({**texts, **numbers})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, crs=crs))


def _point(finding: Finding, spots: Mapping[str, Mapping[str, object]]) -> object:
    """Where a finding stands: its own place, its feature, a unit of that id, its community."""
    if finding.at:
        return shapely.Point(finding.at)
    own = spots.get(finding.layer, {}).get(finding.place)
    if own is None and finding.layer not in OWN_IDS:
        own = spots.get("units", {}).get(finding.place)
    return own or spots.get("communities", {}).get(finding.community_code)


def _spots(inputs: Inputs) -> Mapping[str, Mapping[str, object]]:
    """A point per feature, by layer and id."""
    layers = {
        "communities": (inputs.communities, "community_code"),
        "streets": (inputs.streets, "street_code"),
        "units": (inputs.units, "unit_id"),
        **{name: (zones, "zone_id") for name, zones in inputs.zones.items()},
        **{name: (layer, str(layer.columns[0])) for name, layer in inputs.extra.items()},
    }
    spots = {
        name: dict(zip(layer[key], layer.geometry.representative_point(), strict=True))
        for name, (layer, key) in layers.items()
    }
    if (divided := inputs.divided) is not None:
        spots["units"] |= dict(zip(divided["building_id"], divided.centroid, strict=True))
    return spots
