"""The maps: sheets on paper, colours, labels, fonts, file names."""

import hashlib
import json
import sys
from dataclasses import replace
from io import BytesIO
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from pypdf import PdfReader

from gridplan.domain import Plan, Severity
from gridplan.errors import OutputError
from gridplan.maps import Backdrop, Shelf, lettering, sheet_of, styles
from gridplan.maps.carried import walk_marks
from gridplan.maps.draw import SHEETS
from gridplan.maps.furniture import draw_chart
from gridplan.maps.ground import ground_keys
from gridplan.maps.ink import border_network, hatching, polygon_path
from gridplan.maps.lettering import find_lettering, tidy
from gridplan.maps.marks import Bar, Label, LineName, Lines, TextLine
from gridplan.maps.page import (
    A3_MM,
    A4_MM,
    Rect,
    lay_out,
    round_length,
    round_scale,
)
from gridplan.maps.palette import (
    ALARM,
    GROUND,
    INK,
    MAGENTA,
    MAP_COLOURS,
    PAPER,
    SOFT_INK,
    WATER,
    colour_numbers,
    map_colours,
    touching_pairs,
)
from gridplan.maps.pen import Pen
from gridplan.maps.placing import Board
from gridplan.maps.png import png_bytes
from gridplan.maps.roads import road_ranks
from gridplan.maps.shelf import LIST
from gridplan.maps.styles import VEILED_WATER
from gridplan.maps.subject import facts_of, gather, tail
from gridplan.maps.words import CHINESE, ENGLISH
from gridplan.text import file_stems
from tests.map_worlds import (
    CRS,
    X,
    Y,
    backdrop,
    contents,
    draw,
    files,
    sheets,
    subject_of,
    tiny_plan,
)

HOSTILE = {"C1": "$x^2$", "C2": "$\\frac{", "C3": "a\nb\x00c"}


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], list[object]]:
    """Draw three communities with hostile names in two streets; keep what was announced."""
    folder = tmp_path_factory.mktemp("maps") / "new" / "maps"
    done: list[str] = []
    plan = tiny_plan(HOSTILE, ("S1", "S2"), side=1)
    point = gpd.GeoDataFrame(
        {"facility_id": ["F"], "name": ["Clinic $1"], "grid_code": ["C1-001"]},
        geometry=[shapely.Point(X + 30, Y + 50)],
        crs=CRS,
    )
    park = gpd.GeoDataFrame(
        {"institution_id": ["I"], "name": ["Park"], "grid_code": ["C1-001"]},
        geometry=[shapely.box(X + 50, Y + 20, X + 90, Y + 90)],
        crs=CRS,
    )
    plan = replace(plan, extra={"facilities": point, "institutions": park})
    findings = draw(plan, folder, on_done=done.append, sheets=SHEETS)
    return folder, done, findings


def board() -> Board:
    """Make a board for a map of 300 m x 300 m."""
    fonts, _ = find_lettering(["abc"])
    return Board(lay_out((X, Y, X + 300, Y + 300), 70.0), fonts)


def test_files_of_three_levels(drawn: tuple[Path, list[str], list[object]]) -> None:
    """A PNG for the district, each street, community and grid, and each is announced once."""
    folder, done, findings = drawn
    stems = ["community_C1", "community_C2", "community_C3", "district", "street_S1", "street_S2"]
    stems += [f"grids/grid_C{c}-001" for c in (1, 2, 3)]
    assert sorted(f"{stem}.png" for stem in stems) == files(folder)
    assert sorted(stems) == sorted(done)
    assert findings == []


def test_pictures_are_a3_and_not_blank(drawn: tuple[Path, list[str], list[object]]) -> None:
    """Each picture opens, prints as A3 or A4, holds map colours, and stays below 600 KB."""
    for path in drawn[0].rglob("*.png"):
        with Image.open(path) as image:
            dpi = float(image.info["dpi"][0])
            size_mm = sorted((side / dpi * 25.4 for side in image.size), reverse=True)
            colours = image.convert("RGB").getcolors(1000)
        paper = A4_MM if path.parent.name == "grids" else A3_MM
        assert size_mm == pytest.approx(paper, abs=0.5)
        shown = {"#{:02X}{:02X}{:02X}".format(*colour) for _, colour in colours or ()}
        assert len(shown & set(MAP_COLOURS)) >= (1 if paper is A4_MM else 3), path.name
        assert path.stat().st_size < 600_000


