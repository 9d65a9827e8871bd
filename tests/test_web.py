"""The interactive page as a file: packs, escaping, determinism, words, ``gridplan map``."""

import base64
import datetime as dt
import json
import re
import zlib
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from gridplan.cli import gridplan
from gridplan.config import Config
from gridplan.domain import Finding, Plan, Severity
from gridplan.maps import Backdrop, Details, draw_page, pairs_of_plan
from gridplan.maps.web.pack import Pack, varints
from gridplan.maps.web.page import SCRIPTS
from gridplan.maps.web.shapes import Lattice, put_shapes
from gridplan.maps.web.words import PAGE_CHINESE, PAGE_ENGLISH
from gridplan.pipeline import Options, partition
from gridplan.prepare import prepare_ground
from gridplan.redraw import redraw
from tests.jobs import CONFIG, chess_town
from tests.test_maps import backdrop, tiny_plan

WEB = Path(__file__).resolve().parent.parent / "gridplan" / "maps" / "web"
HOSTILE = '</script><script>hacked=1</script><img src=x onerror="hacked=1">&lt;{{title}}'
SPECIAL = re.compile(r'data-pack="(\w+)">([^<]*)<')


def unpacked(text: str) -> tuple[dict[str, object], dict[str, list[int]]]:
    """Open a pack again: its values and its columns."""
    body = zlib.decompress(base64.b64decode(text))
    size = int.from_bytes(body[:4], "little")
    head, at = json.loads(body[4 : 4 + size]), 4 + size
    columns = {}
    for name, count, length, delta in head["columns"]:
        numbers = decoded(body[at : at + length])
        columns[name] = np.cumsum(numbers).tolist() if delta else numbers
        assert len(numbers) == count
        at += length
    return head["values"], columns


def decoded(stream: bytes) -> list[int]:
    """Whole numbers of a stream, read byte by byte."""
    numbers, value, shift = [], 0, 0
    for byte in stream:
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            numbers.append((value >> 1) ^ -(value & 1))
            value = shift = 0
    return numbers


def page(plan: Plan, folder: Path, **changes: object) -> str:
    """Draw a page with the arguments that most tests share; return its text."""
    arguments: dict[str, object] = {
        "backdrop": backdrop(),
        "project": "Tiny Town",
        "language": "en",
        "date": "2025-01-31",
        "grid_range": (290, 500),
    }
    draw_page(plan, folder / "index.html", **{**arguments, **changes})  # type: ignore[arg-type]
    return (folder / "index.html").read_text(encoding="utf-8")


def packs_of(text: str) -> dict[str, tuple[dict[str, object], dict[str, list[int]]]]:
    """Packs of a page by kind; of several the last."""
    return {kind: unpacked(data) for kind, data in SPECIAL.findall(text)}


@given(st.lists(st.integers(-(2**31), 2**31 - 1), max_size=60))
def test_numbers_come_back(numbers: list[int]) -> None:
    """Any whole numbers survive their bytes, as they are and as differences."""
    assert decoded(varints(np.array(numbers, dtype=np.int64))) == numbers
    pack = Pack()
    pack.column("n", numbers, delta=True)
    assert unpacked(pack.to_text())[1]["n"] == numbers


def test_shapes_keep_their_points() -> None:
    """Rings are open, holes are rings, doubles go, and what is no area or line has no ring."""
    ring = shapely.Polygon(
        [(0, 0), (10, 0), (10, 0.01), (10, 10), (0, 10)],
        holes=[[(4, 4), (6, 4), (6, 6), (4, 6)]],
    )
    two = shapely.MultiLineString([[(0, 0), (5, 5)], [(1, 1), (1.001, 1)]])
    shapes = np.array([ring, shapely.Point(1, 1), two, None], dtype=object)
    pack = Pack()
    put_shapes(pack, "s", shapes, Lattice(0, 0))
    columns = unpacked(pack.to_text())[1]
    assert columns["s.rings"] == [2, 0, 1, 0]
    assert columns["s.points"] == [4, 4, 2]
    assert columns["s.x"][:4] == [0, 100, 100, 0]
    assert columns["s.x"][4:8] == [40, 60, 60, 40] or columns["s.x"][4:8] == [40, 40, 60, 60]


def test_neighbours_match_vertex_for_vertex(tmp_path: Path) -> None:
    """Cells that share a border share its points in the page too, so a border can be found."""
    _, columns = packs_of(page(tiny_plan({"A": "A"}), tmp_path))["units"]
    points = list(zip(columns["cell.x"], columns["cell.y"], strict=True))
    assert len(points) == 4 * 18
    assert len(set(points)) == 7 * 4


def test_same_plan_same_bytes(tmp_path: Path) -> None:
    """Rows in another order give the same page."""
    plan = tiny_plan({"A": "A", "B": "B"}, ("S1", "S2"))
    turned = Plan(plan.grids[::-1], plan.communities[::-1], plan.streets[::-1], plan.units[::-1])
    assert page(plan, tmp_path) == page(turned, tmp_path)


