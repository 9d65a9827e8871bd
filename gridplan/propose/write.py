"""The proposal as a commented TOML file."""

import os
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gridplan.config import Config
from gridplan.config.toml import bare, quoted, remark, value
from gridplan.propose.draft import Draft

FILL_IN = "FILL IN"
_WIDTH = 96
_MODES = (
    "Jurisdictions. Their modes and weights are gridplan's own proposal, not the rule of any "
    "office: property compounds whole; residents' groups soft 2.0; police soft 1.5; school, "
    "health and sanitation soft 1.0. Weigh them yourself."
)
_RULES = ("topology", "graph", "grids", "objective", "solve", "codes", "outputs")


def write(
    drafts: Iterable[Draft],
    project: dict[str, object],
    notes: Iterable[str],
    *,
    source: Path,
    base: Path,
) -> str:
    """Write the whole file.

    Parameters
    ----------
    drafts
        The input sections, in order.
    project
        Keys of ``[project]``; None for one that is left to its default.
    notes
        Lines for the end of the inputs, such as layers without a role.
    source
        What was looked at: a file, or a folder.
    base
        Folder in which the file will stand; paths are written relative to it.
    """
    shared = source if source.is_file() else None
    lines = [*_head(source), *_project(project), *_inputs(shared, base)]
    told = False
    for draft in drafts:
        if draft.place.startswith("inputs.zones.") and not told:
            told = True
            lines += ["", *_comment(_MODES)]
        lines += _section(draft, shared, base)
    lines += ["", *(remark(f"# {note}") for note in notes)] if (notes := list(notes)) else []
    for name in _RULES:
        lines += ["", *_rules(name)]
    return "\n".join(lines).rstrip() + "\n"


def _head(source: Path) -> Iterator[str]:
    yield from _comment(
        f"gridplan configuration, proposed by `gridplan init` from a look at {source.name}. "
        "Every section says what its guess rests on: please check it. Lines such as "
        "# key = ... are options; without the # they take effect."
    )
    yield ""


def _project(keys: dict[str, object]) -> Iterator[str]:
    yield "[project]"
    fields = _model("project").model_fields
    for key, item in keys.items():
        yield from _described(key, fields[key], item)
    yield ""


def _inputs(shared: Path | None, base: Path) -> Iterator[str]:
    yield "[inputs]"
    yield from _comment("Inherited by every input below; relative to this file.")
    yield f"path = {quoted(_relative(shared, base))}" if shared else '# path = "city.gpkg"'


def _section(draft: Draft, shared: Path | None, base: Path) -> Iterator[str]:
    yield ""
    name = (
        draft.place.removeprefix("inputs.")
        .replace("zones.", "zone ")
        .replace("barriers.", "barrier ")
    )
    yield from _comment(f"{name}: {draft.why}")
    off = "" if draft.active else "# "
    header = ".".join(bare(part) for part in draft.place.split("."))
    yield f"{off}[{header}]"
    for key, item in (_where_from(draft, shared, base) | draft.keys).items():
        if item is None:
            wanted = draft.remarks.get(key, "not found among the layers")
            yield f'{off}{key} = ""  # {FILL_IN}: {remark(wanted)}'
        else:
            yield f"{off}{key} = {value(item)}{_behind(draft, key)}"
    for key, item in draft.maybe.items():
        yield f"# {key} = {value(item)}{_behind(draft, key)}"
    if draft.info is not None and draft.info.geometry and not draft.info.crs:
        yield '# crs = "EPSG:..."  # the file names no coordinate system: ask who made it'


def _where_from(draft: Draft, shared: Path | None, base: Path) -> dict[str, object]:
    info = draft.info
    if info is None:
        return {}
    found: dict[str, object] = {}
    if shared is None:
        found["path"] = _relative(info.path, base)
    if not info.alone:
        found["layer"] = info.layer
    if info.encoding:
        found["encoding"] = info.encoding
    return found


def _behind(draft: Draft, key: str) -> str:
    text = draft.remarks.get(key)
    return f"  # {remark(text)}" if text else ""


def _rules(name: str) -> Iterator[str]:
    """One section without inputs, every key at its default; the range is written out."""
    model = _model(name)
    yield from _comment((model.__doc__ or "").strip())
    yield f"[{name}]"
    for field_name, field in model.model_fields.items():
        key = field.alias or field_name
        default = field.get_default() if field.default_factory is None else 375
        if key in ("min", "max"):
            yield from _comment(field.description or "")
            yield f"{key} = {value(default)}"
        else:
            yield from _described(key, field, None, shown=_example(key, default))


def _example(key: str, default: object) -> object:
    return {"count": "workers", "register": "grids.sqlite"}.get(key, default)


def _described(
    key: str, field: FieldInfo, item: object, shown: object = "EPSG:..."
) -> Iterator[str]:
    yield from _comment(field.description or "")
    yield f"# {key} = {value(shown)}" if item is None else f"{key} = {value(item)}"


def _comment(text: str) -> list[str]:
    return textwrap.wrap(
        remark(text),
        _WIDTH,
        initial_indent="# ",
        subsequent_indent="# ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _model(name: str) -> type[BaseModel]:
    annotation = Config.model_fields[name].annotation
    if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
        raise TypeError(f"{name} is no section")
    return annotation


def _relative(path: Path, base: Path) -> str:
    try:
        return Path(os.path.relpath(path.absolute(), base.absolute())).as_posix()
    except ValueError:  # another drive
        return path.absolute().as_posix()
