"""What the columns of the plan say, against what its polygons and units add up to; and codes."""

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from gridplan import metrics
from gridplan.audit.kinds import Kind
from gridplan.audit.ranges import breach_by_community
from gridplan.audit.view import KEYS, Bools, View, broken
from gridplan.config.sections import Codes
from gridplan.domain import Finding, GridKind

SLACK = {"area_m2": 0.1, "perimeter_m": 0.1, "polsby_popper": 1e-3}
SHARE_SLACK = 1e-3
RELATIVE = 1e-6
STATUSES = ("optimal", "feasible", "breach")
DIGITS = {"beijing-15": 3, "gbt47678-15": 3, "cjt213-14": 2, "cjt349-20": 2}


def check_columns(view: View) -> Iterator[Finding]:
    """Recompute every column that can be, and compare."""
    yield from _codes(view)
    yield from _grid_columns(view)
    yield from _zone_columns(view)
    yield from _parents(view)
    yield from _status(view)


def _differences(
    view: View, layer: str, column: str, right: "pd.Series[Any]", slack: float = 0.0
) -> Iterator[Finding]:
    """Compare one column with the right values, which stand in the order of the layer."""
    frame = getattr(view, layer)
    wrong = _numbers_differ if pd.api.types.is_numeric_dtype(right) else _texts_differ
    for i in np.flatnonzero(wrong(frame[column], right, slack)):
        place, held, meant = frame[KEYS[layer]].iloc[i], frame[column].iloc[i], right.iloc[i]
        yield broken(
            Kind.COLUMN_WRONG,
            f"{layer}: {column} of {place or '(no code)'} is {_show(held)}, it should be "
            f"{_show(meant)}; run partition again, or correct the column",
            layer=layer,
            place=str(place),
            other=column,
            community_code=str(frame["community_code"].iloc[i])
            if "community_code" in frame
            else "",
            value=_number(held),
            limit=_number(meant),
        )


def _numbers_differ(held: "pd.Series[Any]", right: "pd.Series[float]", slack: float) -> Bools:
    number = pd.to_numeric(held, errors="coerce").to_numpy(dtype=float)
    meant = right.to_numpy(dtype=float)
    near = np.abs(number - meant) <= np.maximum(slack, RELATIVE * np.abs(meant) * (slack > 0))
    return np.asarray(~(near | (np.isnan(number) & np.isnan(meant))))


def _texts_differ(held: "pd.Series[Any]", right: "pd.Series[str]", _: float) -> Bools:
    one, other = (s.astype("object").where(s.notna(), "").astype(str) for s in (held, right))
    return np.asarray(one.to_numpy() != other.to_numpy())


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float, np.number)) and value == value else None  # noqa: PLR0124


def _show(value: object) -> str:
    if isinstance(value, (float, np.floating)):
        return f"{value:.4g}" if value == value else "missing"  # noqa: PLR0124
    return "missing" if value is None else f"{value}"


def _grid_columns(view: View) -> Iterator[Finding]:
    shapes, held = view.grids.geometry, pd.Series(view.grid_households)
    limits, kind = view.config.grids, view.grids["grid_kind"]
    measured: dict[str, pd.Series[Any]] = {
        "area_m2": metrics.area_m2(shapes),
        "perimeter_m": metrics.perimeter_m(shapes),
        "polsby_popper": metrics.polsby_popper(shapes),
        "parts": metrics.parts(shapes),
        "households": held,
        "range_status": metrics.range_status(held, limits.min, limits.max, kind),
    }
    for column, right in measured.items():
        yield from _differences(view, "grids", column, right, SLACK.get(column, 0.0))
    for i in np.flatnonzero(~kind.isin([k.value for k in GridKind])):
        where = view.grid_place(int(i))
        yield broken(
            Kind.COLUMN_WRONG,
            f"grids: grid_kind of {where['place']} is {_show(kind.iloc[i])}; it is residential or "
            "unit",
            **where,
            other="grid_kind",
        )


def _zone_columns(view: View) -> Iterator[Finding]:
    codes = pd.Index(view.grids["grid_code"])
    for layer in view.config.inputs.zones:
        right = metrics.zone_measures(view.homes(layer), layer).reindex(codes)
        zones = right[f"{layer}_zones"].fillna(0)
        main = right[f"{layer}_main"].astype("object")
        yield from _differences(view, "grids", f"{layer}_zones", zones)
        yield from _differences(view, "grids", f"{layer}_main", main)
        share = right[f"{layer}_main_share"]
        yield from _differences(view, "grids", f"{layer}_main_share", share, SHARE_SLACK)