def test_nothing_hostile_reaches_the_markup(tmp_path: Path) -> None:
    """Names that are markup stay text: they stand escaped, or inside a pack."""
    plan = tiny_plan({"A": HOSTILE})
    plan.units["unit_id"] = [f"{HOSTILE}{i}" for i in range(len(plan.units))]
    text = page(plan, tmp_path, project=HOSTILE, date=HOSTILE)
    assert "hacked=1</script>" not in text
    assert "<img" not in text
    assert text.count("<script>") == 2
    assert unpacked(SPECIAL.findall(text)[0][1])[0]["community.name"] == [HOSTILE]


def test_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    """No address is loaded; the policy forbids all but our own hashes; the licence is there."""
    text = page(tiny_plan({"A": "A"}), tmp_path)
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in policy[1]
    head = text.split("<script>")[0]
    markup = re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(src|href)\s*=\s*["']?(https?:)?//""", markup)
    assert "url(" not in head
    assert "@import" not in head
    assert "sourceMappingURL" not in text
    assert "Vladimir Agafonkin" in head.split('id="licence"')[1]
    assert "Redistribution and use in source and binary forms" in text


def test_words_are_complete() -> None:
    """Both languages have the same keys, and every key that the code names exists."""
    assert PAGE_ENGLISH.keys() == PAGE_CHINESE.keys()
    html = (WEB / "page.html").read_text(encoding="utf-8")
    used = set(re.findall(r'data-(?:w|label|hint)="(\w+)"', html))
    for name in SCRIPTS:
        code = (WEB / f"{name}.js").read_text(encoding="utf-8")
        used |= set(re.findall(r'\bw(?:ords)?\("(\w+)"', code)) - {"by_", "finding_"}
    assert used - PAGE_ENGLISH.keys() == set()
    for key, english in PAGE_ENGLISH.items():
        slots = set(re.findall(r"\{\d\}", PAGE_CHINESE[key]))
        assert slots == set(re.findall(r"\{\d\}", english)), key


def test_every_script_is_in_the_page() -> None:
    """No script of ours is forgotten, and none writes markup."""
    names = {path.stem for path in WEB.glob("*.js")}
    assert names == set(SCRIPTS)
    for path in WEB.glob("*.js"):
        code = path.read_text(encoding="utf-8")
        for danger in ("innerHTML", "outerHTML", "document.write", "eval(", "</script"):
            assert danger not in code, path.name


def test_plan_alone_tells_its_neighbours() -> None:
    """Units of one community with a common border are neighbours; so are the ends of a link."""
    plan = tiny_plan({"A": "A", "B": "B"}, side=1)
    link = Finding("link", Severity.EXCEPTION, "", place="A-001u0", other="x")
    pairs = pairs_of_plan(plan, [link])
    assert list(zip(pairs["a"], pairs["b"], strict=True)) == [
        ("A-001u0", "A-001u1"),
        ("B-001u0", "B-001u1"),
        ("A-001u0", "x"),
    ]
    assert pairs["shared_m"].tolist() == [100.0, 100.0, 0.0]


def test_findings_stand_at_their_places(tmp_path: Path) -> None:
    """A finding is placed by its unit, its grid or its community; notes are left out."""
    findings = [
        Finding("a", Severity.EXCEPTION, "unit", place="A-002u1"),
        Finding("b", Severity.BROKEN, "grid", place="A-003"),
        Finding("c", Severity.WARNING, "community", community_code="A"),
        Finding("c", Severity.WARNING, "community", community_code="A"),
        Finding("d", Severity.INFO, "nothing"),
    ]
    text = page(tiny_plan({"A": "A"}), tmp_path, details=Details(findings=findings))
    values, columns = packs_of(text)["places"]
    assert values["finding.message"] == ["unit", "grid", "community"]
    assert columns["finding.unit"] == [3, -1, -1]
    assert columns["finding.grid"] == [-1, 2, -1]
    assert columns["finding.community"] == [-1, -1, 0]


def test_zones_and_footprints(tmp_path: Path) -> None:
    """Zones given as a column are dissolved; footprints go with their units, once."""
    plan = tiny_plan({"A": "A"})
    plan.units["police"] = ["P1" if i < 9 else None for i in range(18)]
    plan.grids["police_main"], plan.grids["police_main_share"] = "P1", 0.5
    plan.grids["police_zones"] = 1
    plan = replace(plan, zone_layers=("police",))
    cells = plan.units[["unit_id", "geometry"]]
    houses = cells.assign(geometry=cells.geometry.buffer(-5))[::-1]
    with_houses = packs_of(page(plan, tmp_path, backdrop=Backdrop(buildings=houses)))
    assert list(range(18)) == with_houses["buildings"][1]["unit"]
    assert "buildings" not in packs_of(page(plan, tmp_path, backdrop=Backdrop(buildings=cells)))
    assert with_houses["zones"][0]["names.0"] == ["P1"]
    assert with_houses["zones"][1]["shape.0.rings"] == [1]
    assert with_houses["units"][1]["zone.0"] == [1] * 9 + [0] * 9


