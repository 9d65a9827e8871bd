"""Read every layer of a job, name all that is wrong with them at once."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import geopandas as gpd
from pyproj import CRS

from gridplan.config.catalogue import load_catalogue
from gridplan.domain import Finding, Severity
from gridplan.errors import LayerError
from gridplan.layers.areas import read_communities, read_streets
from gridplan.layers.basic_units import read_units
from gridplan.layers.boundaries import read_barrier, read_zones
from gridplan.layers.categories import read_categories
from gridplan.layers.coordinates import name_undeclared
from gridplan.layers.inputs import Inputs
from gridplan.layers.misfit import suspect_datums
from gridplan.layers.notes import Notes
from gridplan.layers.objects import EXTRA_LAYERS, read_objects
from gridplan.layers.repair import judge_repairs, list_repeated_shapes
from gridplan.layers.sheets import read_links, read_locks
from gridplan.layers.source import describe, file_hash
from gridplan.layers.staff import read_staff

if TYPE_CHECKING:
    from gridplan.config import Config

__all__ = ["read_inputs"]


def read_inputs(config: "Config") -> Inputs:
    """Read all layers that the configuration names.

    Parameters
    ----------
    config
        A loaded configuration.

    Returns
    -------
    Inputs
        Layers in one projected CRS, sorted by id so that row order never matters.

    Raises
    ------
    LayerError
        With one line per problem of any layer.
    """
    notes = Notes()
    text = config.project.crs
    crs = CRS.from_user_input(text) if text else None
    communities, crs = _communities(config, crs, notes)
    streets = read_streets(config, crs, communities, notes)
    read = read_units(config, communities, crs, notes)
    units, division = (None, None) if read is None else (read.table, read.division)
    sections = config.inputs
    zones = {name: read_zones(config, name, crs, notes) for name in sections.zones}
    barriers = {name: read_barrier(config, name, crs, notes) for name in sections.barriers}
    extra = {name: read_objects(config, name, crs, notes) for name in EXTRA_LAYERS}
    links = read_links(config, units, division, notes)
    locks = read_locks(config, division, notes)
    staff = read_staff(config, communities, _given(zones), units, crs, notes)
    duties = load_catalogue(config)
    written = () if read is None else read.written
    categories = read_categories(config, units, division, written, notes)
    name_undeclared(notes, CRS.from_user_input(text) if text else None)
    judge_repairs(notes, config.topology)
    list_repeated_shapes(units, "units", "unit_id", notes.findings)
    if notes.problems or communities is None or units is None or streets is None:
        raise LayerError(notes.problems, notes.findings)
    jurisdictions = {f"zones.{name}": layer for name, layer in _given(zones).items()}
    _suspect(config, communities, {"units": units, **jurisdictions, **_given(extra)}, notes)
    return Inputs(
        crs=crs,
        communities=communities,
        streets=streets,
        units=units,
        zones=_given(zones),
        barriers=_given(barriers),
        links=links,
        extra=_given(extra),
        locks=locks,
        staff=staff,
        duties=duties,
        categories=categories,
        divided=None if division is None else division.buildings,
        stairwells=None if division is None else division.stairwells,
        tallies=tuple(notes.tallies),
        findings=tuple(notes.findings),
        hashes=_hashes(config),
    )


def _suspect(
    config: "Config",
    communities: gpd.GeoDataFrame,
    layers: dict[str, gpd.GeoDataFrame],
    notes: Notes,
) -> None:
    """Look for layers in the shifted datum of a web map."""
    sections = dict(config.inputs.sources())
    suspect_datums(
        communities,
        layers,
        {role: section.datum for role, section in sections.items()},
        {role: describe(role, section) for role, section in sections.items()},
        notes,
    )


def _given(layers: dict[str, gpd.GeoDataFrame | None]) -> dict[str, gpd.GeoDataFrame]:
    return {name: layer for name, layer in layers.items() if layer is not None}


def _communities(
    config: "Config", crs: CRS | None, notes: Notes
) -> tuple[gpd.GeoDataFrame | None, CRS]:
    """Read the communities, and estimate the project's CRS from them where it is not given."""
    communities = read_communities(config, crs, notes)
    if crs is not None:
        return communities, crs
    if communities is None:
        # Without a common CRS the other layers can still be read for their own problems.
        return None, CRS.from_epsg(3857)
    crs = CRS.from_user_input(communities.crs)
    message = f"project crs estimated: {crs.to_string()}"
    notes.findings.append(Finding("crs-estimated", Severity.INFO, message))
    return communities, crs


def _hashes(config: "Config") -> dict[str, str]:
    paths = {s.path for _, s in config.inputs.sources() if isinstance(s.path, Path)}
    if config.duties is not None and isinstance(config.duties.catalogue, Path):
        paths.add(config.duties.catalogue)
    folder = config.file.parent
    return {_shown(path, folder): file_hash(path) for path in sorted(paths)}


def _shown(path: Path, folder: Path) -> str:
    """Write a path as it would stand in the configuration, alike on every system."""
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.name
