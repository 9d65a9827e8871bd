"""The catalogue of duties: what is to be done in a grid, about what, and which role answers."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field, ValidationError
from pydantic.types import StringConstraints

from gridplan.config import problems
from gridplan.config.kinds import Section, Text, Texts
from gridplan.errors import ConfigError

if TYPE_CHECKING:
    from gridplan.config.model import Config

LAYER_OBJECTS = ("facilities", "institutions", "public_spaces", "buildings", "roads")
"""Layers whose features an item may concern, all or those of one kind: ``facilities:bridge``."""

HOUSEHOLDS = "households"

Key = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]{0,39}$")]


class Item(Section):
    """One item of the catalogue, ``[items.KEY]``."""

    name: Text = Field(description="Its name in English.")
    name_zh: str = Field(default="", description="Its name in Chinese; left out: the other.")
    objects: Texts = Field(
        description="What it concerns: `households`, a category of `[workload.categories]`, or "
        "features: `facilities`, `facilities:KIND`, alike `institutions`, `public_spaces`, "
        "`buildings`, `roads` (metres)."
    )
    roles: Texts = Field(description="Who answers: the first of these roles that serves the grid.")
    communities: Texts = Field(
        default=(), description="Codes of the communities that have it; left out: all."
    )

    def title(self, language: str) -> str:
        """Name in a language, ``en`` or ``zh``."""
        return (self.name_zh or self.name) if language == "zh" else self.name


class _File(Section):
    """The whole file."""

    items: dict[Key, Item]


@dataclass(frozen=True)
class Catalogue:
    """All items by their key, shipped ones first.

    Parameters
    ----------
    items
        In the order of the files.
    shipped
        Keys of the items that come with the package; what they concern may be missing.
    """

    items: Mapping[str, Item]
    shipped: frozenset[str]


def load_catalogue(config: "Config") -> Catalogue | None:
    """Read the items that a job has; None where it has no ``[duties]``.

    Raises
    ------
    ConfigError
        The file is missing, is no TOML, or has unknown keys, values, roles or objects: one line
        for each problem.
    """
    if config.duties is None:
        return None
    common = _items(files("gridplan.config").joinpath("duties.toml").read_text("utf-8"), "duties")
    shipped = common if config.duties.common else {}
    path = config.duties.catalogue
    own = {} if path is None else _own(Path(str(path)), config)
    missing = frozenset(shipped) - frozenset(own)
    return Catalogue({**shipped, **own}, missing)


def _own(path: Path, config: "Config") -> dict[str, Item]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8"
        raise ConfigError(f"[duties] catalogue: {path} cannot be read: {reason}") from error
    items = _items(text, path.name)
    found = [
        f"{path.name}: [items.{key}] {line}"
        for key, item in items.items()
        for line in _unknown(item, config)
    ]
    if found:
        raise ConfigError(found)
    return items


def _items(text: str, name: str) -> dict[str, Item]:
    try:
        return _File.model_validate(tomllib.loads(text)).items
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: no TOML: {error}") from error
    except ValidationError as error:
        lines = problems.lines(error.errors(include_url=False), _File)
        raise ConfigError(f"{name}: {line}" for line in lines) from error


def _unknown(item: Item, config: "Config") -> Iterable[str]:
    """Name roles and objects that the job does not know."""
    roles = config.people.all_roles()
    for role in item.roles:
        if role not in roles:
            yield f'roles: no role "{role}" in [people.roles]; there is: {", ".join(roles)}'
    categories = config.workload.categories if config.workload else {}
    known = (HOUSEHOLDS, *categories, *LAYER_OBJECTS)
    for thing in item.objects:
        head, _, kind = thing.partition(":")
        if head not in known:
            yield f'objects: "{thing}" is neither of {", ".join(known)}'
        elif kind and head not in LAYER_OBJECTS:
            yield f'objects: "{thing}": only features of a layer have kinds'
