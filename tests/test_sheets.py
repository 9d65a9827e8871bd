"""Sheets of grids and of large communities, borders in words, atlases, true scale."""

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pypdf import PdfReader

from gridplan.domain import Plan
from gridplan.errors import OutputError
from gridplan.maps import Backdrop, Column, Section
from gridplan.maps.draw import SHEETS
from gridplan.maps.edges import Border, border_of
from gridplan.maps.flow import flow, items_of
from gridplan.maps.gridsheet import grid_sheet, names_of
from gridplan.maps.lettering import find_lettering
from gridplan.maps.page import PAPERS, Rect, lay_out_community
from gridplan.maps.palette import MAGENTA
from gridplan.maps.spoken import border_sentences
from gridplan.maps.subject import gather
from gridplan.maps.words import CHINESE, ENGLISH
from tests.map_worlds import (
    CRS,
    X,
    Y,
    backdrop,
    draw,
    files,
    sheets,
    subject_of,
    tiny_plan,
)

NUMBERS = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


def sides(border: Border) -> dict[str, list[tuple[str, str]]]:
    """What a border runs along, by side."""
    found: dict[str, list[tuple[str, str]]] = {}
    for stretch in border.stretches:
        found.setdefault(stretch.side, []).append((stretch.along.value, stretch.name))
    return found


def test_border_names_roads_rivers_and_grids() -> None:
    """Each side of a grid is told by what lies there: a road, the water, a grid, or nothing."""
    plan = tiny_plan({"C1": "One", "C2": "Two"})
    river = shapely.box(X - 200, Y - 60, X + 900, Y - 2)
    ground = replace(backdrop(), water=gpd.GeoDataFrame(geometry=[river], crs=CRS), rail=None)
    fonts, _ = find_lettering(["abc"])
    subject = gather(plan, ground, fonts, project="P", language="en", date="", grid_range=(1, 2))
    first = border_of(subject, plan.grids.geometry.iloc[0], "C1-001")
    assert sides(first) == {
        "north": [("road", "Long Road")],
        "east": [("grid", "C1-004")],
        "south": [("water", "")],
        "west": [("nothing", "")],
    }
    lengths = [stretch.length_m for stretch in first.stretches]
    assert lengths == pytest.approx([100] * 4)
    assert [(n.grid_code, round(n.shared_m), n.sides) for n in first.neighbours] == [
        ("C1-002", 100, ("north",)), ("C1-004", 100, ("east",))
    ]  # fmt: skip


def test_border_of_a_turned_grid_has_four_sides() -> None:
    """A city that is turned against the compass keeps one thing a side; row order changes none."""
    plan = tiny_plan({"C1": "One"})
    for degrees in (20, -40, 44, 46):
        turned = plan.grids.rotate(degrees, origin=(X, Y))
        grids = plan.grids.set_geometry(turned)
        subject = subject_of(replace(plan, grids=grids), Backdrop())
        middle = border_of(subject, turned.iloc[4], "C1-005")
        assert sorted(len(found) for found in sides(middle).values()) == [1, 1, 1, 1], degrees
        codes = {n.grid_code for n in middle.neighbours}
        assert codes == {"C1-002", "C1-004", "C1-006", "C1-008"}


def test_border_of_a_ring_tells_what_is_inside() -> None:
    """A grid around another one says so, beside its own outline."""
    outer = shapely.box(X, Y, X + 300, Y + 300)
    inner = shapely.box(X + 90, Y + 90, X + 200, Y + 200)
    plan = tiny_plan({"C1": "One"}, side=1)
    both = pd.concat([plan.grids, plan.grids], ignore_index=True).assign(grid_code=["A", "B"])
    grids = both.set_geometry(gpd.GeoSeries([outer.difference(inner), inner], crs=CRS))
    subject = subject_of(replace(plan, grids=grids), Backdrop())
    border = border_of(subject, grids.geometry.iloc[0], "A")
    assert {(s.along.value, s.name) for s in border.stretches if s.hole} == {("grid", "B")}
    assert sum(s.length_m for s in border.stretches if s.hole) == pytest.approx(440)
    said = border_sentences(border, names_of(subject), "C1", ENGLISH, "en")
    assert said[-1][0] == "Inside"
    assert "(440 m)" in said[-1][1]


