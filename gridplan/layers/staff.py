"""The people who carry the grids, as a table; nothing of it that names a person is ever told."""

import re
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
from pyproj import CRS

from gridplan.domain import Finding, Severity
from gridplan.layers.columns import as_text, find_columns, some, unique_ids
from gridplan.layers.notes import Notes
from gridplan.layers.source import describe, read_table

if TYPE_CHECKING:
    from gridplan.config import Config

USUAL = {
    "id": ("person_id", "staff_id", "id", "人员编号", "工号", "编号"),
    "name": ("name", "姓名"),
    "role": ("role", "角色", "岗位", "职务"),
    "communities": ("communities", "community", "community_code", "社区代码", "社区"),
    "zones": ("zones", "zone", "辖区"),
    "home_x": ("home_x",),
    "home_y": ("home_y",),
    "load_limit": ("load_limit", "负荷上限"),
    "grids": ("grids", "网格数"),
    "previous": ("previous", "previous_grids", "上年网格"),
    "phone": ("phone", "telephone", "mobile", "电话", "手机"),
}
"""Names under which a column is looked for that the configuration does not name."""

_IDENTITY = re.compile(r"\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")
_MOBILE = re.compile(r"1[3-9]\d{9}")


def read_staff(
    config: "Config",
    communities: gpd.GeoDataFrame | None,
    zones: dict[str, gpd.GeoDataFrame],
    units: gpd.GeoDataFrame | None,
    crs: CRS,
    notes: Notes,
) -> pd.DataFrame | None:
    """Read the people.

    Parameters
    ----------
    config
        The job.
    communities, zones, units
        As read, to know which codes and zones there are; None where they could not be.
    crs
        The project's CRS.
    notes
        Problems are added, and findings for roles, communities and zones that are not there.

    Returns
    -------
    pandas.DataFrame or None
        ``person_id`` (unique), ``name``, ``phone`` (""), ``role`` (key, "" where unknown),
        ``communities``, ``zones``, ``previous`` (text separated by ``;``), ``x``, ``y`` (metres,
        NaN where unknown), ``load_limit`` (households, NaN where there is none), ``serves``
        (grids; 0 where the role says it). Sorted by id. None where the table is not given, or a
        problem was noted.
    """
    section = config.inputs.staff
    if section is None:
        return None
    frame = read_table("staff", section, notes)
    where = describe("staff", section)
    if frame is None:
        return None
    columns = _columns(config, frame)
    if not find_columns(frame, "staff", where, columns, notes):
        return None
    if not _has_both(columns, where, notes):
        return None
    before = len(notes.problems)
    table = _table(frame, columns, where, notes)
    _refuse_personal(table["person_id"], where, notes)
    table["role"] = _roles(table["role"], config, where, notes)
    table["x"], table["y"] = _homes(frame, columns, section.crs, crs, where, notes)
    if len(notes.problems) > before:
        return None
    _list_unknown_places(table, config, communities, zones, units, where, notes)
    return table.sort_values("person_id", kind="stable", ignore_index=True)


def _columns(config: "Config", frame: pd.DataFrame) -> dict[str, str | None]:
    """Column of every key: as configured, else by a usual name, else None."""
    folded = {str(name).casefold(): str(name) for name in reversed(list(frame.columns))}
    found: dict[str, str | None] = {}
    for key, usual in USUAL.items():
        told = getattr(config.inputs.staff, key)
        found[key] = told or next((folded[name] for name in usual if name in folded), None)
    return found


def _has_both(columns: dict[str, str | None], where: str, notes: Notes) -> bool:
    for key, what in (("id", "a number of each person"), ("role", "each person's role")):
        if columns[key] is None:
            notes.problems.append(
                f"{where}: no column has {what}; name it with {key} = in [inputs.staff]"
            )
    return columns["id"] is not None and columns["role"] is not None


def _table(
    frame: pd.DataFrame, columns: dict[str, str | None], where: str, notes: Notes
) -> pd.DataFrame:
    """Texts and numbers of every person."""

    def text(key: str) -> pd.Series:
        column = columns[key]
        blank = pd.Series([""] * len(frame), index=frame.index, dtype=object)
        return blank if column is None else as_text(frame[column]).fillna("").astype(object)

    ids = text("id")
    unique_ids(ids.where(ids != "", None), where, str(columns["id"]), notes.problems)
    return pd.DataFrame(
        {
            "person_id": ids,
            "name": text("name"),
            "phone": text("phone"),
            "role": text("role"),
            **{key: _lists(text(key)) for key in ("communities", "zones", "previous")},
            "load_limit": _numbers(frame, columns["load_limit"], 0, where, notes),
            "serves": np.nan_to_num(_numbers(frame, columns["grids"], 1, where, notes)).astype(
                "int64"
            ),
        }
    )


