"""Tiny plans to draw, and what was drawn of them."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely

from gridplan.domain import Plan
from gridplan.maps import Backdrop, draw_maps
from gridplan.maps.draw import SHEETS, booklets
from gridplan.maps.lettering import find_lettering
from gridplan.maps.marks import Sheet
from gridplan.maps.subject import Subject, gather

CRS = "EPSG:32650"
X, Y = 500_000.0, 3_400_000.0


def tiny_plan(codes: dict[str, str], streets: tuple[str, ...] = ("S",), side: int = 3) -> Plan:
    """Make a row of communities of side x side grids of 100 m, two units to a grid."""
    units, street_of = [], {}
    for c, code in enumerate(codes):
        street_of[code] = streets[c % len(streets)]
        for i in range(side):
            for j in range(side):
                west, south = X + c * side * 100 + i * 100, Y + j * 100
                for half in (0, 1):
                    cell = shapely.box(west + 50 * half, south, west + 50 * half + 50, south + 100)
                    grid = f"{code}-{i * side + j + 1:03}"
                    units.append((f"{grid}u{half}", grid, code, 130 + 20 * i + 15 * j, cell))
    columns = ["unit_id", "grid_code", "community_code", "households", "geometry"]
    cells = gpd.GeoDataFrame(units, columns=columns, crs=CRS)
    grids = cells.dissolve(
        "grid_code", aggfunc={"community_code": "first", "households": "sum"}
    ).reset_index()
    grids["street_code"] = grids["community_code"].map(street_of)
    grids["grid_name"] = [f"Grid {int(code[-3:])}" for code in grids["grid_code"]]
    grids["grid_kind"] = [
        "unit" if code.endswith("5") else "residential" for code in grids.grid_code
    ]
    grids["range_status"] = [
        "exempt" if kind == "unit" else "under" if households < 290 else "in"
        for kind, households in zip(grids["grid_kind"], grids["households"], strict=True)
    ]
    communities = grids.dissolve("community_code", aggfunc={"households": "sum"}).reset_index()
    communities["street_code"] = communities["community_code"].map(street_of)
    communities["community_name"] = communities["community_code"].map(codes)
    communities["grids"] = side * side
    communities["status"], communities["gap"], communities["stopped"] = "optimal", 0.0, ""
    areas = communities.dissolve("street_code").reset_index()[["street_code", "geometry"]]
    areas["street_name"] = "Street " + areas["street_code"]
    return Plan(grids, communities, areas, cells)


def backdrop() -> Backdrop:
    """Roads, buildings, a river and a railway around the first community."""
    roads = [shapely.LineString([(X - 80, Y + 100), (X + 380, Y + 100)])]
    roads += [shapely.LineString([(X + 210, Y - 80), (X + 210, Y + 380)])]
    river = shapely.box(X - 200, Y - 60, X + 900, Y - 20)
    houses = shapely.box(
        X + 20, Y + np.arange(0, 300, 60) + 10, X + 45, Y + np.arange(0, 300, 60) + 30
    )
    return Backdrop(
        roads=gpd.GeoDataFrame(
            {"name": ["Long Road", None], "kind": ["primary", "lane"]}, geometry=roads, crs=CRS
        ),
        buildings=gpd.GeoDataFrame(geometry=houses, crs=CRS),
        water=gpd.GeoDataFrame(geometry=[river, shapely.boundary(river)], crs=CRS),
        rail=gpd.GeoDataFrame(
            geometry=[shapely.LineString([(X - 90, Y), (X + 400, Y + 350)])], crs=CRS
        ),
    )


def draw(plan: Plan, folder: Path, **changes: object) -> list[object]:
    """Draw with the arguments that most tests share."""
    arguments: dict[str, object] = {
        "backdrop": backdrop(),
        "project": "Tiny Town",
        "language": "en",
        "date": "2025-01-31",
        "grid_range": (290, 500),
        "sheets": ("district", "street", "community"),
    }
    return list(draw_maps(plan, folder, **{**arguments, **changes}))  # type: ignore[arg-type]


def files(folder: Path) -> list[str]:
    """Every file below a folder, by its path in it."""
    return sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes of every file below a folder."""
    return {name: (folder / name).read_bytes() for name in files(folder)}


def sheets(subject: Subject) -> list[Sheet]:
    """Every sheet of a plan."""
    return [sheet for booklet in booklets(subject, SHEETS, {}) for sheet in booklet.sheets]


def subject_of(plan: Plan, ground: Backdrop | None = None, **changes: object) -> Subject:
    """Gather a plan as the maps see it."""
    fonts, _ = find_lettering(["abc", "街"])
    arguments: dict[str, object] = {
        "project": "P",
        "language": "en",
        "date": "2025-01-31",
        "grid_range": (290, 500),
    }
    return gather(plan, ground or backdrop(), fonts, **{**arguments, **changes})  # type: ignore[arg-type]
