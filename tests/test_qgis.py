"""The plan in QGIS: styles in the GeoPackage, the project, and a real QGIS that opens both."""

import datetime as dt
import json
import os
import sqlite3
import subprocess
import zipfile
from pathlib import Path
from xml.etree import ElementTree as ET

import pandas as pd
import pytest

from gridplan.domain import Plan
from gridplan.export import write_plan, write_qgis
from gridplan.layers import read_plan
from tests.conftest import need, qgis_python
from tests.test_export import HOSTILE, small_plan

DATE = dt.date(2026, 1, 31)
EXCEPTIONS = pd.DataFrame(
    {"kind": ["link", "unit-straddles"], "place": ["u1", "o'neill"], "other": ["u2", None]}
)


def write(folder: Path, plan: Plan | None = None, language: str = "en") -> Path:
    """Write a small plan with everything for QGIS; return its folder."""
    plan = plan or small_plan()
    folder.mkdir(parents=True, exist_ok=True)
    write_plan(plan, folder / "plan.gpkg")
    (folder / "tables").mkdir(exist_ok=True)
    EXCEPTIONS.to_csv(folder / "tables" / "exceptions.csv", index=False)
    write_qgis(
        plan,
        folder,
        title=HOSTILE,
        language=language,
        grid_range=(250, 500),
        exceptions=EXCEPTIONS,
        date=DATE,
    )
    return folder


def out_of_range() -> Plan:
    """Make a plan with a grid below the range and a hostile zone."""
    plan = small_plan()
    plan.grids.loc[0, "range_status"] = "under"
    plan.units.loc[0, "police"] = HOSTILE.replace("\x00", "")
    return plan


def styles(folder: Path) -> pd.DataFrame:
    """Every stored style."""
    with sqlite3.connect(folder / "plan.gpkg") as file:
        return pd.read_sql("SELECT * FROM layer_styles ORDER BY id", file)


def project(folder: Path) -> ET.Element:
    """The project's XML."""
    with zipfile.ZipFile(folder / "plan.qgz") as archive:
        return ET.fromstring(archive.read("plan.qgs").decode().partition("\n")[2])


def test_every_layer_has_one_style_to_open_with(tmp_path: Path) -> None:
    """One default style a layer, well-formed, registered as the GeoPackage standard asks."""
    table = styles(write(tmp_path))
    first = table[table["useAsDefault"] == 1]
    assert sorted(first["f_table_name"]) == sorted(small_plan().layers())
    for text in table["styleQML"]:
        assert ET.fromstring(text.partition("\n")[2]).tag == "qgis"
    with sqlite3.connect(tmp_path / "plan.gpkg") as file:
        kind = file.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        ).fetchone()
    assert kind == ("attributes",)


def test_styles_are_replaced_not_added(tmp_path: Path) -> None:
    """Writing twice leaves each style once, and the plan can still be read."""
    count = len(styles(write(tmp_path)))
    write_qgis(
        small_plan(), tmp_path, title="T", language="zh", grid_range=(250, 500),
        exceptions=EXCEPTIONS, date=DATE,
    )  # fmt: skip
    assert len(styles(tmp_path)) == count
    assert set(read_plan(tmp_path).layers()) == set(small_plan().layers())


@pytest.mark.parametrize("language", ["en", "zh"])
def test_fields_have_names_and_values_lists(tmp_path: Path, language: str) -> None:
    """Every column of the contract has an alias; fixed values are offered by their names."""
    table = styles(write(tmp_path, language=language)).set_index("f_table_name")
    grids = ET.fromstring(table.loc["grids", "styleQML"].iloc[0].partition("\n")[2])
    aliases = {a.get("field"): a.get("name") for a in grids.iter("alias")}
    assert aliases["grid_code"] == {"en": "Grid code", "zh": "网格编码"}[language]
    assert all(aliases.values())
    options = grids.find("fieldConfiguration/field[@name='range_status']//Option[@name='map']")
    assert options is not None
    names = {o.get("value"): o.get("name") for row in options for o in row}
    assert names["under"] == {"en": "Below the range", "zh": "不足"}[language]


def test_project_groups_layers_by_level_with_relative_paths(tmp_path: Path) -> None:
    """Exceptions, zones and the three levels are groups; nothing names this machine."""
    root = project(write(tmp_path, out_of_range()))
    tree = root.find("layer-tree-group")
    assert tree is not None
    groups = [group.get("name") for group in tree.findall("layer-tree-group")]
    assert groups == ["Exceptions", "Zones", "District", "Street", "Community"]
    ids = [layer.get("id") for layer in tree.iter("layer-tree-layer")]
    assert len(ids) == len(set(ids)) == len(root.findall("projectlayers/maplayer"))
    sources = [source.text or "" for source in root.iter("datasource")]
    assert all(source.startswith("./") for source in sources)
    assert root.findtext("projectCrs/spatialrefsys/authid") == "EPSG:26986"
    listed = next(source for source in sources if "unit_id" in source)
    assert listed.endswith("\"unit_id\" IN ('u1','u2')")


def test_same_plan_same_project(tmp_path: Path) -> None:
    """The project holds no time, user or path: equal plans make equal bytes, also rows shuffled."""
    first = write(tmp_path / "a", out_of_range())
    plan = out_of_range()
    other = Plan(
        plan.grids.iloc[::-1], plan.communities, plan.streets, plan.units.iloc[::-1],
        plan.extra, plan.zone_layers,
    )  # fmt: skip
    second = write(tmp_path / "b", other)
    assert (first / "plan.qgz").read_bytes() == (second / "plan.qgz").read_bytes()
    assert styles(first).equals(styles(second))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_real_qgis_opens_and_draws_everything(tmp_path: Path, language: str) -> None:
    """Every layer is valid, styled and drawn to a picture that is not blank."""
    need("qgis")
    out = write(tmp_path / "out", out_of_range(), language)
    python = qgis_python()
    assert python is not None
    names = list(small_plan().layers())
    done = subprocess.run(
        [python, Path(__file__).with_name("qgis_look.py"), out, tmp_path, *names],
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen", "HOME": str(tmp_path)},
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["read"]
    assert not found["absolute"]
    assert found["crs"] == "EPSG:26986"
    assert len(found["tree"]) == 5
    assert found["colours"] > 5
    for record in found["layers"].values():
        assert record["valid"], record
        assert record["features"] > 0, record
        assert not record["spatial"] or record["colours"] > 1, record
    renderers = {key: r.get("renderer") for key, r in found["layers"].items()}
    assert renderers["gridplan_grids"] == "categorizedSymbol"
    assert renderers["gridplan_zones_1"] == "mergedFeatureRenderer"
    assert len(found["layers"]["gridplan_grids"]["styles"]) == 3
    opened = found["opened"]["grids"]
    assert opened["renderer"] == "categorizedSymbol"
    assert opened["labels"]
    assert opened["aliases"]["households"] == {"en": "Households", "zh": "户数"}[language]
    assert set(opened["lists"]) == {"grid_kind", "range_status"}
    assert all(record["renderer"] for record in found["opened"].values())
