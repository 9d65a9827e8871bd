"""Is a register sound? Codes in their form, under their parents, once, without gaps."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from gridplan.codes import Profile, choose_profile, spelled_profile
from gridplan.config.address import is_address
from gridplan.domain import Finding, Level, Severity
from gridplan.errors import LayerError
from gridplan.layers.columns import as_text
from gridplan.layers.notes import Notes
from gridplan.layers.peek import peek
from gridplan.layers.source import read_table
from gridplan.register.lives import check_lives
from gridplan.register.read import ACTIVE, RETIRED
from gridplan.register.store import open_register
from gridplan.text import unguard

_PLAIN = (".csv", ".txt")
_FILES = (*_PLAIN, ".xlsx", ".xlsm", ".shp", ".geojson", ".json", ".fgb", ".parquet")
_NAMES = {
    "code": ("grid_code", "code", "网格编码", "单元网格编码", "单元网格标识码", "wgbm", "编码"),
    "parent": ("community_code", "parent", "社区代码", "sqdm", "上级编码"),
    "level": ("level", "层级"),
    "kind": ("grid_kind", "kind", "网格类型", "类型", "wglx"),
    "status": ("code_status", "status", "编码状态", "状态", "bmzt"),
    "valid_from": ("valid_from", "初始日期", "初始时间", "csrq"),
    "valid_to": ("valid_to", "终止日期", "终止时间", "zzrq"),
    "profile": ("profile", "编码方案"),
}
_STATUSES = {"在用": ACTIVE, "有效": ACTIVE, "作废": RETIRED, "cancelled": RETIRED}
_LEVELS = {"区县": "district", "街道": "street", "社区": "community", "网格": "grid"}
_KINDS = {"住宅网格": "residential", "单位网格(专属网格)": "unit"}
_SHOWN = 12
_DAY = len("2026-01-31")


@dataclass(frozen=True)
class _Sheet:
    """A sheet or CSV as a source that the layers know how to read."""

    path: Path
    layer: str | None = None
    where: str | None = None
    encoding: str | None = None
    crs: str | None = None


def verify(place: Path | str, profile: str | None = None) -> list[Finding]:
    """Verify a register file, or the register itself.

    Parameters
    ----------
    place
        CSV, workbook or layer with a column of grid codes; SQLite file, GeoPackage or database
        address of a register.
    profile
        Profile or pattern the codes must follow. Left out: what the register says, else ``auto``.

    Returns
    -------
    list of Finding
        ``broken`` where codes cannot be trusted, ``warning`` for gaps.

    Raises
    ------
    GridplanError
        Where it cannot be read at all.
    """
    file = None if is_address(str(place)) else Path(place)
    if file is not None and file.suffix.lower() in _FILES:
        return check_table(_read_sheet(file), profile)
    with open_register(place) as register:
        if file is not None and not register.exists() and _coded_layer(file):
            return check_table(_read_sheet(file), profile)  # a layer in a GeoPackage, say
        codes, lives = check_lives(register)
    return [*check_table(codes, profile), *lives]


def _read_sheet(path: Path) -> pd.DataFrame:
    notes = Notes()
    table = read_table("register", _Sheet(path, _coded_layer(path)), notes)
    if table is None:
        raise LayerError(line.replace("inputs.register", "register") for line in notes.problems)
    return with_known_names(table, path.name)


def _coded_layer(path: Path) -> str | None:
    """First sheet or layer that has a column of codes; None where none has, and for CSV."""
    if path.suffix.lower() in _PLAIN or not path.is_file():
        return None
    coded = (info.layer for info in peek(path) if "code" in _known(c.name for c in info.columns))
    return next(coded, None)


def _known(names: Iterable[object]) -> dict[str, object]:
    """Find the columns that a verification knows, however they are spelled."""
    folded = {str(name).strip().casefold().replace(" ", "_"): name for name in names}
    return {
        name: folded[spelled]
        for name, spellings in _NAMES.items()
        for spelled in spellings[::-1]
        if spelled in folded
    }


def with_known_names(table: pd.DataFrame, where: str) -> pd.DataFrame:
    """Bring the columns of any office's register to known names, all text, blanks empty.

    Raises
    ------
    LayerError
        Where no column holds grid codes.
    """
    found = _known(table.columns)
    if "code" not in found:
        there = ", ".join(map(str, table.columns[:_SHOWN]))
        raise LayerError(
            f"{where}: no column of grid codes (grid_code or 网格编码); there is: {there}"
        )
    texts = {name: as_text(table[column]) for name, column in found.items()}
    known = pd.DataFrame(texts).fillna("").map(unguard)
    for name, words in (("status", _STATUSES), ("kind", _KINDS), ("level", _LEVELS)):
        if name in known:
            known[name] = known[name].replace(words)
    for name in ("valid_from", "valid_to"):
        if name in known:
            known[name] = known[name].str[:_DAY]  # without the hours that some formats add
    return known


def check_table(table: pd.DataFrame, profile: str | None = None) -> list[Finding]:
    """Check a register as a table.

    Parameters
    ----------
    table
        ``code`` and, where known, ``parent``, ``level``, ``kind``, ``status``, ``valid_from``,
        ``valid_to``, ``profile``; all text.
    profile
        Profile or pattern; left out: each row's ``profile``, else ``auto``.
    """
    grids, parents = table, None
    if "level" in table:
        grids = table[table["level"].isin(["", str(Level.GRID)])]
        places = table[table["level"] == str(Level.COMMUNITY)]
        known = places["status"] if "status" in places else pd.Series(ACTIVE, index=places.index)
        parents = dict(zip(places["code"], known, strict=True))
    if grids.empty:
        return [_broken("code-missing", "the register holds no grid", "")]
    read = _Reader(grids, profile)
    numbers: dict[tuple[str, str], set[int]] = defaultdict(set)
    findings: list[Finding] = [*_places(table)] if "level" in table else []
    for record in grids.to_dict("records"):
        row = {str(name): str(value) for name, value in record.items()}
        findings += _form(row, read, numbers)
        findings += _parent(row, parents)
        findings += _dates(row)
    return [*findings, *_twice(grids), *_gaps(numbers, read)]


class _Reader:
    """Reads codes by the profile that holds for their row."""

    def __init__(self, grids: pd.DataFrame, profile: str | None) -> None:
        self.fixed = None
        self.known: dict[str, Profile] = {}
        if profile not in (None, "auto"):
            self.fixed = profile
        elif "profile" not in grids or not grids["profile"].all():
            parents = grids["parent"] if "parent" in grids else grids["code"].str[:12]
            self.fixed = choose_profile("auto", sorted(set(parents) - {""})).spelling

    def __call__(self, row: Mapping[str, str]) -> Profile:
        """Profile of a row; the object class of CJ/T 349 is taken from the code where not said."""
        spelling = self.fixed or row["profile"]
        if spelling == "cjt349-20":
            first = row["code"][:6]
            spelling += f"?class={first if first.isdecimal() and first.isascii() else '000000'}"
        if spelling not in self.known:
            self.known[spelling] = spelled_profile(spelling)
        return self.known[spelling]


def _form(
    row: Mapping[str, str], read: _Reader, numbers: dict[tuple[str, str], set[int]]
) -> Iterator[Finding]:
    """Check the form of a code, and note its number."""
    code, parent = row["code"], row.get("parent", "")
    if not code:
        yield _broken("code-missing", "a grid has no code; give it one", "")
        return
    profile = read(row)
    parsed = profile.parse(code, parent or None)
    if parsed is None:
        under = f" of community {parent}" if parent else ""
        yield _broken(
            "code-format",
            f"grid code {code}{under} does not fit profile {profile.name}: correct the code or its "
            "community, or name another profile with --profile",
            code,
        )
        return
    kind = row.get("kind", "")
    if kind and parsed.kind not in ("", kind):
        yield _broken(
            "code-format",
            f"grid code {code} is that of a {parsed.kind} grid, but the grid is {kind}",
            code,
        )
    numbers[parsed.community_code, profile.spelling].add(parsed.seq)


def _parent(row: Mapping[str, str], parents: Mapping[str, str] | None) -> Iterator[Finding]:
    """Check that the community of a grid is there, and not retired before it."""
    code, parent = row["code"], row.get("parent")
    if parent == "":
        yield _broken("code-parent", f"grid {code} names no community; fill it", code)
    elif parents is not None and parent is not None:
        above = parents.get(parent)
        if above is None:
            yield _broken(
                "code-parent", f"grid {code}: the register has no community {parent}", code
            )
        elif row.get("status") == ACTIVE and above == RETIRED:
            yield _broken(
                "code-parent", f"grid {code} is active, but its community {parent} retired", code
            )


_ABOVE = {Level.COMMUNITY: (Level.STREET, Level.DISTRICT), Level.STREET: (Level.DISTRICT,)}


def _places(table: pd.DataFrame) -> Iterator[Finding]:
    """Check that streets and communities lie in a place that is there, and not retired."""
    if "parent" not in table:
        return
    status = table["status"] if "status" in table else pd.Series(ACTIVE, index=table.index)
    known = dict(zip(zip(table["level"], table["code"], strict=True), status, strict=True))
    for level, above in _ABOVE.items():
        mine = table[(table["level"] == level) & (table["parent"] != "")]
        for code, parent in zip(mine["code"], mine["parent"], strict=True):
            states = {known[up, parent] for up in above if (up, parent) in known}
            if not states:
                yield _broken(
                    "code-parent",
                    f"{level} {code}: the register has no place {parent} above it",
                    code,
                )
            elif known[level, code] == ACTIVE and states == {RETIRED}:
                yield _broken(
                    "code-parent", f"{level} {code} is active, but {parent} above it retired", code
                )


def _dates(row: Mapping[str, str]) -> Iterator[Finding]:
    """Check that status and dates agree; a code may end on the day before it began, never valid."""
    code, status = row["code"], row.get("status", "")
    begun, ended = row.get("valid_from", ""), row.get("valid_to", "")
    if status == RETIRED and "valid_to" in row and not ended:
        yield _broken("code-dates", f"grid {code} is retired without a last day", code)
    if status == ACTIVE and ended:
        yield _broken("code-dates", f"grid {code} is active, but ended on {ended}", code)
    first, last = _day(begun), _day(ended)
    if first and last and last < first - dt.timedelta(days=1):
        yield _broken("code-dates", f"grid {code} ended on {ended}, before it began", code)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _twice(grids: pd.DataFrame) -> Iterator[Finding]:
    """Name codes that stand twice: in use again after an end, or simply doubled."""
    double = grids[grids["code"].duplicated(keep=False) & (grids["code"] != "")]
    for code, rows in double.groupby("code", sort=True):
        ended = pd.Series(False, index=rows.index)
        if "status" in rows:
            ended |= rows["status"] == RETIRED
        if "valid_to" in rows:
            ended |= rows["valid_to"] != ""
        if ended.any():
            yield _broken(
                "code-reused",
                f"grid code {code} was retired and used again; a code means one grid for ever: "
                "give the later grid a new one",
                str(code),
            )
        else:
            yield _broken(
                "code-duplicate",
                f"grid code {code} stands in {len(rows)} rows; give each grid its own",
                str(code),
            )


def _gaps(numbers: Mapping[tuple[str, str], set[int]], read: _Reader) -> Iterator[Finding]:
    """Name numbers that were passed over; a retired code stays in a register, so it leaves none."""
    for (community, spelling), found in sorted(numbers.items()):
        profile = read.known.get(spelling) or spelled_profile(spelling)
        start = profile.unit_block
        blocks = [found] if start is None else [
            {n for n in found if n < start},
            {n - start + 1 for n in found if n >= start},
        ]  # fmt: skip
        for number, block in enumerate(blocks):
            missing = sorted(set(range(1, max(block, default=0))) - block)
            if missing:
                first = [n + (start - 1 if number and start else 0) for n in missing]
                yield Finding(
                    "code-gap",
                    Severity.WARNING,
                    f"community {community}: {_numbers(first)} missing below the highest; were "
                    "retired codes deleted? They stay in a register",
                    layer="register",
                    place=community,
                    community_code=community,
                    value=float(len(first)),
                )


def _numbers(missing: Sequence[int]) -> str:
    text = ", ".join(map(str, missing[:_SHOWN]))
    more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    return f"number {text} is" if len(missing) == 1 else f"numbers {text}{more} are"


def _broken(kind: str, message: str, code: str) -> Finding:
    return Finding(kind, Severity.BROKEN, message, layer="register", place=code)


def is_sound(findings: Iterable[Finding]) -> bool:
    """Tell whether codes can be trusted: nothing is broken."""
    return all(finding.severity != Severity.BROKEN for finding in findings)
