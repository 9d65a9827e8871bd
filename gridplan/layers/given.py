"""A file as it is named on a command line, with what cannot be told from it behind bars."""

from dataclasses import dataclass
from pathlib import Path

from gridplan.errors import LayerError
from gridplan.layers.columns import nearest

_KEYS = ("layer", "layername", "grid", "unit", "households", "crs", "encoding", "where", "datum")


@dataclass(frozen=True)
class Given:
    """A source as the readers want it, and the columns named beside it."""

    path: Path | None
    layer: str | None = None
    where: str | None = None
    encoding: str | None = None
    crs: str | None = None
    datum: str | None = None
    grid: str | None = None
    unit: str | None = None
    households: str | None = None


def parsed(given: str, role: str) -> Given:
    """Take the settings off that follow a file behind bars, as in ``hand.gpkg|layer=grids``.

    Raises
    ------
    LayerError
        Naming settings that do not exist or have no value.
    """
    name, *settings = given.split("|")
    pairs = [setting.partition("=") for setting in settings]
    keys = ", ".join(_KEYS)
    wrong = [
        f'{role} {name}: "{key}{mark}{value}" is no setting; {nearest(key.strip(), _KEYS)}'
        if key.strip() not in _KEYS
        else f"{role} {name}: {key} has no value; write FILE|{key}=VALUE (settings: {keys})"
        for key, mark, value in pairs
        if key.strip() not in _KEYS or not value.strip()
    ]
    if wrong:
        raise LayerError(wrong)
    known = {key.strip().replace("layername", "layer"): value.strip() for key, _, value in pairs}
    return Given(Path(name), **known)


def reworded(line: str, role: str) -> str:
    """Put a reader's problem in the words of the command line."""
    line = line.replace(f"inputs.{role}", role).replace(f" to [inputs.{role}]", "")
    for key in ("layer", "crs", "encoding"):
        line = line.replace(f"with {key} = ...", f"with FILE|{key}=NAME")
        line = line.replace(f"add {key} = ", f"write FILE|{key}=")
        line = line.replace(f"with {key} = ", f"with FILE|{key}=")
    return line
