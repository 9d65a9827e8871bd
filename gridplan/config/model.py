"""The whole configuration: read, checked, changed, written out."""

import hashlib
import json
import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PrivateAttr, ValidationError

from gridplan.config import problems, rules
from gridplan.config.address import masked
from gridplan.config.inputs import Inputs
from gridplan.config.institutions import InstitutionRules
from gridplan.config.kinds import Section
from gridplan.config.people import Duties, People, Workload
from gridplan.config.sections import (
    Codes,
    Graph,
    Grids,
    NewCommunities,
    Objective,
    Outputs,
    Project,
    Solve,
    Topology,
)
from gridplan.errors import ConfigError

Table = dict[str, Any]


class Config(Section):
    """The configuration of one job; ``Config.load`` reads it from a TOML file.

    The attributes are the keys of the file, except that `[inputs.roads] class` is ``class_``.
    Paths are absolute; database addresses are text.
    """

    project: Project
    inputs: Inputs
    topology: Topology = Field(default_factory=Topology)
    graph: Graph = Field(default_factory=Graph)
    grids: Grids = Field(default_factory=Grids)
    communities: NewCommunities = Field(default_factory=NewCommunities)
    institutions: InstitutionRules = Field(default_factory=InstitutionRules)
    objective: Objective = Field(default_factory=Objective)
    people: People = Field(default_factory=People)
    duties: Duties | None = None
    workload: Workload | None = None
    solve: Solve = Field(default_factory=Solve)
    codes: Codes = Field(default_factory=Codes)
    outputs: Outputs = Field(default_factory=Outputs)

    _file: Path = PrivateAttr(default=Path("gridplan.toml"))

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read a TOML file.

        Parameters
        ----------
        path
            The file. Paths in it are relative to its folder.

        Raises
        ------
        ConfigError
            The file is missing, is no TOML, or has unknown keys, wrong types or wrong values: one
            line for each problem.
        """
        file = Path(path).absolute()
        return cls.parse(_text(file), file)

    @classmethod
    def parse(cls, text: str, file: Path) -> Self:
        """Read the text of a configuration, as if it stood in ``file``.

        Raises
        ------
        ConfigError
            As for ``load``.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{file.name}: no TOML: {error}") from error
        return cls._checked(data, file.absolute())

    @classmethod
    def _checked(cls, data: Table, file: Path) -> Self:
        data = rules.with_paths(data, file.parent)
        found: list[str] = []
        config = None
        try:
            config = cls.model_validate(data)
        except ValidationError as error:
            found = problems.lines(error.errors(include_url=False), cls)
        found += rules.across_sections(data)
        if config is None or found:
            raise ConfigError(f"{file.name}: {line}" for line in found)
        config._file = file
        return config

    @property
    def file(self) -> Path:
        """The file this was read from, absolute."""
        return self._file

    def replace(self, changes: Mapping[str, object]) -> Self:
        """Return a copy with some keys changed, checked like a file.

        Parameters
        ----------
        changes
            Values by dotted place, such as ``{"solve.workers": 2, "grids.min": 200}``. What was
            left to its default stays so: a new ``grids.min`` moves the middle of the range, a new
            ``inputs.path`` every input that was read from the old one.

        Raises
        ------
        ConfigError
            As for ``load``.
        """
        data = self.model_dump(by_alias=True, exclude_unset=True)
        if "inputs.path" in changes:
            data["inputs"] = rules.without_inherited(data["inputs"])
        for place, value in changes.items():
            *sections, key = place.split(".")
            table = data
            for section in sections:
                table = table.setdefault(section, {})
                if not isinstance(table, dict):
                    raise ConfigError(f"{place}: {section} is a key, not a section")
            table[key] = value
        return self._checked(data, self._file)

    def to_dict(self) -> Table:
        """Return the configuration as it takes effect, defaults filled in, for JSON.

        Paths are relative to the configuration's folder; passwords are masked.
        """
        return self._plain(lambda path: _relative(path, self._file.parent))

    def digest(self) -> str:
        """SHA-256 (hex) of everything in the configuration that can change a plan.

        Left out: maps and tables, the number of workers, and the folders of the input files, so
        that the same job has the same digest on another machine. What stands *in* the files is
        not part of it.
        """
        data = self._plain(lambda path: path.name)
        del data["outputs"], data["solve"]["workers"]
        data["inputs"].pop("path", None)
        text = json.dumps(data, ensure_ascii=False)  # unsorted: the order of zones can matter
        return hashlib.sha256(text.encode()).hexdigest()

    def _plain(self, spell: Callable[[Path], str]) -> Table:
        def plain(value: object) -> object:
            if isinstance(value, dict):
                return {key: plain(item) for key, item in value.items()}
            if isinstance(value, list | tuple):
                return [plain(item) for item in value]
            if isinstance(value, Path):
                return spell(value)
            return masked(value) if isinstance(value, str) else value

        dump = self.model_dump(by_alias=True, exclude_none=True)
        return {key: plain(item) for key, item in dump.items()}


def _text(file: Path) -> str:
    if file.is_dir():
        raise ConfigError(f"{file}: a folder, not a configuration file")
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{file}: no such file; `gridplan init DATA` writes a configuration"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError(f"{file.name}: line {line} is not UTF-8; save it as UTF-8") from error
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from error


def _relative(path: Path, folder: Path) -> str:
    try:
        return Path(os.path.relpath(path, folder)).as_posix()
    except ValueError:  # another drive
        return path.as_posix()
