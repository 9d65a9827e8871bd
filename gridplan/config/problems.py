"""What pydantic found, told in the words of the file: place, key, value, cure."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from gridplan.config.toml import bare, shown

Place = tuple[str, ...]

_WANTED = {
    "string_type": "text",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "finite_number": "a finite number",
    "bool_type": "true or false",
    "tuple_type": "a list",
    "model_type": "a table",
    "dict_type": "a table",
}
_LIMITS = {
    "greater_than_equal": ("ge", "at least"),
    "greater_than": ("gt", "more than"),
    "less_than_equal": ("le", "at most"),
    "less_than": ("lt", "less than"),
}


def lines(errors: Iterable[ErrorDetails], root: type[BaseModel]) -> list[str]:
    """One line for every problem.

    Parameters
    ----------
    errors
        The errors of one pydantic validation of ``root``.
    root
        The model of the whole file.
    """
    errors = list(errors)
    no_tables = {error["loc"] for error in errors if error["type"] == "model_type"}
    found: list[str] = []
    for error in errors:
        if error["type"] == "default_factory_not_called":
            continue  # follows from another problem of the same section
        if error["loc"][-1:] == ("[key]",) and error["loc"][:-1] in no_tables:
            continue  # a key of [inputs.zones], not the name of a layer
        place = tuple(str(part) for part in error["loc"] if part != "[key]")
        spelled = header(place) if _is_section(error, place, root) else where(place)
        found.extend(f"{spelled}: {text}" for text in _texts(error, place, root))
    return found


def _is_section(error: ErrorDetails, place: Place, root: type[BaseModel]) -> bool:
    if error["type"] == "extra_forbidden":
        return isinstance(error["input"], Mapping)
    return section_at(root, place) is not None and error["type"] != "model_type"


def where(place: Place) -> str:
    """Spell the place of a key as in the file: ``[inputs.units] id``."""
    depth = next((i for i, part in enumerate(place) if part.isdecimal() and i > 1), len(place))
    section, key = place[: depth - 1], place[depth - 1]
    item = f" entry {int(place[depth]) + 1}" if depth < len(place) else ""
    return f"{header(section)} {key}{item}" if section else key


def header(place: Place) -> str:
    """Spell the place of a section as in the file: ``[inputs.zones."a b"]``."""
    return f"[{'.'.join(bare(part) for part in place)}]"


def section_at(root: type[BaseModel], place: Place) -> type[BaseModel] | None:
    """Model of the section at a place, ``None`` where no section is known there."""
    model: type[BaseModel] | None = root
    rest = list(place)
    while rest and model is not None:
        annotation = _annotation(model, rest.pop(0))
        if get_origin(annotation) is dict:
            annotation = get_args(annotation)[1] if rest else None
            rest = rest[1:]
        model = _model_in(annotation)
    return model


def keys_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the keys of a section as in the file, with the names of their fields."""
    return {field.alias or name: name for name, field in model.model_fields.items()}


def _annotation(model: type[BaseModel], key: str) -> Any:
    name = keys_of(model).get(key)
    annotation = model.model_fields[name].annotation if name else None
    if get_origin(annotation) in (Union, UnionType):
        return next((arg for arg in get_args(annotation) if arg is not type(None)), None)
    return annotation


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return None


def _texts(error: ErrorDetails, place: Place, root: type[BaseModel]) -> list[str]:
    kind, value, context = error["type"], error["input"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return [_unknown(place, value, root)]
    if kind == "missing":
        return [_missing(place, root)]
    if kind == "literal_error":
        return [_not_among(place, value, root, context)]
    if kind in _WANTED:
        return [f"must be {_WANTED[kind]}, not {shown(value)}{_name_hint(kind, place)}"]
    if kind in _LIMITS:
        limit, words = _LIMITS[kind]
        return [f"must be {words} {context[limit]:g}, not {shown(value)}"]
    return error["msg"].removeprefix("Value error, ").split("\n")


def _unknown(place: Place, value: object, root: type[BaseModel]) -> str:
    model = section_at(root, place[:-1])
    keys = keys_of(model) if model else {}
    what = "unknown section" if isinstance(value, Mapping) else "unknown key"
    key = place[-1]
    near = get_close_matches(key.lower(), keys, n=1, cutoff=0.6)
    if near:
        return f'{what}; did you mean "{near[0]}"?'
    others = _homes(key, root)
    if others:
        return f"{what}; it belongs in {' or '.join(others)}"
    return f"{what}; valid here: {', '.join(keys)}" if keys else what


def _homes(key: str, root: type[BaseModel]) -> list[str]:
    """Sections outside the inputs that have this key."""
    homes = []
    for name in root.model_fields:
        model = _model_in(_annotation(root, name))
        if model and name != "inputs" and key in keys_of(model):
            homes.append(f"[{name}]")
    return homes


def _missing(place: Place, root: type[BaseModel]) -> str:
    if section_at(root, place) is not None:
        return "missing section"
    if place[-1] == "path":
        return "missing; give it here, or once under [inputs]"
    model = section_at(root, place[:-1])
    name = keys_of(model)[place[-1]] if model else place[-1]
    meaning = model.model_fields[name].description if model else None
    return f"missing; {meaning[0].lower()}{meaning[1:].rstrip('.')}" if meaning else "missing"


def _not_among(
    place: Place, value: object, root: type[BaseModel], context: Mapping[str, Any]
) -> str:
    allowed = str(context.get("expected", "")).replace("'", '"')
    names = [part.strip().strip('"') for part in allowed.replace(" or ", ", ").split(",")]
    near = get_close_matches(str(value).lower(), names, n=1, cutoff=0.6)
    hint = f'; did you mean "{near[0]}"?' if near else ""
    return f"must be {allowed}, not {shown(value)}{hint}"


def _name_hint(kind: str, place: Place) -> str:
    if kind == "model_type" and len(place) == 3:
        return f"; name the layer, as in [{'.'.join(place[:-1])}.NAME]"
    return ""
