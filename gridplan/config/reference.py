"""The configuration explained from its own models: the page of the documentation, the schema."""

import json
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from types import UnionType
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from gridplan.config.inputs import Options, Source
from gridplan.config.model import Config

BEGIN = "<!-- reference: begin; written by gridplan.config.reference, do not edit -->"
END = "<!-- reference: end -->"

_PER_NAME = {"zones", "barriers", "overrides", "roles", "categories"}
_TYPES: dict[Any, str] = {str: "text", int: "whole number", float: "number", bool: "true or false"}


def json_schema() -> dict[str, Any]:
    """JSON Schema of the file, for editors that complete and check TOML.

    ``path`` is not required of an input, as ``[inputs]`` may give it for all.
    """
    schema = Config.model_json_schema(by_alias=True)
    for definition in schema["$defs"].values():
        _no_field_titles(definition)
        if "path" in definition.get("required", ()):
            definition["required"].remove("path")
    _no_field_titles(schema)
    schema["title"] = "gridplan configuration"
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    tidy: dict[str, Any] = _without_null(schema)
    return head | tidy


def _no_field_titles(definition: dict[str, Any]) -> None:
    for entry in definition.get("properties", {}).values():
        entry.pop("title", None)


def _without_null(node: Any) -> Any:
    """Drop what TOML cannot say: it has no null."""
    if isinstance(node, list):
        return [_without_null(item) for item in node]
    if not isinstance(node, dict):
        return node
    node = {key: _without_null(value) for key, value in node.items()}
    branches = [branch for branch in node.get("anyOf", []) if branch != {"type": "null"}]
    if len(branches) == 1:
        del node["anyOf"]
        node = branches[0] | node
    elif branches:
        node["anyOf"] = branches
    if "default" in node and node["default"] is None:
        del node["default"]
    return node


def reference() -> str:
    """Every section and key with type, default and meaning, as Markdown tables."""
    parts = []
    for place, model in sections():
        rows = list(_rows(place, model))
        lines = [f"### `[{place}]`", "", cleandoc(model.__doc__ or ""), ""]
        if rows:
            lines += ["| key | value | default | meaning |", "| --- | --- | --- | --- |", *rows, ""]
        parts.append("\n".join(lines))
    return "\n".join(parts).rstrip() + "\n"


def rewrite(page: Path) -> None:
    """Bring the tables of a documentation page up to date, between its two marks.

    Parameters
    ----------
    page
        A Markdown file with the lines ``BEGIN`` and ``END``.
    """
    text = page.read_text(encoding="utf-8")
    head, rest = text.split(BEGIN)
    tail = rest.split(END)[1]
    page.write_text(f"{head}{BEGIN}\n\n{reference()}\n{END}{tail}", encoding="utf-8", newline="\n")


def sections() -> Iterator[tuple[str, type[BaseModel]]]:
    """Every section of the file by its place, with its model; ``NAME`` is chosen by the user."""
    for name, field in Config.model_fields.items():
        model = _model(field.annotation)
        if model is None:
            continue
        yield name, model
        if name == "inputs":
            yield f"{name}.*", Options
        for key, inner in model.model_fields.items():
            section = _model(inner.annotation)
            if section is not None:
                yield f"{name}.{key}" + (".NAME" if key in _PER_NAME else ""), section


def _rows(place: str, model: type[BaseModel]) -> Iterator[str]:
    """Rows of one section; keys that every input has stand once, under ``inputs.*``."""
    if model is Options:
        shared = dict(Source.model_fields)
    else:
        common = Source.model_fields if place.startswith("inputs.") else {}
        shared = {name: f for name, f in model.model_fields.items() if name not in common}
    for name, field in shared.items():
        if _model(field.annotation) is not None:
            continue  # a section of its own
        cells = (field.alias or name, _kind(field), _default(place, name, field))
        yield f"| `{cells[0]}` | {cells[1]} | {cells[2]} | {_cell(field.description or '')} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _default(place: str, name: str, field: FieldInfo) -> str:
    if name == "path" and place == "inputs.*":
        return "of `[inputs]`"
    if field.is_required():
        return "**required**"
    if field.default_factory is not None:
        return "middle"
    if field.default is None:
        return ""
    value = list(field.default) if isinstance(field.default, tuple) else field.default
    return f"`{json.dumps(value)}`"


def _kind(field: FieldInfo) -> str:
    annotation = _plain(field.annotation)
    if get_origin(annotation) is tuple:
        choices = get_args(get_args(annotation)[0])
        if str in choices:
            return "list of texts"
        return "list of " + ", ".join(f'`"{choice}"`' for choice in choices)
    if get_origin(annotation) is Literal:
        return ", ".join(f'`"{choice}"`' for choice in get_args(annotation))
    names = [_TYPES[arg] for arg in _members(annotation) if arg in _TYPES]
    return " or ".join(names) + _limits(field)


def _limits(field: FieldInfo) -> str:
    words = {"ge": "≥", "gt": ">", "le": "≤"}
    found = []
    for rule in field.metadata:
        for name, sign in words.items():
            if (value := getattr(rule, name, None)) is not None:
                found.append(f"{sign} {value}")
    return f" {', '.join(found)}" if found else ""


def _members(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) in (Union, UnionType):
        return get_args(annotation)
    return (annotation,)


def _plain(annotation: Any) -> Any:
    """Take ``None`` and the checks off an annotation."""
    members = [arg for arg in _members(annotation) if arg is not type(None)]
    only = members[0] if len(members) == 1 else annotation
    return get_args(only)[0] if hasattr(only, "__metadata__") else only


def _model(annotation: Any) -> type[BaseModel] | None:
    for member in _members(annotation):
        inner = get_args(member)[1] if get_origin(member) is dict else member
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            return inner
    return None
