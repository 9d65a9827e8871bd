"""What one section of the file means for another: inherited paths, and rules that join sections."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gridplan.config.address import is_address

Table = dict[str, Any]

_NAMED = ("zones", "barriers")


def with_paths(data: Table, folder: Path) -> Table:
    """Return the file's tables with every path of a file absolute and inherited.

    Parameters
    ----------
    data
        The parsed file; not changed.
    folder
        The folder that its paths are relative to.
    """
    data = dict(data)
    codes = data.get("codes")
    if isinstance(codes, dict) and "register" in codes:
        data["codes"] = codes | {"register": _absolute(codes["register"], folder)}
    duties = data.get("duties")
    if isinstance(duties, dict) and "catalogue" in duties:
        data["duties"] = duties | {"catalogue": _absolute(duties["catalogue"], folder)}
    inputs = data.get("inputs")
    if isinstance(inputs, dict):
        data["inputs"] = _inputs_with_paths(inputs, folder)
    return data


def without_inherited(inputs: Table) -> Table:
    """Return ``[inputs]`` without the paths of inputs that are its own path."""
    own = inputs.get("path")

    def bare(section: Any) -> Any:
        if not isinstance(section, dict):
            return section
        return {k: bare(v) for k, v in section.items() if k != "path" or v != own}

    return {key: bare(value) for key, value in inputs.items()}


def _inputs_with_paths(inputs: Table, folder: Path) -> Table:
    inputs = dict(inputs)
    if "path" in inputs:
        inputs["path"] = _absolute(inputs["path"], folder)
    inherited = inputs.get("path")
    for name, section in inputs.items():
        if not isinstance(section, dict):
            continue
        if name in _NAMED:
            inputs[name] = {
                key: _section_with_path(item, inherited, folder) for key, item in section.items()
            }
        else:
            inputs[name] = _section_with_path(section, inherited, folder)
    return inputs


def _section_with_path(section: Any, inherited: object, folder: Path) -> Any:
    if not isinstance(section, dict):
        return section
    if "path" in section:
        return section | {"path": _absolute(section["path"], folder)}
    if inherited is None or ("column" in section and "id" not in section):
        return section
    return {"path": inherited} | section


def _absolute(value: Any, folder: Path) -> Any:
    """Make a file's path absolute; leave addresses, and what is no path, as they are."""
    if not isinstance(value, str | Path) or value == "" or is_address(str(value)):
        return value
    return Path(os.path.normpath(folder / Path(value).expanduser()))


def across_sections(data: Mapping[str, Any]) -> list[str]:
    """One line for each rule broken between sections, whatever else is wrong with the file."""
    inputs = data.get("inputs")
    if not isinstance(inputs, dict):
        return []
    return [
        *_measure(data),
        *_households(inputs),
        *_address(inputs),
        *_stairwells(inputs),
        *_zone_paths(inputs),
        *_same_names(inputs),
    ]


def _measure(data: Mapping[str, Any]) -> list[str]:
    """Balance by workload needs a workload."""
    grids = data.get("grids")
    if not isinstance(grids, dict) or grids.get("measure") != "workload" or "workload" in data:
        return []
    return [
        '[grids] measure: "workload" needs the section [workload]; add it, or write "households"'
    ]


def _households(inputs: Table) -> list[str]:
    units = inputs.get("units")
    if not isinstance(units, dict) or "households" in units or "households" in inputs:
        return []
    communities = inputs.get("communities")
    if isinstance(communities, dict) and "households" in communities:
        return []
    return [
        "[inputs.units] households: missing; name a column, write 1 where each unit is one "
        "household, or give a register in [inputs.households]"
    ]


def _address(inputs: Table) -> list[str]:
    """A register joined by address needs addresses on the units."""
    units, register = inputs.get("units"), inputs.get("households")
    if not isinstance(units, dict) or not isinstance(register, dict):
        return []
    if "address" not in register or "address" in units:
        return []
    return [
        "[inputs.units] address: missing; [inputs.households] is joined by address, so name the "
        "column of the units that has theirs"
    ]


def _stairwells(inputs: Table) -> list[str]:
    units = inputs.get("units")
    if not isinstance(units, dict) or "stairwells" not in units or "stairwells" not in inputs:
        return []
    return [
        "[inputs.units] stairwells: [inputs.stairwells] gives them as well; keep one of the two"
    ]


def _zone_paths(inputs: Table) -> list[str]:
    zones = inputs.get("zones")
    if not isinstance(zones, dict):
        return []
    return [
        f"[inputs.zones.{name}] path: missing; give it here, or once under [inputs]"
        for name, zone in zones.items()
        if isinstance(zone, dict) and "id" in zone and "path" not in zone
    ]


def _same_names(inputs: Table) -> list[str]:
    found = []
    for kind in _NAMED:
        section = inputs.get(kind)
        names = sorted(section) if isinstance(section, dict) else []
        seen: dict[str, str] = {}
        for name in names:
            first = seen.setdefault(name.casefold(), name)
            if first != name:
                found.append(
                    f'[inputs.{kind}.{name}]: the same name as "{first}" but for its case; '
                    "rename one"
                )
    return found
