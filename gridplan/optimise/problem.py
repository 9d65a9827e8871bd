"""The problem file: one community as numbers (design section 11)."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from gridplan.errors import ConfigError

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

MODES = ("soft", "nest", "whole")
LOCK_KINDS = ("together", "apart", "in", "frozen")
TERMS = {"compactness": 1.0, "balance": 0.25, "per_grid": 0.0, "change": 0.0}


@dataclass(frozen=True, eq=False)
class Problem:
    """One community to divide.

    Parameters
    ----------
    name
        What messages call it.
    min, max
        Range of households of a grid, both ends included.
    target
        Wished number of households of a grid.
    node_ids
        Unique id of every basic unit, n of them.
    households, area_m2
        Households and ground area in square metres of every unit, shape (n,).
    block
        Block of every unit, or None; units of one block stay together.
    edges
        Pairs of positions of units that share a border, shape (m, 2).
    shared_m, cost_m
        Metres of shared border of every edge, and the metres that count where it is cut,
        shape (m,). A link has 0.
    zones
        Zone of every unit by layer; None where the unit lies in no zone.
    modes
        ``soft``, ``nest`` or ``whole`` by layer.
    weights
        Weight of every layer and of ``compactness``, ``balance``, ``per_grid``, ``change``.
    grids
        Fixed number of grids, or None.
    previous
        Old grid of every unit (None where it had none), or None altogether.
    locks
        Triples (kind, a, b), see design section 12.
    load
        What the balance term goes by in place of households, in whole households and of the same
        sum, shape (n,); None: households.
    """

    name: str
    min: int
    max: int
    target: float
    node_ids: tuple[str, ...]
    households: Ints
    area_m2: Floats
    block: tuple[str | None, ...]
    edges: Ints
    shared_m: Floats
    cost_m: Floats
    zones: dict[str, tuple[str | None, ...]] = field(default_factory=dict)
    modes: dict[str, str] = field(default_factory=dict)
    weights: dict[str, float] = field(default_factory=dict)
    grids: int | None = None
    previous: tuple[str | None, ...] | None = None
    locks: tuple[tuple[str, str, str], ...] = ()
    load: Ints | None = None

    @property
    def balanced(self) -> Ints:
        """What the balance term goes by: the load of every unit, or its households."""
        return self.households if self.load is None else self.load

    def __post_init__(self) -> None:
        layers = dict.fromkeys(self.zones, 1.0)
        weights = {**layers, **TERMS, **self.weights}
        object.__setattr__(self, "weights", {key: float(weights[key]) for key in weights})
        modes = {layer: self.modes.get(layer, "soft") for layer in self.zones}
        object.__setattr__(self, "modes", modes)
        problems = list(_contradictions(self))
        if problems:
            raise ConfigError(problems)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "Problem":
        """Build a problem from the parsed JSON of design section 11.

        Raises
        ------
        ConfigError
            Listing every key that is missing or has a wrong shape or value.
        """
        reader = _Reader(data)
        values = reader.values()
        if reader.problems:
            raise ConfigError(reader.problems)
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """The JSON of design section 11, every default written out."""
        return {
            "name": self.name,
            "min": self.min,
            "max": self.max,
            "target": self.target,
            "nodes": {
                "id": list(self.node_ids),
                "households": self.households.tolist(),
                "area_m2": self.area_m2.tolist(),
                "block": list(self.block),
                **({} if self.load is None else {"load": self.load.tolist()}),
            },
            "edges": {
                "u": self.edges[:, 0].tolist(),
                "v": self.edges[:, 1].tolist(),
                "shared_m": self.shared_m.tolist(),
                "cost_m": self.cost_m.tolist(),
            },
            "zones": {layer: list(ids) for layer, ids in self.zones.items()},
            "modes": dict(self.modes),
            "weights": dict(self.weights),
            "grids": self.grids,
            "previous": None if self.previous is None else list(self.previous),
            "locks": [{"kind": kind, "a": a, "b": b} for kind, a, b in self.locks],
        }


class _Reader:
    """Turns parsed JSON into the arguments of `Problem`, collecting what is wrong on the way."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.data = data
        self.problems: list[str] = []
        self.name = str(data.get("name", "problem"))

    def values(self) -> dict[str, Any]:
        nodes = self._section("nodes")
        edges = self._section("edges")
        ids = tuple(str(i) for i in self._list(nodes, "nodes.id"))
        n = len(ids)
        u = self._array(edges, "edges.u", np.int64, None)
        v = self._array(edges, "edges.v", np.int64, len(u))
        shared = self._array(edges, "edges.shared_m", np.float64, len(u), default=np.zeros(len(u)))
        low, high = self._number("min", 250), self._number("max", 500)
        zones = self.data.get("zones") or {}
        return {
            "name": self.name,
            "min": int(low),
            "max": int(high),
            "target": self._number("target", (low + high) / 2),
            "node_ids": ids,
            "households": self._array(nodes, "nodes.households", np.int64, n),
            "area_m2": self._array(nodes, "nodes.area_m2", np.float64, n),
            "block": self._texts(nodes.get("block"), "nodes.block", n) or (None,) * n,
            "edges": np.column_stack([u, v]) if len(u) == len(v) else np.zeros((0, 2), np.int64),
            "shared_m": shared,
            "cost_m": self._array(edges, "edges.cost_m", np.float64, len(u), default=shared),
            "zones": {k: self._texts(v, f"zones.{k}", n) or (None,) * n for k, v in zones.items()},
            "modes": dict(self.data.get("modes") or {}),
            "weights": self._weights(),
            "grids": self.data.get("grids"),
            "previous": self._texts(self.data.get("previous"), "previous", n),
            "locks": tuple(self._locks()),
            "load": self._array(nodes, "nodes.load", np.int64, n) if "load" in nodes else None,
        }

    def _section(self, key: str) -> Mapping[str, Any]:
        found = self.data.get(key)
        if isinstance(found, Mapping):
            return found
        self._say(key, "is missing or is no object")
        return {}

    def _say(self, key: str, what: str) -> None:
        self.problems.append(f"problem {self.name}: {key} {what}")

    def _list(self, section: Mapping[str, Any], key: str) -> Sequence[Any]:
        found = section.get(key.rsplit(".", 1)[1])
        if isinstance(found, Sequence) and not isinstance(found, str):
            return found
        self._say(key, "is missing or is no list")
        return []

    def _array(
        self,
        section: Mapping[str, Any],
        key: str,
        kind: type[np.generic],
        length: int | None,
        default: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        if default is not None and section.get(key.rsplit(".", 1)[1]) is None:
            return default
        found = self._list(section, key)
        try:
            array = np.asarray(found, dtype=np.float64)
        except (TypeError, ValueError):
            self._say(key, "holds something that is no number")
            return np.zeros(len(found), dtype=kind)
        if length is not None and len(array) != length:
            self._say(key, f"has {len(array)} values where {length} are needed")
        if kind is np.int64 and not np.all(array == np.floor(array)):
            self._say(key, "must hold whole numbers")
        return np.nan_to_num(array).astype(kind) if kind is np.int64 else array

    def _texts(self, found: Any, key: str, n: int) -> tuple[str | None, ...] | None:
        if found is None:
            return None
        if not isinstance(found, Sequence) or isinstance(found, str) or len(found) != n:
            self._say(key, f"must be a list of {n} texts or nulls")
            return None
        return tuple(None if item is None else str(item) for item in found)

    def _number(self, key: str, default: float) -> float:
        found = self.data.get(key)
        if found is None:
            return default
        if isinstance(found, int | float) and not isinstance(found, bool):
            return float(found)
        self._say(key, f"is {found!r}, not a number")
        return default

    def _weights(self) -> dict[str, float]:
        weights = {}
        for key, value in dict(self.data.get("weights") or {}).items():
            if isinstance(value, int | float) and not isinstance(value, bool):
                weights[key] = float(value)
            else:
                self._say(f"weights.{key}", f"is {value!r}, not a number")
        return weights

    def _locks(self) -> Iterable[tuple[str, str, str]]:
        for row, lock in enumerate(self.data.get("locks") or []):
            parts = (
                [lock.get("kind"), lock.get("a"), lock.get("b")]
                if isinstance(lock, Mapping)
                else [*cast("Sequence[Any]", lock), None][:3]
            )
            if parts[0] is None or parts[1] is None:
                self._say(f"locks[{row}]", "needs kind, a and b")
                continue
            yield str(parts[0]), str(parts[1]), "" if parts[2] is None else str(parts[2])


def _contradictions(problem: Problem) -> Iterable[str]:
    """What in the values of a problem cannot be meant, one line each."""
    where = f"problem {problem.name}:"
    n, m = len(problem.node_ids), len(problem.edges)
    if n == 0:
        yield f"{where} nodes.id is empty; a problem needs at least one unit"
    yield from (f"{where} nodes.id {i} stands twice" for i in _twice(problem.node_ids))
    lengths = {
        "nodes.households": (len(problem.households), n),
        "nodes.area_m2": (len(problem.area_m2), n),
        "nodes.block": (len(problem.block), n),
        "edges.shared_m": (len(problem.shared_m), m),
        "edges.cost_m": (len(problem.cost_m), m),
        "nodes.load": (len(problem.balanced), n),
        "previous": (n if problem.previous is None else len(problem.previous), n),
        **{f"zones.{layer}": (len(ids), n) for layer, ids in problem.zones.items()},
    }
    for key, (found, wanted) in lengths.items():
        if found != wanted:
            yield f"{where} {key} has {found} values where {wanted} are needed"
    if m and (problem.edges.min() < 0 or problem.edges.max() >= n):
        yield f"{where} edges.u and edges.v must be positions of units, 0 to {n - 1}"
    yield from (f"{where} {line}" for line in _bad_numbers(problem))
    yield from (f"{where} {line}" for line in _bad_words(problem))


def _twice(ids: Sequence[str]) -> list[str]:
    seen: set[str] = set()
    return sorted({i for i in ids if i in seen or seen.add(i)})  # type: ignore[func-returns-value]


def _bad_numbers(problem: Problem) -> Iterable[str]:
    if not 0 < problem.min <= problem.max:
        yield f"min {problem.min} and max {problem.max} must satisfy 0 < min <= max"
    if not problem.target > 0:
        yield f"target {problem.target} must be above 0"
    arrays = {
        "nodes.households": problem.households,
        "nodes.load": problem.balanced,
        "nodes.area_m2": problem.area_m2,
        "edges.shared_m": problem.shared_m,
        "edges.cost_m": problem.cost_m,
    }
    for key, values in arrays.items():
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0)))
        if len(bad):
            yield f"{key}[{bad[0]}] is {values[bad[0]]}; it must be 0 or more"
    for key, weight in problem.weights.items():
        if not (np.isfinite(weight) and weight >= 0):
            yield f"weights.{key} is {weight}; it must be 0 or more"
    grids: object = problem.grids  # as it came from JSON
    if grids is not None and not (isinstance(grids, int) and grids >= 1):
        yield f"grids is {grids!r}; it must be a whole number above 0, or null"


