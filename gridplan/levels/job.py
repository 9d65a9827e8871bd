"""The job one level up: streets in the words of communities, communities in those of grids."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

import geopandas as gpd
import pandas as pd

from gridplan.assemble import merge_cells
from gridplan.codes import CodedGrid, Standing, geometry_hashes
from gridplan.communities import clean_communities
from gridplan.config import Config
from gridplan.domain import GridKind
from gridplan.errors import ConfigError
from gridplan.layers import Inputs
from gridplan.units import place_units

KEPT_LAYERS = ("roads",)
DIGITS = 3


@dataclass(frozen=True)
class StreetJob:
    """The job one level up.

    Parameters
    ----------
    inputs
        Streets in place of communities; units placed in them.
    config
        The range of a community in place of that of a grid.
    standing
        The communities that exist, whose codes go on or are spent.
    home
        Old community by unit id.
    """

    inputs: Inputs
    config: Config
    standing: Standing
    home: Mapping[str, str]


def street_job(inputs: Inputs, config: Config) -> StreetJob:
    """Turn a job into the one a level up.

    Raises
    ------
    ConfigError
        Where a community has no street.
    """
    streets = inputs.communities["street_code"].fillna("").astype(str)
    lost = sorted(inputs.communities.loc[streets == "", "community_code"])
    if lost:
        raise ConfigError(
            f"--level community divides streets, and {len(lost)} communities have none "
            f"({', '.join(lost[:5])}); name their column: [inputs.communities] street"
        )
    placed = place_units(
        inputs.units,
        inputs.communities,
        nearest_m=config.topology.snap_community_m,
        findings=[],
    )
    home = dict(zip(placed["unit_id"], placed["community_code"], strict=True))
    above = dict(zip(inputs.communities["community_code"], streets, strict=True))
    ids, block = inputs.units["unit_id"], _blocks(inputs)
    units = inputs.units.assign(
        community_code=_looked_up(ids, {u: above[c] for u, c in home.items()}),
        block_id=_looked_up(ids, block),
    )
    level = replace(
        inputs,
        communities=_streets(inputs, config, above),
        streets=_district(inputs, config),
        units=units,
        extra={name: inputs.extra[name] for name in KEPT_LAYERS if name in inputs.extra},
        locks=_together(inputs.locks),
        staff=None,
        divided=None,
        stairwells=None,
    )
    known = inputs.communities.set_index("community_code")
    return StreetJob(
        level, _street_config(inputs, config, above), _standing(known, placed, above), home
    )


def _streets(inputs: Inputs, config: Config, above: Mapping[str, str]) -> gpd.GeoDataFrame:
    """Streets in the words of communities: the ground of the communities that they have now."""
    topology = config.topology
    clean = clean_communities(
        inputs.communities,
        tolerance_m=topology.tolerance_m,
        gap_width_m=topology.gap_width_m,
        max_overlap_m2=topology.max_overlap_m2,
        warn_share=topology.warn_moved_share,
        max_share=topology.max_moved_share,
        findings=[],
    )
    shapes = clean.geometry.to_numpy()
    rows = clean["community_code"].map(above).reset_index(drop=True)
    grounds = {str(s): merge_cells(shapes[at]) for s, at in rows.groupby(rows).indices.items()}
    name = inputs.streets.set_index("street_code")["street_name"]
    codes = sorted(grounds)
    count = config.communities.count
    return gpd.GeoDataFrame(
        {
            "community_code": codes,
            "community_name": [str(name.get(code, code)) for code in codes],
            "street_code": "",
            "grid_count": pd.array([count] * len(codes), dtype="Int64"),
        },
        geometry=[grounds[code] for code in codes],
        crs=clean.crs,
    )


def _district(inputs: Inputs, config: Config) -> gpd.GeoDataFrame:
    """The level above the streets: the project."""
    return gpd.GeoDataFrame(
        {"street_code": [""], "street_name": [config.project.name]},
        geometry=[None],
        crs=inputs.crs,
    )


def _looked_up(ids: "pd.Series[str]", table: Mapping[str, str]) -> "pd.Series[str]":
    """Value of every id; None where there is none."""
    found: pd.Series[str] = pd.Series([table.get(u) for u in ids], index=ids.index, dtype=object)
    return found


def _blocks(inputs: Inputs) -> dict[str, str]:
    """Blocks as given, by unit id; the stairwells of a building share a community."""
    cut = inputs.stairwells
    units = inputs.units[inputs.units["block_id"].notna()]
    given = dict(zip(units["unit_id"], units["block_id"], strict=True))
    if cut is None:
        return given
    named = zip(cut["unit_id"], "building " + cut["building_id"].astype(str), strict=True)
    return dict(named) | given


def _together(locks: pd.DataFrame | None) -> pd.DataFrame | None:
    """Units that share a grid share a community; no other lock says anything at this level."""
    return None if locks is None else locks[locks["kind"] == "together"].reset_index(drop=True)


def _street_config(inputs: Inputs, config: Config, above: Mapping[str, str]) -> Config:
    level = config.communities
    return config.replace(
        {
            "grids.min": level.min,
            "grids.max": level.max,
            "grids.target": level.target,
            "grids.count": None,
            "objective.change": level.change,
            "codes.profile": level_pattern(level.profile, above),
            "codes.unit_block": None,
            "codes.register": None,
            "institutions.unit_grids": False,
        }
    )


def level_pattern(wanted: str, above: Mapping[str, str]) -> str:
    """Pattern of community codes in the words of grid codes.

    Parameters
    ----------
    wanted
        As configured: ``auto``, or a pattern with ``{street_code}`` and ``{seq:0N}``.
    above
        Street by old community code. ``auto`` follows these where all are their street's code and a
        number of as many digits; else it is ``{street_code}-{seq:03}``.
    """
    if wanted != "auto":
        return wanted.replace("{street_code}", "{community_code}")
    tails = {c.removeprefix(s) if c.startswith(s) else "" for c, s in above.items()}
    width = len(min(tails, key=len, default=""))
    if all(re.fullmatch(f"[0-9]{{{max(width, 1)}}}", tail) for tail in tails) and width <= 4:
        return f"{{community_code}}{{seq:0{width}}}"
    return f"{{community_code}}-{{seq:0{DIGITS}}}"


def _standing(
    known: gpd.GeoDataFrame, placed: gpd.GeoDataFrame, above: Mapping[str, str]
) -> Standing:
    """The communities that exist, as the register would hold the grids of a street."""
    rows = placed.groupby("community_code", sort=True)
    units = {
        str(code): dict(zip(part["unit_id"], (int(h) for h in part["households"]), strict=True))
        for code, part in rows
    }
    hashes = geometry_hashes(known.geometry)
    grids = tuple(
        CodedGrid(
            str(code),
            above[str(code)],
            GridKind.RESIDENTIAL.value,
            str(known["community_name"].loc[code]),
            sum(units.get(str(code), {}).values()),
            outline,
            units.get(str(code), {}),
        )
        for code, outline in zip(known.index, hashes, strict=True)
    )
    return Standing(grids, dict(above))