def _parents(view: View) -> Iterator[Finding]:
    """Compare counts and streets of communities, streets and grids."""
    codes = pd.Index(view.communities["community_code"])
    counts = pd.DataFrame(
        {
            "communities": 1,
            "grids": view.grids["community_code"].value_counts().reindex(codes, fill_value=0),
            "households": view.units.groupby("community_code")["households"].sum(),
            "street": view.inputs.communities.set_index("community_code")["street_code"],
        },
    ).reindex(codes)
    counts["households"] = counts["households"].fillna(0)
    written = view.communities["street_code"].to_numpy()
    counts["street"] = counts["street"].astype("object").where(counts["street"].notna(), written)
    yield from _differences(view, "communities", "grids", counts["grids"])
    yield from _differences(view, "communities", "households", counts["households"])
    yield from _differences(view, "communities", "street_code", counts["street"])
    above = counts["street"].reindex(view.grids["community_code"])
    above = above.where(above.notna(), view.grids["street_code"].to_numpy())
    yield from _differences(view, "grids", "street_code", above)
    streets = pd.Index(view.streets["street_code"])
    sums = counts.groupby("street")[["communities", "grids", "households"]].sum()
    for column, total in sums.reindex(streets, fill_value=0).items():
        yield from _differences(view, "streets", str(column), total)


def _status(view: View) -> Iterator[Finding]:
    missed = breach_by_community(view).reindex(view.communities["community_code"], fill_value=0)
    gap = pd.to_numeric(view.communities["gap"], errors="coerce").to_numpy(dtype=float)
    for i, (code, status) in enumerate(
        zip(view.communities["community_code"], view.communities["status"], strict=True)
    ):
        wrong = _dishonest(str(status), float(gap[i]), int(missed.iloc[i]))
        if wrong:
            yield broken(
                Kind.STATUS_DISHONEST,
                f"community {code}: its status is {status}, but {wrong}; run partition again",
                layer="communities",
                place=str(code),
                community_code=str(code),
                value=None if np.isnan(gap[i]) else float(gap[i]),
            )


def _dishonest(status: str, gap: float, missed: int) -> str:
    if status not in STATUSES:
        return f"it can only be {', '.join(STATUSES)}"
    if gap < 0:
        return f"a gap of {gap:.2%} is impossible"
    if status == "optimal" and gap > 1e-6:
        return f"its gap is {gap:.2%}"
    if (status == "breach") != (missed > 0):
        return f"its grids miss the range by {missed} households in all"
    return ""


def _codes(view: View) -> Iterator[Finding]:
    members = np.bincount(view.grid_of[view.grid_of >= 0], minlength=len(view.grids))
    known = set(view.communities["community_code"])
    settled = set(view.units.loc[view.unit_grid_of < 0, "community_code"])
    unit = (view.grids["grid_kind"] == GridKind.UNIT).to_numpy()
    profile = _profile(view)
    for i, code in enumerate(view.grids["grid_code"]):
        where = view.grid_place(i)
        if not code:
            yield broken(Kind.CODE_MISSING, "a grid has no grid_code; number it", **where)
            continue
        if members[i] == 0 and not unit[i] and where["community_code"] in settled:
            yield broken(
                Kind.GRID_EMPTY,
                f"grid {code} holds no unit; delete it, or correct grid_code of its units",
                **where,
            )
        if view.ours and where["community_code"] in known:
            yield from _misfit(view.config.codes, profile, code, where)


def _misfit(codes: Codes, profile: str, code: str, where: dict[str, str]) -> Iterator[Finding]:
    pattern = _pattern(codes, profile, where["community_code"])
    if pattern and not re.fullmatch(pattern, code):
        yield broken(
            Kind.CODE_MISFIT,
            f"grid {code} does not fit the code profile {profile} of community "
            f"{where['community_code']}; number it again",
            **where,
        )


def _profile(view: View) -> str:
    """Resolve the code profile that the configuration asks for."""
    profile = view.config.codes.profile
    if profile != "auto":
        return profile
    given = view.inputs.communities["community_code"].astype(str)
    twelve = given.str.fullmatch("[0-9]{12}").all()
    return "beijing-15" if twelve else "{community_code}-{seq:03}"


def _pattern(codes: Codes, profile: str, community: str) -> str:
    """Regular expression of the grid codes of one community; empty where the audit knows none."""
    if profile in DIGITS:
        first = re.escape(codes.object_class) if profile == "cjt349-20" else ""
        return rf"{first}{re.escape(community)}[0-9]{{{DIGITS[profile]}}}"
    if "{" not in profile:
        return ""
    parts = re.split(r"(\{[^}]*\})", profile)
    return "".join(_part(codes, part, community) for part in parts)


def _part(codes: Codes, part: str, community: str) -> str:
    """Regular expression of one field or fixed text of a pattern."""
    if part.startswith("{seq"):
        return _sequence(part)
    if part == "{kind}":
        letters = (codes.residential_letter, codes.unit_letter)
        return f"(?:{'|'.join(re.escape(letter) for letter in letters)})"
    written = {"{community_code}": community, "{object_class}": codes.object_class}
    return re.escape(written.get(part, part))


def _sequence(field: str) -> str:
    width = re.search(r":0?(\d+)", field)
    return rf"[0-9]{{{width.group(1)},}}" if width else "[0-9]+"
