"""The sample city end to end: maps, workbook, planted exceptions, the same bytes every time."""

import csv
import datetime as dt
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pyogrio
import pytest
from PIL import Image

from gridplan.cli import show
from gridplan.config import Config
from gridplan.domain import Severity
from gridplan.pipeline import Options, Result, partition
from tests.conftest import ROOT, SAMPLE
from tests.jobs import tables

DATE = dt.date(2026, 1, 31)
SKETCH = {"solve.effort": 0.05}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """The main job on ``configs/sample.toml``, as ``make demo`` runs it."""
    out = tmp_path_factory.mktemp("sample") / "out"
    result = partition(Config.load(SAMPLE), out, Options(date=DATE))
    assert result is not None
    return result, out


def test_everything_is_there(sample: tuple[Result, Path]) -> None:
    """Every layer, table and map that design section 8 names."""
    result, out = sample
    layers = {str(name) for name, _ in pyogrio.list_layers(out / "plan.gpkg")}
    assert layers >= {
        "grids", "communities", "streets", "units", "institutions", "facilities", "roads"
    }  # fmt: skip
    names = {p.stem for p in (out / "tables").glob("*.csv")}
    assert names == {
        "grid_register", "building_codes", "facility_codes", "institution_codes", "road_codes",
        "public_space_codes", "zone_crosswalk", "exceptions", "reconciliation", "data_dictionary",
        "stairwells", "household_ledger", "alignment", "institution_decisions",
        "staff_register", "duties", "duty_totals", "workload", "workload_categories",
        "statistics",
    }  # fmt: skip
    maps = {p.name for p in (out / "maps").iterdir()}
    assert {"district.png", "street_990101001.png", "community_990101001001.png"} <= maps
    assert {"atlas_990101001.pdf", "atlas_990101002.pdf", "grids", "index.html"} <= maps
    drawn = {tuple(Path(name).stem.split("_")[:2]) for name in maps if name.endswith(".png")}
    assert len(drawn) == 1 + 2 + 8  # a community that is too large has detail sheets besides
    sheets = {p.name for p in (out / "maps" / "grids").iterdir()}
    assert {f"grid_{code}.png" for code in result.plan.grids["grid_code"]} <= sheets