def test_png_tells_no_date_or_program(drawn: tuple[Path, list[str], list[object]]) -> None:
    """A picture holds nothing but pixels and resolution, so that equal maps are equal files."""
    with Image.open(drawn[0] / "district.png") as image:
        assert set(image.info) <= {"dpi"}


def test_same_bytes_for_any_workers_and_row_order(tmp_path: Path) -> None:
    """Two processes and shuffled rows change no byte of any sheet."""
    plan = tiny_plan({"C1": "One"}, ("",), side=2)
    turned = Plan(*(layer.iloc[::-1] for layer in list(plan.layers().values())[:4]))
    draw(plan, tmp_path / "a", atlas=True, sheets=SHEETS)
    draw(turned, tmp_path / "b", workers=2, atlas=True, sheets=SHEETS)
    first, second = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert {"atlas_all.pdf", "community_C1.png", "district.png", "street_all.png"} < set(first)
    assert first == second


def test_vector_formats_are_deterministic(tmp_path: Path) -> None:
    """PDF and SVG are written too, and equal for equal plans."""
    plan = tiny_plan({"C1": "One"}, ("",), side=1)
    for turn in ("a", "b"):
        draw(plan, tmp_path / turn, formats=("pdf", "svg"))
    first = contents(tmp_path / "a")
    assert first["district.pdf"].startswith(b"%PDF")
    assert b"<svg" in first["district.svg"]
    assert first == contents(tmp_path / "b")


def test_unknown_format_is_named_before_anything_is_written(tmp_path: Path) -> None:
    """An unknown format is refused by name, and no folder appears."""
    with pytest.raises(OutputError, match="'gif'"):
        draw(tiny_plan({"C1": "One"}), tmp_path / "maps", formats=("png", "gif"))
    assert not (tmp_path / "maps").exists()


def test_folder_that_cannot_be_made_is_an_output_error(tmp_path: Path) -> None:
    """A file where the folder should be is one clear error."""
    (tmp_path / "maps").write_text("in the way")
    with pytest.raises(OutputError, match="map folder"):
        draw(tiny_plan({"C1": "One"}), tmp_path / "maps")


def test_hostile_codes_stay_in_the_folder(tmp_path: Path) -> None:
    """Codes with separators, dots or nothing but signs make plain files inside the folder."""
    codes = {"../../up": "A", "a/b": "B", "C:\\x*?": "C"}
    plan = tiny_plan(codes, ("../S",), side=1)
    draw(plan, tmp_path / "in" / "maps", backdrop=Backdrop(), sheets=SHEETS)
    assert [tmp_path / "in"] == list(tmp_path.iterdir())
    assert len(list((tmp_path / "in").iterdir())) == 1
    written = [Path(name).name for name in files(tmp_path / "in" / "maps")]
    assert len(written) == 5 + 3
    assert all(set(name) <= set("abcdefghijklmnopqrstuvwxyzABCS0123456789_-.") for name in written)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(max_size=90), unique=True, max_size=8))
def test_file_stems_never_collide(codes: list[str]) -> None:
    """Different codes have different files even where case is ignored, and names stay short."""
    stems = file_stems(codes, "community_")
    assert len({stem.casefold() for stem in stems}) == len(codes)
    assert all(len(stem.encode()) < 250 and not set(stem) & set('/\\:*?"<>|\0') for stem in stems)


def test_file_stem_of_a_plain_code_is_the_code() -> None:
    """Plain codes are kept; codes that differ by case alone, or imitate a hash, are told apart."""
    assert file_stems(["990101001", "all"], "street_") == ["street_990101001", "street_all"]
    imitation = file_stems(["a/b"], "c_")[0].removeprefix("c_")
    stems = file_stems(["n", "N", imitation, "a/b"], "c_")
    assert len({stem.casefold() for stem in stems}) == 4