def test_border_in_words_of_both_languages() -> None:
    """English begins in the north, Chinese in the east; a grid elsewhere has its community."""
    plan = tiny_plan({"C1": "One", "C2": "Two"})
    subject = subject_of(plan)
    border = border_of(subject, plan.grids.geometry.iloc[7], "C1-008")
    said = border_sentences(border, names_of(subject), "C1", ENGLISH, "en")
    assert dict(said)["East"] == "along Grid 2 of Two (100 m)"
    assert dict(said)["West"] == "along Grid 5 (100 m)"
    assert [side for side, _ in said] == ["North", "East", "South", "West"]
    gesagt = border_sentences(border, names_of(subject), "C1", CHINESE, "zh")
    assert [side for side, _ in gesagt] == ["东至", "南至", "西至", "北至"]
    assert dict(gesagt)["东至"] == "TwoGrid 2（100米）"


def test_every_border_is_told_whole() -> None:
    """Over a plan no side is silent, and what is said is nearly all of the border."""
    subject = subject_of(tiny_plan({"C1": "One", "C2": "Two"}))
    grids = subject.plan.grids
    for code, shape in zip(grids["grid_code"], grids.geometry, strict=True):
        border = border_of(subject, shape, code)
        assert set(sides(border)) == {"north", "east", "south", "west"}
        assert sum(s.length_m for s in border.stretches) > 0.9 * shape.length


def test_grid_sheet_lists_everything() -> None:
    """The sheet of a grid has its code, every neighbour, every building, and what others add."""
    plan = tiny_plan({"C1": "One"})
    more = Section("Duties", paragraphs=(("Worker", "walks Tuesdays"),))
    sheet = grid_sheet(subject_of(plan), "x", 4, names_of(subject_of(plan)), (more,))
    texts = [t.text for page in sheet.text for placed in page for t in placed.item.words]
    assert {"C1-005", "C1-002", "C1-004", "C1-006", "C1-008", "C1-005u0", "C1-005u1"} <= set(texts)
    order = [texts.index(title) for title in ("Key figures", "Border", "Duties", "No.")]
    assert order == sorted(order)
    assert {"Worker", "walks Tuesdays"} <= set(texts)
    numbers = [label for label in sheet.labels if label.must]
    assert [label.variants[0][0].text for label in numbers] == ["1", "2"]


def test_long_lists_go_on_overleaf() -> None:
    """Hundreds of buildings fill further pages, none is lost, none lies outside its column."""
    plan = tiny_plan({"C1": "One"}, side=1)
    units = gpd.GeoDataFrame(pd.concat([plan.units] * 200), crs=CRS)
    units["unit_id"] = [f"A building with a long code {i}" for i in range(len(units))]
    subject = subject_of(replace(plan, units=units))
    sheet = grid_sheet(subject, "x", 0, names_of(subject))
    placed = [p for page in sheet.text for p in page]
    told = " ".join(t.text for p in placed for t in p.item.words)  # a wide font breaks the names
    assert [name for name in units["unit_id"] if f"{name} " not in told] == []
    assert len(sheet.text) >= 3
    assert "Buildings (continued)" in told
    assert min(p.y - p.item.height for p in placed) > 13
    assert max(p.x + p.width for p in placed) < 210 - 13


def test_flow_keeps_headings_with_what_follows() -> None:
    """No heading ends a column, rows keep their order, and nothing stands on anything."""
    fonts, _ = find_lettering(["abc"])
    rows = tuple((f"row {i}", "x") for i in range(37))
    columns = (Column("Name"), Column("Mark", number=True))
    sections = [Section(f"Part {i}", columns=columns, rows=rows) for i in range(3)]
    items = items_of(sections, 60, fonts, ENGLISH)
    pages = [Rect(0, 0, 60, 70), Rect(70, 0, 60, 70)]
    placed = flow(items, pages, pages)
    for one, other in pairwise(placed):
        if one.column == other.column:
            assert other.y == pytest.approx(one.y - one.item.height)
        else:
            assert not one.item.tied
            assert other.column == one.column + 1
        assert one.y - one.item.height > -1e-6
    texts = [p.item.words[0].text for p in placed if p.item.words]
    told = [text for text in texts if text.startswith("row")]
    assert told == [row[0] for _ in sections for row in rows]


