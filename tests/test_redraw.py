"""``gridplan map`` on a finished folder: pictures that stay true, and none that are left over."""

import datetime as dt
from pathlib import Path
from shutil import move

import pytest

from gridplan.config import Config
from gridplan.pipeline import partition
from gridplan.redivide import Wanted
from gridplan.redraw import redraw
from gridplan.runs import Options
from tests.redivide_worlds import Town

FIRST, SECOND = dt.date(2026, 1, 1), dt.date(2027, 1, 1)


def drawing(config: Config) -> Config:
    """The same job, with a map of the district."""
    return config.replace({"outputs.maps": ["png"], "outputs.sheets": ["district"]})


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town's first division in ``one``, and its second, after a change, in ``two``."""
    folder = tmp_path_factory.mktemp("years")
    first = Town().write(folder)
    assert partition(first, folder / "one", Options(date=FIRST)) is not None
    later = folder / "later"
    later.mkdir()
    changed = Town().grow({"u00": 190, "u01": 150}).remove("u31").add("new", "u20", 60)
    told = Wanted(str(folder / "one"))
    config = drawing(changed.write(later))
    done = partition(config, folder / "two", Options(date=SECOND, redivide=told))
    assert done is not None
    return folder


def pictures(out: Path) -> dict[str, bytes]:
    """Maps of before and after by their names."""
    return {path.name: path.read_bytes() for path in (out / "maps").glob("before_after*.png")}


def test_before_and_after_is_drawn_again_as_it_was(years: Path) -> None:
    """From tables and the previous plan beside the folder come the very same pictures."""
    out = years / "two"
    drawn = pictures(out)
    assert len(drawn) > 1
    for name in drawn:
        (out / "maps" / name).unlink()
    findings = redraw(out, ["png"], sheets=["district"], atlas=False, workers=1, date=SECOND)
    assert findings == []
    assert pictures(out) == drawn


def test_before_and_after_stays_where_the_previous_plan_is_gone(years: Path) -> None:
    """Without the previous plan a warning says so, and the pictures stay; naming it helps."""
    out, away = years / "two", years / "elsewhere"
    drawn = pictures(out)
    move(years / "one", away)
    later = dt.date(2027, 5, 1)
    told = {"sheets": ["district"], "atlas": False, "workers": 1, "date": later}
    (finding,) = redraw(out, ["png"], **told)  # type: ignore[arg-type]
    assert finding.kind == "map-change-kept"
    assert "--previous" in finding.message
    assert pictures(out) == drawn
    assert redraw(out, ["png"], previous=str(away), **told) == []  # type: ignore[arg-type]
    assert pictures(out).keys() == drawn.keys()
    assert pictures(out) != drawn
    move(away, years / "one")