def test_the_extra_cjk_is_found_without_being_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its fonts are offered where it is installed; its code, which changes settings, never runs."""
    fonts = tmp_path / "mplfonts" / "fonts"
    fonts.mkdir(parents=True)
    (fonts.parent / "__init__.py").write_text("raise RuntimeError", encoding="utf-8")
    for name in ("NotoSansCJKsc-Regular.otf", "SimHei.ttf"):
        (fonts / name).touch()
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "mplfonts", raising=False)
    assert lettering.packaged() == [str(fonts / "NotoSansCJKsc-Regular.otf")]


def test_missing_font_gives_one_finding_and_codes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a font for Chinese there is one warning with a cure, no boxes, and codes instead."""
    bare = [font for font in lettering._known_fonts() if font[0] == lettering.LATIN]
    monkeypatch.setattr(lettering, "_known_fonts", lambda: bare)
    monkeypatch.setattr(lettering.font_manager, "findSystemFonts", list)
    findings = draw(
        tiny_plan({"C1": "德安里"}, ("",), side=1), tmp_path, language="zh", project="大安区"
    )
    assert [(f.kind, f.severity) for f in findings] == [("map-font", Severity.WARNING)]  # type: ignore[attr-defined]
    assert "fonts-noto-cjk" in findings[0].message  # type: ignore[attr-defined]
    assert "gridplan[cjk]" in findings[0].message  # type: ignore[attr-defined]
    fonts, _ = find_lettering(["德安里"])
    assert fonts.shown("德安里", "C1") == "C1"
    assert fonts.shown("德", "里1") == "?1"


def test_chinese_is_drawn_where_the_machine_can(tmp_path: Path) -> None:
    """A Chinese plan draws without a warning of matplotlib, whether or not there is a font."""
    plan = tiny_plan({"C1": "德安里"}, ("",), side=1)
    findings = draw(plan, tmp_path, language="zh", project="大安区")
    assert [f.kind for f in findings] in ([], ["map-font"])  # type: ignore[attr-defined]
    assert len(files(tmp_path)) == 3


def test_text_is_written_literally() -> None:
    """A dollar sign starts no formula, and control characters do not reach the paper."""
    from matplotlib.figure import Figure

    fonts, _ = find_lettering(["a"])
    figure, out = Figure(), BytesIO()
    axes = figure.add_axes((0, 0, 1, 1))
    Pen(axes, fonts).write(0.5, 0.5, "$x^2$", 8, halo="#FFFFFF")
    figure.savefig(out, format="pdf")
    assert "$x^2$" in PdfReader(out).pages[0].extract_text()
    assert tidy(" a\n\tb\x00c ") == "a b c"


def test_vocabularies_have_the_same_words() -> None:
    """English and Chinese have the same keys and the same places to fill in."""
    assert ENGLISH.keys() == CHINESE.keys()
    for key, word in ENGLISH.items():
        assert word.count("{") == CHINESE[key].count("{"), key


