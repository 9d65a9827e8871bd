"""Coordinate systems, datums and axis order: settled in words, never in silence."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pyproj
import pytest
import shapely

from gridplan.config import Config
from gridplan.domain import Finding, Severity
from gridplan.errors import LayerError
from gridplan.layers import read_inputs
from gridplan.layers.candidates import ranked
from gridplan.layers.notes import Notes
from gridplan.layers.source import read_features
from gridplan.layers.webmap import DATUMS, Datum, to_shifted, to_true
from tests.sections import Section
from tests.worlds import CRS, box, chessboard, communities, units, write_town

HOME = communities(box(0, 0, 2000, 2000), box(2000, 0, 2000, 2000))
UNITS = units(chessboard(20, 10, 200))
GEOD = pyproj.Geod(ellps="WGS84")

# Published pairs: true and GCJ-02 longitude, latitude; and GCJ-02 and BD-09.
TRUE_TO_GCJ = [
    (121.5272106, 31.1774276, 121.531541859215, 31.17530398364597),
    (113.912316, 22.543847, 113.9171764808363, 22.540796131694766),
    (116.377817, 39.911954, 116.38404722455657, 39.91334545536069),
    (116.404, 39.915, 116.41024449916938, 39.91640428150164),
]
GCJ_TO_BD = (116.404, 39.915, 116.41036949371029, 39.92133699351021)


def metres(one: tuple[np.ndarray, np.ndarray], other: tuple[np.ndarray, np.ndarray]) -> float:
    """Greatest distance between two sets of places in degrees."""
    return float(np.max(GEOD.inv(one[0], one[1], other[0], other[1])[2]))


def test_control_points_of_gcj02() -> None:
    """Published pairs are met in both directions to a tenth of a millimetre."""
    lon, lat, east, north = (np.array(values) for values in zip(*TRUE_TO_GCJ, strict=True))
    assert metres(to_shifted(lon, lat, "gcj02"), (east, north)) < 1e-4
    assert metres(to_true(east, north, "gcj02"), (lon, lat)) < 1e-4


def test_control_point_of_bd09() -> None:
    """BD-09 lies behind GCJ-02: the published pair is met through the true place."""
    east, north, x, y = (np.array([value]) for value in GCJ_TO_BD)
    true = to_true(east, north, "gcj02")
    assert metres(to_shifted(*true, "bd09"), (x, y)) < 1e-4
    assert metres(to_true(x, y, "bd09"), true) < 1e-4


@pytest.mark.parametrize("datum", DATUMS)
def test_round_trips_over_china(datum: Datum) -> None:
    """There and back again all over China is exact to a tenth of a millimetre, either way."""
    rng = np.random.default_rng(0)
    lon, lat = rng.uniform(73, 137, 20_000), rng.uniform(2, 55, 20_000)
    there = to_shifted(lon, lat, datum)
    assert metres(there, (lon, lat)) > 400
    assert metres(to_true(*there, datum), (lon, lat)) < 1e-4
    assert metres(to_shifted(*to_true(lon, lat, datum), datum), (lon, lat)) < 1e-4


@pytest.mark.parametrize("datum", DATUMS)
def test_outside_china_nothing_moves(datum: Datum) -> None:
    """Web maps shift inside their box only."""
    lon, lat = np.array([-71.1, 2.35, 139.7, 100.0]), np.array([42.4, 48.9, 35.7, -5.0])
    for turn in (to_shifted, to_true):
        east, north = turn(lon, lat, datum)
        assert east.tolist() == lon.tolist()
        assert north.tolist() == lat.tolist()


def shifted(layer: gpd.GeoDataFrame, datum: Datum, crs: str = "EPSG:4326") -> gpd.GeoDataFrame:
    """A layer as traced from a web map."""
    degrees = layer.to_crs(4326)
    shapes = shapely.transform(
        degrees.geometry.to_numpy(),
        lambda p: np.column_stack(to_shifted(p[:, 0], p[:, 1], datum)),
    )
    return degrees.set_geometry(shapes, crs=4326).to_crs(crs)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4490", "EPSG:3857", CRS])
@pytest.mark.parametrize("datum", DATUMS)
def test_a_declared_datum_is_undone(tmp_path: Path, datum: Datum, crs: str) -> None:
    """``datum`` brings a layer back to within a millimetre, whatever CRS it was stored in."""
    shifted(UNITS, datum, crs).to_file(tmp_path / "t.gpkg")
    section = Section(tmp_path / "t.gpkg", datum=datum)
    frame = read_features("units", section, pyproj.CRS(CRS), Notes())
    assert frame is not None
    off = shapely.hausdorff_distance(frame.geometry.to_numpy(), UNITS.geometry.to_numpy())
    assert off.max() < 1e-3


def findings(folder: Path, homes: gpd.GeoDataFrame, table: gpd.GeoDataFrame) -> list[Finding]:
    """What reading a town notices."""
    return list(read_inputs(Config.load(write_town(folder, homes, table))).findings)


@pytest.mark.parametrize("points", [False, True])
@pytest.mark.parametrize("datum", DATUMS)
def test_a_shifted_layer_is_suspected(tmp_path: Path, datum: Datum, points: bool) -> None:
    """Units from a web map are named with the metres they are off and the line to add."""
    table = UNITS.set_geometry(UNITS.centroid) if points else UNITS
    (finding,) = findings(tmp_path, HOME, shifted(table, datum))
    assert (finding.kind, finding.severity) == ("datum-suspected", Severity.WARNING)
    assert f'add datum = "{datum}" to [inputs.units]' in finding.message
    east, north = 500_000.0, 3_400_000.0
    true = gpd.GeoSeries(gpd.points_from_xy([east], [north]), crs=CRS)
    moved = shifted(gpd.GeoDataFrame(geometry=true), datum, CRS).geometry
    assert finding.value == pytest.approx(true.distance(moved)[0], abs=5)
    assert f"moves it by {finding.value:.0f} m" in finding.message


@pytest.mark.parametrize("datum", DATUMS)
def test_shifted_communities_are_suspected(tmp_path: Path, datum: Datum) -> None:
    """Where the communities are the layer that is off, they are named."""
    (finding,) = findings(tmp_path, shifted(HOME, datum), UNITS)
    assert f'add datum = "{datum}" to [inputs.communities]' in finding.message


def test_true_layers_are_not_suspected(tmp_path: Path) -> None:
    """Layers that fit, and layers that fit nothing better, raise no suspicion."""
    assert findings(tmp_path, HOME, UNITS) == []
    moved = UNITS.translate(0, 130)
    assert findings(tmp_path, HOME, UNITS.set_geometry(moved)) == []


def undeclared(folder: Path, crs: str, keys: str = "") -> str:
    """The problem of a town whose zones are in ``crs`` but do not say so."""
    zones = gpd.GeoDataFrame({"beat": ["a"]}, geometry=[box(-500, -500, 5000, 3000)], crs=CRS)
    zones = zones.to_crs(crs)
    text = f'beat,wkt\na,"{zones.geometry[0].wkt}"\n'
    (folder / "zones.csv").write_text(text)
    more = f'[inputs.zones.police]\npath = "zones.csv"\nid = "beat"\n{keys}'
    path = write_town(folder, HOME, UNITS, more=more)
    with pytest.raises(LayerError) as caught:
        read_inputs(Config.load(path))
    (only,) = caught.value.problems
    return only


@pytest.mark.parametrize(
    ("crs", "proposed"),
    [
        (CRS, CRS),
        ("EPSG:4526", "EPSG:4526"),
        ("EPSG:4490", "EPSG:4326"),
        ("EPSG:3857", "EPSG:3857"),
        ("EPSG:32649", "EPSG:32649"),
        ("EPSG:4546", "EPSG:4508"),  # the same meridian in zones of six degrees
    ],
)
def test_a_missing_crs_is_proposed(tmp_path: Path, crs: str, proposed: str) -> None:
    """The problem ranks systems by where they put the layer, and gives the line to add."""
    line = undeclared(tmp_path, crs)
    assert line.startswith("inputs.zones.police (zones.csv): the layer has no CRS; its coordinates")
    assert f'if that is right, add crs = "{proposed}" to [inputs.zones.police]' in line
    assert crs in line


def test_eastings_with_a_zone_number_are_recognised(tmp_path: Path) -> None:
    """Eight digits begin with the number of a CGCS2000 zone."""
    assert "eastings of 8 digits that begin with the zone number 38" in undeclared(
        tmp_path, "EPSG:4526"
    )


def test_a_wrong_crs_is_named(tmp_path: Path) -> None:
    """A declared CRS that puts a layer elsewhere is an error where another one fits."""
    line = undeclared(tmp_path, "EPSG:4526", keys='crs = "EPSG:4547"')
    assert "in EPSG:4547 do not lie in the communities" in line
    assert 'add crs = "EPSG:4526" to [inputs.zones.police]' in line


def test_feet_of_a_state_plane_are_proposed() -> None:
    """US feet are among the candidates, nearest fit first, and only where they are used."""
    place = (-76.71, 39.2, -76.53, 39.37)
    found = ranked((1393926, 557736, 1445550, 621410), [place])
    assert found[0].code == "EPSG:2248"
    assert found[0].overlap == 1.0
    assert all(c.code != "EPSG:4490" for c in ranked((-76.7, 39.2, -76.5, 39.3), [place]))


@pytest.mark.parametrize("crs", ["EPSG:4326", CRS])
@pytest.mark.parametrize("which", ["communities", "units"])
def test_exchanged_axes_are_turned_and_listed(tmp_path: Path, which: str, crs: str) -> None:
    """Latitude before longitude, or northing before easting, is turned back with a finding."""
    layers = {"communities": HOME, "units": UNITS}
    layer = layers[which].to_crs(crs)
    turned = shapely.transform(layer.geometry.to_numpy(), lambda p: p[:, ::-1])
    layers[which] = layer.set_geometry(turned, crs=crs)
    path = write_town(tmp_path, layers["communities"], layers["units"])
    inputs = read_inputs(Config.load(path))
    (finding,) = inputs.findings
    assert (finding.kind, finding.severity) == ("axes-swapped", Severity.REPAIRED)
    assert finding.layer == which
    assert inputs.units.total_bounds.round(3).tolist() == UNITS.total_bounds.tolist()


def test_a_layer_elsewhere_is_listed(tmp_path: Path) -> None:
    """A zone layer of another city is a warning, not a silence."""
    zones = gpd.GeoDataFrame({"beat": ["a"]}, geometry=[box(9e4, 9e4)], crs=CRS)
    zones.to_file(tmp_path / "zones.gpkg")
    more = '[inputs.zones.police]\npath = "zones.gpkg"\nid = "beat"'
    inputs = read_inputs(Config.load(write_town(tmp_path, HOME, UNITS, more=more)))
    assert [f.kind for f in inputs.findings] == ["layer-elsewhere"]


def test_a_long_thin_layer_is_at_home(tmp_path: Path) -> None:
    """A river that crosses the communities lies with them, however long and narrow."""
    river = shapely.LineString([(400_000, 3_400_333), (700_000, 3_400_334)])
    gpd.GeoDataFrame({"id": [1]}, geometry=[river], crs=CRS).to_file(tmp_path / "river.gpkg")
    more = '[inputs.barriers.river]\npath = "river.gpkg"'
    inputs = read_inputs(Config.load(write_town(tmp_path, HOME, UNITS, more=more)))
    assert inputs.findings == ()


def test_no_layer_has_a_crs(tmp_path: Path) -> None:
    """With nothing to compare, the area of the project's CRS is what the layers should fit."""
    path = write_town(tmp_path, HOME, UNITS)
    for name, layer in (("communities", HOME), ("units", UNITS)):
        table = layer.assign(wkt=layer.to_wkt()["geometry"]).drop(columns=["geometry"])
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    path.write_text(path.read_text().replace(".gpkg", ".csv"))
    with pytest.raises(LayerError) as caught:
        read_inputs(Config.load(path))
    assert len(caught.value.problems) == 2
    for line in caught.value.problems:
        assert f'add crs = "{CRS}"' in line
