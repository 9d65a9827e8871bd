"""Look at all layers of a job at once: every error, repair and warning, each at its place."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.errors import GridplanError, LayerError, TopologyError
from gridplan.layers import Inputs, read_inputs
from gridplan.prepare import community_tasks, prepare_ground

TEXTS = ("severity", "kind", "community_code", "layer", "place", "other", "message")
NUMBERS = ("value", "limit")
WEIGHT = (Severity.ERROR, Severity.WARNING, Severity.REPAIRED, Severity.EXCEPTION, Severity.INFO)


@dataclass(frozen=True)
class Checked:
    """What a look at the layers found.

    Parameters
    ----------
    findings
        The heaviest first, then by kind, layer and place.
    places
        The findings as points in the project's CRS, without geometry where a finding has no place;
        None where the layers could not be read at all.
    """

    findings: tuple[Finding, ...]
    places: gpd.GeoDataFrame | None

    def count(self, severity: Severity) -> int:
        """Number of findings of one severity."""
        return sum(finding.severity == severity for finding in self.findings)


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
        return Checked(tuple(_errors("layer-wrong", err)), None)
    findings = list(inputs.findings)
    try:
        ground = prepare_ground(inputs, config)
        findings += ground.findings
        for task in community_tasks(inputs, ground, config):
            findings += task.findings
    except TopologyError as err:
        findings += _errors("coverage-wrong", err)
    ordered = sorted(
        findings, key=lambda f: (WEIGHT.index(f.severity), f.kind, f.layer, f.place, f.other)
    )
    return Checked(tuple(ordered), _located(ordered, inputs))


def _errors(kind: str, err: GridplanError) -> Iterator[Finding]:
    for problem in err.problems:
        yield Finding(kind, Severity.ERROR, problem)


def _located(findings: list[Finding], inputs: Inputs) -> gpd.GeoDataFrame:
    spots = _spots(inputs)
    home = spots["communities"]
    points = [spots.get(f.layer, {}).get(f.place, home.get(f.community_code)) for f in findings]
    texts = {column: [str(getattr(f, column)) for f in findings] for column in TEXTS}
    numbers = {
        column: pd.Series([getattr(f, column) for f in findings], dtype="float64")
        for column in NUMBERS
    }
    table = pd.DataFrame({**texts, **numbers})
    return gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(points, crs=inputs.crs))


def _spots(inputs: Inputs) -> Mapping[str, Mapping[str, object]]:
    """A point per feature, by layer and id."""
    layers = {
        "communities": (inputs.communities, "community_code"),
        "streets": (inputs.streets, "street_code"),
        "units": (inputs.units, "unit_id"),
        **{name: (zones, "zone_id") for name, zones in inputs.zones.items()},
        **{name: (layer, str(layer.columns[0])) for name, layer in inputs.extra.items()},
    }
    return {
        name: dict(zip(layer[key], layer.geometry.representative_point(), strict=True))
        for name, (layer, key) in layers.items()
    }
