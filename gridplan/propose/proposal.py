"""From a file or folder of layers to a proposed configuration."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError, ProjError

from gridplan.layers.peek import LayerInfo, peek
from gridplan.propose.columns import pick_name
from gridplan.propose.draft import Draft, drafts
from gridplan.propose.roles import Roles, assign
from gridplan.propose.words import STREET
from gridplan.propose.write import write

_HAN = re.compile(r"[\u3400-\u9fff]")
Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Proposal:
    """A configuration to be looked through by its user.

    Parameters
    ----------
    text
        The commented TOML file.
    guesses
        One line for each thing that was guessed, with its reason.
    missing
        Places that the user must fill in, such as ``[inputs.units] households``; empty where the
        file loads as it is.
    """

    text: str
    guesses: tuple[str, ...]
    missing: tuple[str, ...]


def propose_config(path: Path, *, base: Path | None = None) -> Proposal:
    """Propose a configuration from a look at layers.

    Parameters
    ----------
    path
        A file with layers, or a folder of such files.
    base
        Folder in which the configuration will stand; that of the layers where left out.

    Raises
    ------
    LayerError
        There is nothing to look at.
    """
    layers = peek(path)
    roles = assign(layers)
    sections = drafts(roles)
    home = base or (path.parent if path.is_file() else path)
    notes = [*_unused(roles), *_unread(layers), *_elsewhere(roles, layers)]
    text = write(sections, _project(path, roles, layers), notes, source=path, base=home)
    return Proposal(
        text=text,
        guesses=(*(_line(draft) for draft in sections), *notes),
        missing=tuple(
            f"[{draft.place}] {key}" for draft in sections if draft.active for key in draft.blanks()
        ),
    )


def _line(draft: Draft) -> str:
    values = {**draft.keys, **({} if draft.active else draft.maybe)}
    keys = ", ".join(f"{key} = {value}" for key, value in values.items() if value is not None)
    layer = f'layer "{draft.info.layer}" ({draft.why})' if draft.info else draft.why
    off = "" if draft.active else " (as a comment)"
    return f"{draft.place}{off}: {layer}" + (f"; {keys}" if keys else "")


def _unused(roles: Roles) -> Iterator[str]:
    for info in roles.unused:
        shape = f"{info.geometry}, " if info.geometry else "table, "
        yield f'no role found for layer "{info.layer}" ({shape}{info.features:,} features)'


def _unread(layers: list[LayerInfo]) -> Iterator[str]:
    for info in layers:
        if info.problem:
            yield f"{info.path.name} could not be read: {info.problem}"


def _project(path: Path, roles: Roles, layers: list[LayerInfo]) -> dict[str, object]:
    return {
        "name": _name(path, roles),
        "crs": _projected(roles),
        "language": "zh" if _is_chinese(layers) else "en",
    }


def _name(path: Path, roles: Roles) -> str:
    """Name of the only street office, else of the file or folder."""
    if roles.streets is not None and roles.streets.info.features == 1:
        column = pick_name(roles.streets.info, STREET)
        if column is not None and column.sample and column.sample[0].strip():
            return column.sample[0]
    stem = path.absolute().stem.replace("_", " ").strip()
    return stem or "district"


def _projected(roles: Roles) -> str | None:
    """CRS of the communities where it is one in which metres can be measured."""
    text = roles.communities.info.crs if roles.communities else ""
    if not text.startswith("EPSG:"):
        return None
    crs = CRS.from_user_input(text)
    metric = all(abs(axis.unit_conversion_factor - 1.0) < 1e-9 for axis in crs.axis_info[:2])
    world_wide = crs.to_epsg() in (3857, 3395)  # metres only at the equator
    return text if crs.is_projected and metric and not world_wide else None


def _is_chinese(layers: list[LayerInfo]) -> bool:
    texts = [info.layer for info in layers]
    texts += [text for info in layers for c in info.columns for text in (c.name, *c.sample)]
    return any(_HAN.search(text) for text in texts)


def _elsewhere(roles: Roles, layers: list[LayerInfo]) -> Iterator[str]:
    """Layers with a role that lie away from the communities: a wrong CRS, or another city."""
    home = _degrees(roles.communities.info) if roles.communities else None
    unused = {id(info) for info in roles.unused}
    if home is None:
        return
    for info in layers:
        box = None if id(info) in unused else _degrees(info)
        if box is not None and not _meet(home, box):
            yield f'layer "{info.layer}" does not meet the communities: check its crs'


def _degrees(info: LayerInfo) -> Box | None:
    if info.bounds is None or not info.crs:
        return None
    try:
        to_degrees = Transformer.from_crs(info.crs, "EPSG:4326", always_xy=True)
        return to_degrees.transform_bounds(*info.bounds)
    except (CRSError, ProjError):
        return None


def _meet(a: Box, b: Box) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]