def _lists(texts: pd.Series) -> pd.Series:
    return texts.map({text: _listed(text) for text in texts.unique()})


def _listed(text: str) -> str:
    """Put a list into one form: separated by ``;``, sorted, each once."""
    parts = {part.strip() for part in re.split(r"[;；,，、]", text)}
    return ";".join(sorted(parts - {""}))


def _numbers(
    frame: pd.DataFrame, column: str | None, least: float, where: str, notes: Notes
) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    if column is None:
        return np.full(len(frame), np.nan)
    text = as_text(frame[column])
    values = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64)
    wrong = text.notna().to_numpy() & ~(np.isfinite(values) & (values >= least))
    if wrong.any():
        notes.problems.append(
            f'{where}: column "{column}" has {int(wrong.sum())} values that cannot be read '
            f"({some(sorted(set(text[wrong])))}); give numbers, {least:g} or more, or leave them "
            "empty"
        )
    return values


def _refuse_personal(ids: pd.Series, where: str, notes: Notes) -> None:
    """Refuse ids that must not stand in outputs; none of them is shown."""
    for pattern, what in ((_IDENTITY, "identity cards"), (_MOBILE, "mobile telephones")):
        count = int(ids.map(lambda value, p=pattern: bool(p.fullmatch(value))).sum())
        if count:
            notes.problems.append(
                f"{where}: {count} ids look like numbers of {what}; ids stand in tables and "
                "messages, so give staff numbers instead"
            )


def _roles(told: pd.Series, config: "Config", where: str, notes: Notes) -> pd.Series:
    """Key of every role; "" where there is no such role."""
    roles = config.people.all_roles()
    known: dict[str, str] = {}
    for key, role in roles.items():
        for word in (key, role.name, role.name_zh, *role.words):
            known.setdefault(word.casefold(), key)
    keys = told.map(lambda text: known.get(text.casefold(), ""))
    for word in sorted(set(told[keys == ""])):
        count = int((told == word).sum())
        notes.findings.append(
            Finding(
                "staff-role-unknown",
                Severity.WARNING,
                f'{where}: {count} people have the role "{word}", which is not known; they serve '
                "no grid; add it as [people.roles.NAME], or as one of the words of a role",
                layer="staff",
                value=float(count),
            )
        )
    return keys


def _homes(
    frame: pd.DataFrame,
    columns: dict[str, str | None],
    given: str | None,
    crs: CRS,
    where: str,
    notes: Notes,
) -> tuple[pd.Series, pd.Series]:
    """Homes in the project's CRS, from the table's own where it names one."""
    lowest = -np.inf
    x = _numbers(frame, columns["home_x"], lowest, where, notes)
    y = _numbers(frame, columns["home_y"], lowest, where, notes)
    places = gpd.GeoSeries(gpd.points_from_xy(x, y), index=frame.index, crs=given or crs)
    if given is not None:
        places = places.to_crs(crs)
    return places.x, places.y


def _list_unknown_places(
    table: pd.DataFrame,
    config: "Config",
    communities: gpd.GeoDataFrame | None,
    zones: dict[str, gpd.GeoDataFrame],
    units: gpd.GeoDataFrame | None,
    where: str,
    notes: Notes,
) -> None:
    """List communities and zones that people serve and that do not exist."""
    if communities is None or units is None:
        return
    known = {"communities": set(communities["community_code"]), "zones": set()}
    for layer in config.inputs.zones:
        ids = zones[layer]["zone_id"] if layer in zones else units.get(layer, pd.Series(dtype=str))
        known["zones"] |= {f"{layer}:{zone}" for zone in ids.dropna()}
    for key, there in known.items():
        served = table[key].str.split(";").explode()
        lost = sorted(set(served[served.ne("") & ~served.isin(there)]))
        for place in lost:
            count = int((served == place).sum())
            notes.findings.append(
                Finding(
                    "staff-place-unknown",
                    Severity.WARNING,
                    f"{where}: {count} people serve {place}, which is not among the {key}; "
                    "mend the table",
                    layer="staff",
                    place=place,
                    value=float(count),
                )
            )