READERS = {
    # what is left of linear RGB without one kind of cone, after G. Machado et al. (2009)
    "every cone": [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
    "no red": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "a copier": [[0.2126, 0.7152, 0.0722]] * 3,
}


def seen(colour: str, reader: str) -> np.ndarray:
    """Linear RGB of a ``#RRGGBB`` colour as a reader sees it."""
    rgb = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return np.clip(np.array(READERS[reader]) @ linear, 0, 1)


def oklab(linear: np.ndarray) -> np.ndarray:
    """Lightness, green to red, blue to yellow, in Oklab."""
    to_lms = [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
    to_lab = [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
    return np.array(to_lab) @ np.cbrt(np.array(to_lms) @ linear)


def contrast(one: str, other: str, reader: str = "every cone") -> float:
    """Contrast of two colours by WCAG 2, from 1 to 21."""
    weights = np.array([0.2126, 0.7152, 0.0722])
    dark, light = sorted(float(weights @ seen(colour, reader)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_tells_neighbours_apart(reader: str) -> None:
    """Any two map colours differ, without red, green or blue cones too, and on a copier."""
    least = 0.025 if reader == "a copier" else 0.055  # 0.02 is the least that one notices
    for one, other in combinations(MAP_COLOURS, 2):
        apart = np.linalg.norm(oklab(seen(one, reader)) - oklab(seen(other, reader)))
        assert apart >= least, (one, other)


@pytest.mark.parametrize("reader", READERS)
def test_every_reader_sees_borders_and_texts(reader: str) -> None:
    """Grid borders stand out from every colour as signs must (3:1), texts as texts must (4.5:1)."""
    for fill in (*MAP_COLOURS, PAPER, GROUND):
        for stroke in (styles.GRID_BORDER, styles.COMMUNITY_BORDER, styles.ALARM_OUTLINE):
            assert contrast(stroke.colour, fill, reader) >= 3
        assert contrast(INK, fill, reader) >= 4.5
    texts = (styles.NEIGHBOUR_TEXT, styles.ROAD_TEXT, styles.COMMUNITY_TEXT, ALARM, SOFT_INK)
    for text in (*texts, styles.INSTITUTION_TEXT, styles.FACILITY.colour):
        assert contrast(text, PAPER, reader) >= 4.5, text


def test_no_map_colour_shouts() -> None:
    """Map colours are pale and none is much stronger than another, nor like the grid borders."""
    measured = np.array([oklab(seen(colour, "every cone")) for colour in MAP_COLOURS])
    strong = np.hypot(measured[:, 1], measured[:, 2])
    assert len(set(MAP_COLOURS)) >= 6
    assert measured[:, 0].min() > 0.8
    assert strong.max() < 0.07
    assert np.ptp(strong) < 0.02
    border = oklab(seen(MAGENTA, "every cone"))
    assert np.linalg.norm(measured - border, axis=1).min() > 0.25


def test_neighbouring_grids_differ() -> None:
    """Grids that touch, at a corner too, have different colours, and all colours are used."""
    grids = tiny_plan({"C1": "a", "C2": "b"}, side=5).grids
    polygons = np.asarray(grids.geometry.array, dtype=object)
    colours = map_colours(polygons)
    pairs = touching_pairs(polygons)
    assert len(pairs) > 100
    assert all(colours[i] != colours[j] for i, j in pairs)
    assert set(colours) == set(MAP_COLOURS)


def test_colouring_survives_too_many_neighbours() -> None:
    """Where every colour is taken around a polygon it still gets one, and ties are settled."""
    pairs = np.array(list(combinations(range(9), 2)))
    numbers = colour_numbers(9, pairs, 7)
    assert set(numbers.tolist()) == set(range(7))
    assert numbers.tolist() == colour_numbers(9, pairs, 7).tolist()


def test_page_turns_with_the_shape() -> None:
    """A wide subject lies on a landscape sheet, a tall one on a portrait one, at round scales."""
    wide, tall = lay_out((0, 0, 4000, 2000), 60), lay_out((0, 0, 2000, 4000), 60)
    assert wide.landscape
    assert not tall.landscape
    for page, (width, height) in ((wide, (4000, 2000)), (tall, (2000, 4000))):
        west, south, east, north = page.window
        assert max(west, south) < 0
        assert min(east - width, north - height) > 0
        assert (east - west) / page.frame.width == pytest.approx(page.scale / 1000)
        assert page.metres(10) == pytest.approx(page.scale / 100)


def test_scales_and_lengths_are_round() -> None:
    """Scales go up to the next round number, scale bars down, and both end somewhere."""
    assert [round_scale(x) for x in (0, 1000, 2100, 9990)] == [200, 1000, 2200, 10000]
    assert [round_length(x) for x in (99, 100, 350, 0.7)] == pytest.approx([80, 100, 200, 0.6])


def test_labels_never_overlap() -> None:
    """Placed labels are apart, and every grid gets one, on a leader line if need be."""
    cells = [shapely.box(X + i * 30, Y + j * 30, X + i * 30 + 28, Y + j * 30 + 28)
             for i in range(10) for j in range(10)]  # fmt: skip
    cells += [shapely.box(X + 100 + i, Y + 100, X + 100.5 + i, Y + 101) for i in range(4)]
    variant = (TextLine("Grid 12", 9, True), TextLine("345 hh", 7))
    surface = board()
    placed = surface.place(tuple(Label(cell, (variant, variant[:1])) for cell in cells))
    assert len(placed) == len(cells)
    assert any(label.leader for label in placed)
    boxes = []
    for label in placed:
        width, height = surface.size_mm(label.lines)
        boxes.append(
            shapely.box(
                label.x - width / 2, label.y - height / 2, label.x + width / 2, label.y + height / 2
            )
        )
    tree = shapely.STRtree([shapely.buffer(box, -1e-6) for box in boxes])
    left, right = tree.query(tree.geometries, predicate="intersects")
    assert (left == right).all()


def test_label_takes_the_fullest_variant_that_fits() -> None:
    """A roomy area shows the long text, a narrow one the short text, an outside one none."""
    long, short = (TextLine("A very long name of a grid", 12),), (TextLine("7", 7),)
    roomy, narrow = shapely.box(X, Y, X + 200, Y + 100), shapely.box(X + 250, Y, X + 258, Y + 100)
    outside = shapely.box(X - 9000, Y, X - 8900, Y + 100)
    labels = tuple(Label(area, (long, short), must=False) for area in (roomy, narrow, outside))
    assert [label.lines for label in board().place(labels)] == [long, short]


def test_names_run_along_their_lines() -> None:
    """A name follows a straight road, keeps off a border that runs along it, and skips a stub."""
    line = shapely.LineString([(X, Y + 20), (X + 120, Y + 140)])
    stub = shapely.LineString([(X, Y), (X + 3, Y)])
    names = (LineName(line, "Long Road", 8, "#000000"), LineName(stub, "Stub Lane", 8, "#000000"))
    (free,) = board().name_lines(names, np.empty(0, dtype=object))
    assert free.angle == pytest.approx(45)
    surface = board()
    (beside,) = surface.name_lines(names[:1], np.array([line], dtype=object))
    along = surface.on_paper(line)
    assert shapely.distance(along, shapely.Point(free.x, free.y)) < 0.01
    assert shapely.distance(along, shapely.Point(beside.x, beside.y)) > 2


def test_hatching_stays_inside() -> None:
    """Hatch lines lie inside their polygon, holes left out, at the spacing asked for."""
    ring = shapely.box(0, 0, 100, 100).difference(shapely.box(30, 30, 70, 70))
    (lines,) = hatching(np.array([ring], dtype=object), 5.0)
    assert shapely.covers(shapely.buffer(ring, 1e-9), lines)
    assert shapely.length(lines) * 5.0 == pytest.approx(shapely.area(ring), rel=0.05)


def test_borders_are_drawn_once() -> None:
    """A border between two grids appears once in the network, whatever way its rings turn."""
    left, right = shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)
    network = border_network(np.array([left, shapely.reverse(right)], dtype=object))
    assert shapely.length(network).sum() == pytest.approx(70)
    assert len(border_network(np.empty(0, dtype=object))) == 0


def test_holes_stay_empty() -> None:
    """A compound path does not fill the hole of a polygon, whatever way its rings turn."""
    ring = shapely.box(0, 0, 10, 10).difference(shapely.box(4, 4, 6, 6))
    for polygon in (ring, shapely.reverse(ring)):
        path = polygon_path(np.array([polygon], dtype=object))
        assert path.contains_point((2, 2))
        winding = [shapely.is_ccw(r) for r in shapely.get_rings(shapely.orient_polygons(polygon))]
        assert winding[0] != winding[1]


def test_png_keeps_flat_colours() -> None:
    """Colours of large areas come through exactly, even in a picture with thousands of colours."""
    picture = np.random.default_rng(1).integers(0, 255, (200, 200, 4)).astype(np.uint8)
    flat = {0: (255, 255, 255), 60: (194, 18, 126), 120: (203, 220, 255)}
    for row, colour in flat.items():
        picture[row : row + 50, :, :3] = colour
    data = png_bytes(picture, 150)
    with Image.open(BytesIO(data)) as image:
        seen = np.asarray(image.convert("RGB"))
    for row, colour in flat.items():
        assert (seen[row : row + 50] == colour).all()
    assert data == png_bytes(picture.copy(), 150)


def test_road_classes_in_both_languages() -> None:
    """Road classes are understood in English and Chinese; unknown ones are local roads."""
    kinds = ["Primary", "主干路", "collector", "motorway_link", "巷", "unheard of", None]
    roads = gpd.GeoDataFrame({"kind": kinds}, geometry=[shapely.Point(0, 0)] * 7, crs=CRS)
    assert road_ranks(roads).tolist() == [1, 1, 2, 1, 4, 3, 3]
    assert road_ranks(roads.drop(columns="kind")).tolist() == [3] * 7


def test_tail_of_a_grid_code() -> None:
    """A label leaves out what the community's code says already, and never becomes empty."""
    assert tail("110101001001012", "110101001001") == "012"
    assert tail("N04-003", "N04") == "003"
    assert tail("N04", "N04") == "N04"
    assert tail("X-1", "N04") == "X-1"


def test_sheets_tell_what_is_on_them() -> None:
    """The legend names unit grids and grids out of range only where there are some."""
    plan = tiny_plan({"C1": "One", "C2": "Two"})
    plain = plan.grids.assign(grid_kind="residential", range_status="in")
    fonts, _ = find_lettering(["abc"])
    for grids, expected in ((plan.grids, True), (plain, False)):
        subject = gather(
            replace(plan, grids=grids),
            backdrop(),
            fonts,
            project="P",
            language="en",
            date="2025-01-31",
            grid_range=(290, 500),
        )
        made = {sheet.stem: sheet for sheet in sheets(subject)}
        texts = {key.text for key in made["community_C1"].keys}
        assert ("Unit grid" in texts) is expected
        assert ("Grid below 290 households" in texts) is expected
        assert made["district"].facts[0] == ("Communities", "2")
        assert {"Water", "Railway", "Building", "Main road"} <= texts


def test_chart_counts_every_grid() -> None:
    """The histogram has as many grids as the plan, both ends of the range counted inside."""
    from matplotlib.figure import Figure

    fonts, _ = find_lettering(["abc"])
    plan = tiny_plan({"C1": "One"})
    subject = gather(
        plan, Backdrop(), fonts, project="P", language="en", date="", grid_range=(250, 500)
    )
    sheet = sheets(subject)[0]
    bars = tuple(Bar("g", h, "#CCCCCC") for h in (0, 249, 250, 300, 500, 501, 9000))
    axes = Figure().add_axes((0, 0, 1, 1))
    draw_chart(Pen(axes, fonts), replace(sheet, bars=bars), ENGLISH, Rect(0, 0, 70, 80))
    lines = [artist.line for artist in axes.artists]  # type: ignore[attr-defined]
    counts = [int(line.text) for line in lines if line.size_pt == pytest.approx(4.8)]
    fills = [patch.get_facecolor()[:3] for patch in axes.patches[1:]]
    inside = [count for count, fill in zip(counts, fills, strict=True) if fill[2] > fill[0]]
    assert sum(counts) == 7
    assert sum(inside) == 3


def test_a_legend_keeps_its_colours_in_a_picture() -> None:
    """A little of a named colour stays as it is, where thousands of others are commoner."""
    picture = np.random.default_rng(1).integers(0, 255, (200, 200, 4)).astype(np.uint8)
    picture[:4, :4, :3] = (155, 197, 227)
    with Image.open(BytesIO(png_bytes(picture, 150, ("#9BC5E3", "#000001")))) as image:
        assert (np.asarray(image.convert("RGB"))[:4, :4] == (155, 197, 227)).all()


def test_water_in_the_legend_is_as_on_the_map() -> None:
    """Water beyond the subject of a sheet is explained in the colour that it has there."""
    place = shapely.box(X, Y, X + 100, Y + 100)
    page = lay_out((X, Y, X + 400, Y + 400), 60.0)
    for shift, colours in ((0, (WATER,)), (200, (VEILED_WATER,)), (50, (WATER, VEILED_WATER))):
        lake = shapely.box(X + shift, Y, X + shift + 100, Y + 100)
        ground = replace(backdrop(), water=gpd.GeoDataFrame(geometry=[lake], crs=CRS))
        subject = gather(
            tiny_plan({"C1": "A"}, ("",), side=1),
            ground,
            find_lettering(["a"])[0],
            project="P",
            language="en",
            date="2026-01-31",
            grid_range=(250, 500),
        )
        (key,) = [k for k in ground_keys(subject, page, 1.0, 4, place) if k.text == "Water"]
        assert key.colours == colours


def test_the_legend_names_no_railway_that_is_not_seen() -> None:
    """A line that leads around the window is not in it, whatever box holds the line."""
    page = lay_out((X, Y, X + 400, Y + 400), 60.0)
    around = shapely.LineString([(X - 900, Y - 900), (X - 900, Y + 900), (X + 900, Y + 900)])
    place = shapely.box(X, Y, X + 100, Y + 100)
    for line, seen in ((around, False), (shapely.transform(around, lambda xy: xy + 900), True)):
        ground = replace(backdrop(), rail=gpd.GeoDataFrame(geometry=[line], crs=CRS))
        keys = ground_keys(subject_of(tiny_plan({"C1": "A"}), ground), page, 1.0, 4, place)
        assert ("Railway" in [key.text for key in keys]) == seen


def test_a_proven_least_breach_counts_as_proven() -> None:
    """Sheets count a community that cannot keep the range as the report does."""
    plan = tiny_plan({"C1": "A", "C2": "B", "C3": "C"})
    plan.communities["status"] = ["optimal", "breach", "breach"]
    plan.communities["gap"] = [0.0, 0.0, None]
    subject = subject_of(plan)
    facts = dict(facts_of(subject, subject.plan.grids, subject.plan.communities))
    assert facts["Communities proven optimal"] == "2 of 3"
    results = [
        dict(facts_of(subject, plan.grids, plan.communities.iloc[[row]]))["Result"]
        for row in range(3)
    ]
    assert results == ["proven optimal", "range missed, least possible", "range missed"]


def test_a_way_there_and_back_is_drawn_once() -> None:
    """The dashes of a walk are not filled by those of its way back."""
    plan = tiny_plan({"C1": "A"})
    way = shapely.LineString([(X, Y), (X + 100, Y), (X + 100, Y + 50), (X + 100, Y), (X, Y)])
    walks = gpd.GeoDataFrame({"grid_code": ["C1-001"]}, geometry=[way], crs=CRS)
    page = lay_out((X, Y, X + 400, Y + 400), 60.0)
    (mark,) = walk_marks(subject_of(replace(plan, extra={"walks": walks})), page, "C1-001")
    assert isinstance(mark, Lines)
    assert shapely.length(mark.geometry).sum() == pytest.approx(150)


def test_bold_without_a_bold_face_is_filled_not_stroked() -> None:
    """A PDF has no stroke around letters, which its reader would draw too thick."""
    from matplotlib.figure import Figure

    fonts = replace(find_lettering(["a"])[0], bold=False)
    pages = []
    for bold in (False, True):
        figure, out = Figure(), BytesIO()
        axes = figure.add_axes((0, 0, 1, 1))
        axes.set_axis_off()
        Pen(axes, fonts).write(0.5, 0.5, "ab", 8, bold=bold)
        figure.savefig(out, format="pdf")
        pages.append(PdfReader(out).pages[0])
    plain, thick = (page.get_contents().get_data().split() for page in pages)  # type: ignore[union-attr]
    assert thick.count(b"f") == plain.count(b"f") + 2
    assert thick.count(b"S") == plain.count(b"S")
    assert thick.count(b"B") == plain.count(b"B")
    assert "ab" in pages[1].extract_text()


def test_a_redraw_takes_away_what_it_no_longer_draws(tmp_path: Path) -> None:
    """Only files that were drawn here, as they were drawn, and of the kinds drawn again, go."""
    shelf = Shelf(tmp_path)
    for name in ("community_1.png", "community_2.png", "community_3.png", "community_2.svg"):
        (tmp_path / name).write_text(name)
        shelf.put(name)
    shelf.write()
    (tmp_path / "community_9.png").write_text("a stranger's")
    (tmp_path / "community_3.png").write_text("written over by a stranger")
    again = Shelf(tmp_path)
    again.put("community_1.png")
    again.clear(lambda name: sheet_of(name) == "community" and name.endswith("png"))
    again.write()
    left = sorted(path.name for path in tmp_path.iterdir())
    assert left == [
        "community_1.png",
        "community_2.svg",
        "community_3.png",
        "community_9.png",
        "redraw",
    ]
    third = Shelf(tmp_path)
    third.clear(lambda _: True)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "community_3.png",
        "community_9.png",
        "redraw",
    ]


def test_a_list_of_files_reaches_nothing_outside(tmp_path: Path) -> None:
    """A name in the list that leads out of the folder deletes nothing."""
    folder, secret = tmp_path / "maps", tmp_path / "secret.png"
    (folder / LIST).parent.mkdir(parents=True)
    secret.write_text("kept")
    digest = hashlib.sha256(b"kept").hexdigest()
    (folder / LIST).write_text(json.dumps({"../secret.png": digest, str(secret): digest}))
    Shelf(folder).clear(lambda _: True)
    assert secret.exists()