def test_buildings_of_their_own(tmp_path: Path) -> None:
    """A building layer beside the units is drawn and found by its ids."""
    plan = tiny_plan({"A": "A"})
    houses = gpd.GeoDataFrame(
        {"building_id": ["B2", "B1"], "grid_code": ["A-001", ""]},
        geometry=[shapely.box(500010, 3400010, 500020, 3400020)] * 2,
        crs=plan.grids.crs,
    )
    plan = replace(plan, extra={"buildings": houses})
    values, columns = packs_of(page(plan, tmp_path, backdrop=Backdrop(buildings=houses)))[
        "buildings"
    ]
    assert values["id"] == ["B1", "B2"]
    assert columns["grid"] == [-1, 0]


def test_locks_table_is_what_the_reader_takes() -> None:
    """The what-if writes the columns and a kind that design section 12 names."""
    code = (WEB / "whatif.js").read_text(encoding="utf-8")
    assert '["kind", "a", "b", "note"]' in code
    assert '["in", ' in code


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A finished plan with its page: configuration and output folder."""
    folder = tmp_path_factory.mktemp("map")
    toml = chess_town(folder, config=CONFIG.replace("maps = []", 'maps = ["html"]\nreport = false'))
    out = folder / "out"
    partition(Config.load(toml), out, Options())
    return toml, out


def test_partition_draws_the_page(job: tuple[Path, Path]) -> None:
    """``maps = ["html"]`` gives the page and no sheet, with the neighbours that were divided."""
    _, out = job
    assert sorted(p.name for p in (out / "maps").iterdir()) == ["index.html", "redraw"]
    packs = packs_of((out / "maps" / "index.html").read_text(encoding="utf-8"))
    assert len(packs["edges"][1]["a"]) == 2 * 24
    assert packs["zones"][0]["names.0"] == ["A", "B"]


def test_map_draws_the_same_page_again(job: tuple[Path, Path]) -> None:
    """``gridplan map`` needs no solver, gives the same page, and adds only what is asked."""
    _, out = job
    first = (out / "maps" / "index.html").read_bytes()
    stamp = json.loads((out / "run.json").read_text(encoding="utf-8"))["date"]
    (out / "maps" / "index.html").unlink()
    answer = CliRunner().invoke(gridplan, ["map", str(out), "--date", stamp, "-q"])
    assert answer.exit_code == 0, answer.output
    assert (out / "maps" / "index.html").read_bytes() == first


def test_map_grows_no_cells_again(job: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Neighbours of an earlier drawing are taken, and found anew where they are torn."""
    _, out = job
    first = (out / "maps" / "index.html").read_bytes()
    day = dt.date.fromisoformat(json.loads((out / "run.json").read_text("utf-8"))["date"])
    grown = []
    monkeypatch.setattr(
        "gridplan.redraw.prepare_ground",
        lambda *given: grown.append(1) or prepare_ground(*given),  # type: ignore[func-returns-value]
    )
    redraw(out, ["html"], date=day)
    assert not grown
    assert (out / "maps" / "index.html").read_bytes() == first
    kept = out / "maps" / "redraw" / "neighbours.json.gz"
    whole = kept.read_bytes()
    kept.write_bytes(whole[:-20])
    redraw(out, ["html"], date=day)
    assert grown
    assert (out / "maps" / "index.html").read_bytes() == first
    assert kept.read_bytes() == whole


def test_map_of_a_plan_whose_layers_have_changed(tmp_path: Path) -> None:
    """Without the layers of the run the plan alone is drawn, and it is said."""
    toml = chess_town(
        tmp_path, config=CONFIG.replace("maps = []", 'maps = ["html"]\nreport = false')
    )
    out = tmp_path / "out"
    partition(Config.load(toml), out, Options(maps=False))
    chess_town(tmp_path, shuffle=3)
    answer = CliRunner().invoke(gridplan, ["map", str(out), "--kind", "html", "-c", str(toml)])
    assert answer.exit_code == 0, answer.output
    assert "have changed since the plan was made" in answer.stderr
    packs = packs_of((out / "maps" / "index.html").read_text(encoding="utf-8"))
    assert len(packs["edges"][1]["a"]) == 2 * 24


def test_map_names_what_is_missing(tmp_path: Path) -> None:
    """A folder without a plan is an error of one line."""
    answer = CliRunner().invoke(gridplan, ["map", str(tmp_path)])
    assert answer.exit_code == 1
    assert "run.json: file not found" in answer.stderr


def test_empty_pairs_are_no_error(tmp_path: Path) -> None:
    """A plan without any neighbours has a page too."""
    empty = pd.DataFrame({"a": [], "b": [], "shared_m": []})
    text = page(tiny_plan({"A": "A"}), tmp_path, details=Details(pairs=empty))
    assert packs_of(text)["edges"][1]["a"] == []
