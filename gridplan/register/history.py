"""A code's life in words."""

from collections.abc import Hashable
from typing import Any

import pandas as pd

from gridplan.errors import CodeError
from gridplan.register.read import RETIRED
from gridplan.register.store import Register
from gridplan.register.views import read_codes, read_events, read_flows

_ABOVE = {"grid": ("community",), "community": ("street", "district"), "street": ("district",)}
_ORIGINS = {"split": "came out of", "merged": "took over", "recoded": "was until then"}


def tell_history(register: Register, code: str) -> list[str]:
    """Tell the life of a code, a sentence a line.

    Parameters
    ----------
    register
        The register.
    code
        Code of a grid, community, street or district.

    Raises
    ------
    CodeError
        Where the register never issued it.
    """
    rows = read_codes(register)
    mine = rows[rows["code"] == code]
    if mine.empty:
        raise CodeError(f"{code}: {register.name} never issued this code")
    events = read_events(register, code)
    flows = read_flows(register, code)
    lines: list[str] = []
    for row in mine.itertuples():
        happened = events[events["level"] == row.level]
        lines += [
            _head(row, rows),
            *_told(code, happened, flows if row.level == "grid" else flows[:0]),
        ]
        lines.append(_today(row))
    return lines


def _head(row: Any, rows: pd.DataFrame) -> str:
    what = f"{row.kind} grid" if row.level == "grid" else row.level
    above = [level for level in _ABOVE.get(row.level, ()) if _has(rows, level, row.parent)]
    under = f" in {above[0]} {row.parent}" if above else ""
    return f"{row.code}: {what} {row.name!r}{under}"


def _has(rows: pd.DataFrame, level: str, code: str) -> bool:
    return bool(((rows["level"] == level) & (rows["code"] == code)).any())


def _told(code: str, events: pd.DataFrame, flows: pd.DataFrame) -> list[str]:
    """Tell each change of the register that touched the code."""
    lines = []
    for number, part in events.groupby("adoption", sort=True):
        passed = flows[flows["adoption"] == number]
        for said in _change(code, part, passed):
            lines.append(f"{part['date'].iloc[0]}: {said}")
    return lines


def _change(code: str, events: pd.DataFrame, flows: pd.DataFrame) -> list[str]:
    """Tell one change: what became of the code, where its ground came from or went to."""
    own = events[events["code"] == code]
    kinds = {str(kind): part for kind, part in own.groupby("kind", sort=False)}
    said = []
    for kind, words in (("created", "issued"), ("kept", "kept"), ("reshaped", "reshaped")):
        if kind in kinds:
            event = kinds[kind].iloc[0]
            note = f"; {event['note']}" if event["note"] else ""
            said.append(f"{words} with {event['households']} households{note}")
    origin = events[(events["other"] == code) & (events["code"] != code)]
    for before in origin.to_dict("records"):
        said.append(f"{_ORIGINS[before['kind']]} {before['code']} ({_passed(before)})")
    for kind, words in (
        ("split", "gave ground to" if "retired" not in kinds else "split into"),
        ("merged", "merged into"),
        ("recoded", "coded anew as"),
    ):
        if kind in kinds:
            parts = [f"{e['other']} ({_passed(e)})" for e in kinds[kind].to_dict("records")]
            said.append(f"{words} {', '.join(parts)}")
    if "reshaped" in kinds:
        said += _exchanged(code, flows, {str(e.code) for e in origin.itertuples()})
    if "retired" in kinds:
        note = str(kinds["retired"].iloc[0]["note"])
        said.append(f"retired: {note}" if not said else "retired")
    return said


def _passed(event: dict[Hashable, Any]) -> str:
    return f"{event['households']} households, {event['note']}".rstrip(", ")


def _exchanged(code: str, flows: pd.DataFrame, told: set[str]) -> list[str]:
    """Tell what a reshaped grid gave to and got from others that live on."""
    said = []
    got = flows[(flows["new_code"] == code) & ~flows["old_code"].isin({code, *told})]
    gave = flows[(flows["old_code"] == code) & (flows["new_code"] != code)]
    for part, words, other in ((got, "got", "old_code"), (gave, "gave", "new_code")):
        side = "from" if words == "got" else "to"
        for row in part.to_dict("records"):
            said.append(
                f"{words} {row['units']} units with {row['households_new']} households {side} "
                f"{row[other]}"
            )
    return said


def _today(row: Any) -> str:
    begun, ended = row.valid_from, row.valid_to
    if row.code_status != RETIRED:
        return f"active since {begun}"
    if ended < begun:
        return f"retired on the day it was issued, {begun}; never used again"
    return f"retired; valid from {begun} to {ended}; never used again"
