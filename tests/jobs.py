"""Small complete jobs written to a folder: layers and a configuration."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

CRS = "EPSG:4547"
WEST, SOUTH = 500_000.0, 3_400_000.0
SIDE = 100.0

CONFIG = """
[project]
name = "Chess Town"
crs = "EPSG:4547"
language = "en"

[inputs]
path = "town.gpkg"

[inputs.communities]
layer = "communities"
code = "code"
name = "name"

[inputs.units]
layer = "units"
id = "id"
households = "households"

[inputs.zones.police]
layer = "police"
id = "station"

[grids]
min = 250
max = 500

[solve]
workers = 1

[outputs]
maps = []
"""


def squares(columns: int, rows: int) -> list[shapely.Polygon]:
    """Squares of 100 m in rows from south to north."""
    return [
        shapely.box(
            WEST + SIDE * x, SOUTH + SIDE * y, WEST + SIDE * (x + 1), SOUTH + SIDE * (y + 1)
        )
        for y in range(rows)
        for x in range(columns)
    ]


def chess_town(folder: Path, *, config: str = CONFIG, shuffle: int | None = None) -> Path:
    """Write a town of two communities of 4 x 4 squares of 100 households; return its TOML."""
    folder.mkdir(parents=True, exist_ok=True)
    shapes = squares(8, 4)
    column = np.arange(32) % 8
    units = gpd.GeoDataFrame(
        {"id": [f"u{i:02d}" for i in range(32)], "households": 100}, geometry=shapes, crs=CRS
    )
    codes = np.where(column < 4, "110101001001", "110101001002")
    communities = units.assign(code=codes).dissolve("code", as_index=False)[["code", "geometry"]]
    communities["name"] = ["West", "East"]
    police = (
        units.assign(station=np.where(column % 4 < 2, "A", "B")).dissolve("station").reset_index()
    )
    if shuffle is not None:
        order = np.random.default_rng(shuffle)
        units = units.iloc[order.permutation(len(units))]
        communities = communities.iloc[::-1]
        police = police.iloc[::-1]
    for name, layer in (("communities", communities), ("units", units), ("police", police)):
        layer.to_file(folder / "town.gpkg", layer=name, driver="GPKG")
    path = folder / "town.toml"
    path.write_text(config, encoding="utf-8")
    return path


def tables(out: Path) -> dict[str, bytes]:
    """Bytes of every CSV table of an output."""
    return {p.name: p.read_bytes() for p in sorted((out / "tables").glob("*.csv"))}