def test_terminal_counts_unit_grids_apart(
    sample: tuple[Result, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """Unit grids have no range to be in: neither the table nor the last line counts them so."""
    result, out = sample
    kind = result.plan.grids["grid_kind"]
    units, homes = int((kind == "unit").sum()), int((kind == "residential").sum())
    inside = int((result.plan.grids["range_status"] == "in").sum())
    assert units > 1
    show.result(result, Config.load(SAMPLE), out, verbose=False)
    said = capsys.readouterr().out
    assert f"{homes} residential grids, {inside} in range, and {units} unit grids; " in said
    table = said[: said.index("alignment")]
    counted = re.findall(r"^ *990101\d{6}\b.*? (\d+) of (\d+) ", table, re.MULTILINE)
    assert len(counted) == len(result.plan.communities)
    assert sum(int(some) for some, _ in counted) == inside
    assert sum(int(every) for _, every in counted) == homes


def test_maps_show_something(sample: tuple[Result, Path]) -> None:
    """No map is blank or tiny."""
    for path in sorted((sample[1] / "maps").glob("*.png")):
        with Image.open(path) as image:
            assert min(image.size) > 1000
            assert len(image.convert("RGB").getcolors(1 << 24) or []) > 20


def test_only_the_planted_exceptions(sample: tuple[Result, Path]) -> None:
    """The audit breaks no promise and lists the divided tower, the small community, all links."""
    result, _ = sample
    assert [f.message for f in result.audit if f.severity == Severity.BROKEN] == []
    listed = {(f.kind, f.place) for f in result.audit if f.severity == Severity.EXCEPTION}
    assert {kind for kind, _ in listed} == {
        "building-divided", "component-under-min", "link", "link-found"
    }  # fmt: skip
    out = result.plan.grids[~result.plan.grids["range_status"].isin(["in", "exempt"])]
    assert set(out["community_code"]) == {"990101001003"}
    units = result.plan.units
    tower = units[units["building_id"] == "BX-TOWER-1"]
    assert tower["grid_code"].nunique() == 2
    assert (result.ledger[["unlocated", "outside", "difference"]] == 0).all(axis=None)


def test_planted_gaps_of_people(sample: tuple[Result, Path]) -> None:
    """The grids without a worker, the worker in three grids, the item without a role; no other."""
    result, _ = sample
    kinds = ("role-missing", "worker-shared", "load-over-limit", "duty-without-role")
    found = [f for f in result.findings if f.kind in kinds]
    gaps = {(f.kind, f.community_code, f.other) for f in found if f.kind == "role-missing"}
    assert gaps == {
        ("role-missing", "990101001001", "grid_worker"),
        ("role-missing", "990101001002", "grid_worker"),
        ("role-missing", "990101001002", "cleaner"),
    }
    rest = [(f.kind, f.community_code) for f in found if f.kind != "role-missing"]
    assert sorted(rest) == [("duty-without-role", ""), ("worker-shared", "990101001001")]
    assert [f.value for f in found if f.kind == "worker-shared"] == [3.0]
    walks = result.plan.extra["walks"]
    assert len(walks) == len(result.plan.grids)
    assert (walks["walk_m"] <= 1.25 * walks["walk_bound_m"] + 0.1).all()


def test_register_totals(sample: tuple[Result, Path]) -> None:
    """Households in the register are households in the tables."""
    with (ROOT / "data" / "samples" / "register.csv").open(encoding="utf-8-sig") as file:
        given = sum(int(row["households"]) for row in csv.DictReader(file))
    with (sample[1] / "tables" / "grid_register.csv").open(encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert sum(int(row["households"]) for row in rows) == given
    assert all(len(row["grid_code"]) == 15 for row in rows)


def test_workbook_keeps_codes_as_text(sample: tuple[Result, Path]) -> None:
    """A sheet per table; codes of 15 digits are text."""
    book = openpyxl.load_workbook(sample[1] / "tables" / "gridplan.xlsx", read_only=True)
    rows = list(book.worksheets[0].iter_rows(min_row=2, max_row=3, values_only=True))
    book.close()
    assert isinstance(rows[0][0], str)
    assert len(rows[0][0]) == 15


def shuffled_city(folder: Path) -> Path:
    """Copy the sample with the rows of every layer in another order; return its TOML."""
    source = ROOT / "data" / "samples"
    target = folder / "data" / "samples"
    target.mkdir(parents=True)
    (folder / "configs").mkdir()
    shutil.copy(SAMPLE, folder / "configs" / "sample.toml")
    random = np.random.default_rng(5)
    for name, _ in pyogrio.list_layers(source / "city.gpkg"):
        layer = pyogrio.read_dataframe(source / "city.gpkg", layer=name)
        layer = layer.iloc[random.permutation(len(layer))]
        if isinstance(layer, gpd.GeoDataFrame):
            layer.to_file(target / "city.gpkg", layer=name, driver="GPKG")
        else:
            pyogrio.write_dataframe(layer, target / "city.gpkg", layer=name, driver="GPKG")
    shutil.copy(source / "duties.toml", target)
    for path in sorted(source.glob("*.csv")):
        head, *rows = path.read_text(encoding="utf-8-sig").splitlines()
        text = "\n".join([head, *(rows[i] for i in random.permutation(len(rows)))]) + "\n"
        (target / path.name).write_text(text, encoding="utf-8-sig")
    return folder / "configs" / "sample.toml"


def test_same_bytes_whatever_runs_it(tmp_path: Path) -> None:
    """Two workers, another hash seed and shuffled rows: byte-identical tables."""
    plain = Config.load(SAMPLE).replace({**SKETCH, "solve.workers": 1})
    partition(plain, tmp_path / "one", Options(maps=False, date=DATE))
    subprocess.run(
        [sys.executable, "-m", "gridplan", "partition", shuffled_city(tmp_path / "city"),
         "-o", tmp_path / "two", "--workers", "2", "--effort", str(SKETCH["solve.effort"]),
         "--no-maps", "--date", DATE.isoformat(), "-q"],
        env={**os.environ, "PYTHONHASHSEED": "7"}, check=True,
    )  # fmt: skip
    assert tables(tmp_path / "one") == tables(tmp_path / "two")