def test_community_scale_by_rule() -> None:
    """1:1,000 to 1:3,000 in steps of 250; beyond that a sheet of all and details that cover it."""
    small, none = lay_out_community((0, 0, 200, 100), 72)
    assert (small.scale, none) == (1000, ())
    middle, none = lay_out_community((0, 0, 600, 400), 72, "8K")
    assert middle.scale in range(1000, 3001, 250)
    assert none == ()
    for bounds in ((0, 0, 2000, 900), (0, 0, 1500, 2600), (0, 0, 9000, 7000)):
        whole, details = lay_out_community(bounds, 72)
        assert whole.scale > 3000
        assert 1 < len(details) <= 12
        assert details[0].scale <= 3000 or len(details) > 8
        shown = shapely.union_all([shapely.box(*page.window) for page in details])
        assert shapely.covers(shown, shapely.box(*bounds))
        assert all(page.paper == "A3" for page in details)


def test_large_community_has_numbered_details(tmp_path: Path) -> None:
    """Details are sheets of their own, every building is on one, the whole shows their frames."""
    plan = tiny_plan({"C1": "One"}, ("",), side=9)
    plan = replace(plan, grids=plan.grids.assign(range_status="in"))
    wide = lambda layer: layer.set_geometry(layer.scale(3, 1, origin=(X, Y)))  # noqa: E731
    plan = Plan(
        *(wide(layer) for layer in (plan.grids, plan.communities, plan.streets, plan.units))
    )
    made = {s.stem: s for s in sheets(subject_of(plan)) if s.stem.startswith("community")}
    whole = made["community_C1"]
    assert len(made) == 1 + len(whole.frames) > 2
    assert whole.subtitle.endswith(f"show it at 1:{made['community_C1_1'].page.scale:,.0f}")
    assert [s.frame for s in made.values()] == list(range(len(made)))
    shown = shapely.union_all([shapely.box(*s.page.window) for s in made.values() if s.frame])
    assert shapely.covers(shown, shapely.union_all(plan.units.geometry))


def test_details_show_no_empty_ground() -> None:
    """Of a slanting community no detail sheet shows a mere corner, and yet all of it is shown."""
    plan = tiny_plan({"C1": "One"}, ("",), side=9)
    slanting = lambda layer: layer.set_geometry(  # noqa: E731
        layer.affine_transform([1.6, 1.6, -0.9, 1.4, 0, 0])
    )
    plan = Plan(
        *(slanting(layer) for layer in (plan.grids, plan.communities, plan.streets, plan.units))
    )
    shape = plan.communities.geometry.iloc[0]
    details = [s for s in sheets(subject_of(plan)) if s.frame]
    windows = [shapely.box(*s.page.window) for s in details]
    assert len(windows) > 2
    assert shapely.covers(shapely.union_all(windows), shape)
    assert min(shapely.area(shapely.intersection(w, shape)) / w.area for w in windows) > 0.2
    for i in range(len(windows)):
        others = shapely.union_all(windows[:i] + windows[i + 1 :])
        assert not shapely.covers(others, shape)


