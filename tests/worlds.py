"""Tiny towns with a known answer, and their configurations."""

from collections.abc import Sequence
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gridplan.config import Config
from gridplan.layers import Inputs, read_inputs

CRS = "EPSG:4547"
EAST, NORTH = 500_000.0, 3_400_000.0


def box(x: float, y: float, width: float = 20, height: float = 20) -> shapely.Polygon:
    """Rectangle with its lower left corner at (x, y) metres from the town's corner."""
    return shapely.box(EAST + x, NORTH + y, EAST + x + width, NORTH + y + height)


def line(*points: tuple[float, float]) -> shapely.LineString:
    """Line through places in metres from the town's corner."""
    return shapely.LineString([(EAST + x, NORTH + y) for x, y in points])


def point(x: float, y: float) -> shapely.Point:
    """Place in metres from the town's corner."""
    return shapely.Point(EAST + x, NORTH + y)


def communities(*shapes: shapely.Geometry) -> gpd.GeoDataFrame:
    """Communities ``c1``, ``c2``, ... as ``Inputs`` holds them."""
    codes = [f"c{i + 1}" for i in range(len(shapes))]
    return gpd.GeoDataFrame(
        {
            "community_code": codes,
            "community_name": codes,
            "street_code": "",
            "grid_count": pd.array([None] * len(codes), dtype="Int64"),
        },
        geometry=list(shapes),
        crs=CRS,
    )


def units(
    shapes: Sequence[shapely.Geometry],
    households: int | Sequence[int] = 25,
    *,
    community: str | Sequence[str | None] | None = None,
    block: Sequence[str | None] | None = None,
) -> gpd.GeoDataFrame:
    """Units ``u000``, ``u001``, ... as ``Inputs`` holds them."""
    count = len(shapes)
    homes = [community] * count if community is None or isinstance(community, str) else community
    return gpd.GeoDataFrame(
        {
            "unit_id": [f"u{i:03}" for i in range(count)],
            "households": np.broadcast_to(np.asarray(households, dtype="int64"), count),
            "community_code": pd.Series(list(homes), dtype=object),
            "block_id": pd.Series(list(block or [None] * count), dtype=object),
        },
        geometry=list(shapes),
        crs=CRS,
    )


def chessboard(columns: int, rows: int, size: float = 20) -> list[shapely.Polygon]:
    """Squares that tile a rectangle, row by row from the south-west."""
    return [box(c * size, r * size, size, size) for r in range(rows) for c in range(columns)]


def lots(columns: int, rows: int, size: float = 20, street: float = 10) -> list[shapely.Polygon]:
    """Squares with streets between them and around them, row by row from the south-west."""
    step = size + street
    return [
        box(street / 2 + c * step, street / 2 + r * step, size, size)
        for r in range(rows)
        for c in range(columns)
    ]


TOML = """\
[project]
name = "Town"
crs = "{crs}"

[inputs.communities]
path = "communities.gpkg"
code = "community_code"

[inputs.units]
path = "units.gpkg"
id = "unit_id"
households = "households"
{more}
"""


def write_town(
    folder: Path,
    homes: gpd.GeoDataFrame,
    table: gpd.GeoDataFrame,
    *,
    more: str = "",
    crs: str = CRS,
) -> Path:
    """Write a town's two layers and its configuration; ``more`` is added to the TOML."""
    homes[["community_code", "community_name", "geometry"]].to_file(folder / "communities.gpkg")
    text = table.drop(columns=[c for c in table if table[c].isna().all()])
    text.to_file(folder / "units.gpkg")
    path = folder / "town.toml"
    path.write_text(TOML.format(crs=crs, more=more), encoding="utf-8")
    return path


def town(
    folder: Path, homes: gpd.GeoDataFrame, table: gpd.GeoDataFrame, *, more: str = ""
) -> tuple[Inputs, Config]:
    """Write a town and read it back as the main job does."""
    config = Config.load(write_town(folder, homes, table, more=more))
    return read_inputs(config), config


def assert_tiles(cells: gpd.GeoDataFrame, homes: gpd.GeoDataFrame) -> None:
    """Cells must match vertex for vertex and fill each community to a millionth of its area."""
    shapes = cells.geometry.to_numpy()
    assert shapely.coverage_is_valid(shapes)
    assert not shapely.is_empty(shapes).any()
    for code, area in zip(homes["community_code"], homes.geometry, strict=True):
        ground = shapely.union_all(shapes[(cells["community_code"] == code).to_numpy()])
        wrong = shapely.area(shapely.symmetric_difference(ground, area))
        assert wrong <= 1e-6 * area.area, code