def _bad_words(problem: Problem) -> Iterable[str]:
    known = {*problem.zones, *TERMS}
    for key in problem.weights:
        if key not in known:
            yield f"weights.{key} names no layer and no term"
    for layer, mode in problem.modes.items():
        if mode not in MODES:
            yield f"modes.{layer} is {mode!r}; it must be one of {', '.join(MODES)}"
    yield from _bad_locks(problem)


def _bad_locks(problem: Problem) -> Iterable[str]:
    units = set(problem.node_ids)
    old = {label for label in problem.previous or () if label is not None}
    for row, (kind, a, b) in enumerate(problem.locks):
        if kind not in LOCK_KINDS:
            yield f"locks[{row}] has kind {kind!r}; it must be one of {', '.join(LOCK_KINDS)}"
        elif kind == "frozen":
            if a not in old:
                yield f"locks[{row}] freezes grid {a!r}, which no unit had before"
        elif a not in units:
            yield f"locks[{row}] names unit {a!r}, which is not among the nodes"
        elif b not in units and not (kind == "in" and b in old):
            yield f"locks[{row}] names {b!r}, which is no unit and no previous grid"


def read_problem(path: str | Path) -> Problem:
    """Read a problem file.

    Raises
    ------
    ConfigError
        When the file is missing, is no JSON, or does not describe a problem.
    """
    try:
        data = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"problem file {path}: cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise ConfigError(f"problem file {path}: is no JSON ({error})") from error
    if not isinstance(data, dict):
        raise ConfigError(f"problem file {path}: must hold one JSON object")
    return Problem.from_dict(data)


def write_problem(problem: Problem, path: str | Path) -> None:
    """Write a problem file that `read_problem` reads back to the same problem."""
    text = json.dumps(problem.to_dict(), ensure_ascii=False, indent=1)
    Path(path).write_text(text + "\n", encoding="utf-8")