@pytest.mark.parametrize("paper", ["A3", "8K"])
def test_scale_on_paper_is_true(tmp_path: Path, paper: str) -> None:
    """In SVG and PDF the page has its size, and 300 m of grids are 300 m at the printed scale."""
    plan = tiny_plan({"C1": "One"}, ("",))
    draw(plan, tmp_path, formats=("svg", "pdf"), sheets=("community",), paper=paper)
    (sheet,) = [s for s in sheets(subject_of(plan, paper=paper)) if s.stem == "community_C1"]
    tree = ElementTree.parse(tmp_path / "community_C1.svg").getroot()
    size = sorted(
        float(tree.attrib[key].removesuffix("pt")) * 25.4 / 72 for key in ("width", "height")
    )
    assert size == pytest.approx(sorted(PAPERS[paper]), abs=0.1)
    paths = [e.attrib for e in tree.iter() if MAGENTA.lower() in e.attrib.get("style", "")]
    xy = np.array([float(n) for a in paths if "d" in a for n in NUMBERS.findall(a["d"])])
    xy, frame = xy.reshape(-1, 2) * 25.4 / 72, sheet.page.frame
    xy[:, 1] = sheet.page.height - xy[:, 1]
    low, high = (frame.x, frame.y), (frame.right, frame.top)
    on_map = ((xy > low) & (xy < high)).all(axis=1)  # the legend has a sample too
    across = np.ptp(xy[on_map], axis=0) * sheet.page.scale / 1000
    assert across == pytest.approx([300, 300], abs=0.5)
    (page,) = PdfReader(tmp_path / "community_C1.pdf").pages
    size = sorted(float(side) * 25.4 / 72 for side in (page.mediabox.width, page.mediabox.height))
    assert size == pytest.approx(sorted(PAPERS[paper]), abs=0.1)
    assert f"1:{sheet.page.scale:,.0f} on {paper}" in page.extract_text()


def test_atlas_has_bookmarks(tmp_path: Path) -> None:
    """One document a street: its map, its communities and their grids, each to be found."""
    plan = tiny_plan({"C1": "One", "C2": "Two", "C3": "Three"}, ("S1", "S2"), side=1)
    draw(plan, tmp_path, formats=(), sheets=SHEETS, atlas=True)
    assert files(tmp_path) == ["atlas_S1.pdf", "atlas_S2.pdf"]
    atlas = PdfReader(tmp_path / "atlas_S1.pdf")
    found = [(mark.title, atlas.get_destination_page_number(mark)) for mark in flat(atlas.outline)]
    assert found == [
        ("Street S1", 0), ("One", 1), ("Grid 1 · C1-001", 2), ("Three", 3), ("Grid 1 · C3-001", 4)
    ]  # fmt: skip
    assert len(atlas.pages) == 5
    assert atlas.metadata is not None
    assert atlas.metadata.title == "Street S1 – Atlas"
    for number, title in ((1, "One"), (4, "C3-001")):
        assert title in atlas.pages[number].extract_text()
    tables = [page["/Resources"]["/Font"] for page in atlas.pages]
    fonts = [table[name] for table in tables for name in table]
    assert {font["/Subtype"] for font in fonts} <= {"/Type0", "/TrueType"}


def flat(outline: list[object]) -> list[object]:
    """Entries of an outline without its nesting."""
    return [e for item in outline for e in (flat(item) if isinstance(item, list) else [item])]


def test_chosen_sheets_only(tmp_path: Path) -> None:
    """Only the chosen sheets are drawn; an unknown one is named, and nothing is written."""
    draw(tiny_plan({"C1": "One"}, side=1), tmp_path, sheets=("grid",))
    assert files(tmp_path) == ["grids/grid_C1-001.png"]
    with pytest.raises(OutputError, match="'block'"):
        draw(tiny_plan({"C1": "One"}), tmp_path / "maps", sheets=("block",))
    assert not (tmp_path / "maps").exists()


def test_chinese_is_embedded_in_the_pdf(tmp_path: Path) -> None:
    """A Chinese sheet carries its font and its text: it can be searched and copied."""
    if find_lettering(["德安里网格"])[1]:
        pytest.fail("no Chinese font on this machine: install fonts-wqy-microhei")
    plan = tiny_plan({"C1": "德安里"}, ("",), side=1)
    draw(plan, tmp_path, language="zh", formats=("pdf",), sheets=("grid",), project="大安区")
    (page,) = PdfReader(tmp_path / "grids" / "grid_C1-001.pdf").pages
    assert "德安里" in page.extract_text()
    fonts = page["/Resources"]["/Font"]
    files_of = [
        fonts[name]["/DescendantFonts"][0]["/FontDescriptor"] for name in fonts
        if fonts[name]["/Subtype"] == "/Type0"
    ]  # fmt: skip
    assert files_of
    assert all("/FontFile2" in descriptor for descriptor in files_of)
