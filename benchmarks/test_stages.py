"""Micro-benchmarks of the stages: ``python -m pytest benchmarks/test_stages.py``.

Never part of ``make test``. One invented city a size; the optimiser's stages on invented
communities of 20, 30 and 40 blocks.
"""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.invent import invent
from gridplan.assemble import Outcome, assemble
from gridplan.borders import border_table
from gridplan.config import Config
from gridplan.graph import community_graph
from gridplan.layers import read_inputs
from gridplan.layers.inputs import Inputs
from gridplan.optimise import Problem, solve
from gridplan.optimise.budget import Budget
from gridplan.optimise.contract import contract
from gridplan.optimise.enumerate import Enumerator
from gridplan.optimise.exact import Partitioning, gather, steepness
from gridplan.optimise.piece import Piece
from gridplan.optimise.pool import Pool
from gridplan.prepare import Ground, community_tasks, prepare_ground
from gridplan.sample import config_text, make_city, write_city

pytest.importorskip("pytest_benchmark", reason="needs the extra: pip install -e .[bench]")

UNITS = (100, 1_000, 10_000)
BLOCKS = (20, 30, 40)
GRID_UNITS = 8


class Job:
    """A city on disk, and everything that later stages need."""

    def __init__(self, units: int, folder: Path) -> None:
        city = make_city(units=units, planted=False, seed=1)
        write_city(city, folder)
        file = folder / "sample.toml"
        file.write_text(config_text(city), encoding="utf-8")
        self.config = Config.load(file)
        self.inputs: Inputs = read_inputs(self.config)
        self.ground: Ground = prepare_ground(self.inputs, self.config)


@pytest.fixture(scope="module", params=UNITS, ids=lambda n: f"{n}-units")
def job(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """The city of one size."""
    return Job(request.param, tmp_path_factory.mktemp(f"city-{request.param}"))


@pytest.fixture(scope="module", params=BLOCKS, ids=lambda n: f"{n}-blocks")
def piece(request: pytest.FixtureRequest) -> Piece:
    """A community of one size as the engine sees it."""
    return contract(Problem.from_dict(invent(request.param, 5.0, 1))).pieces[0]


def few(benchmark: Any, function: Any, *arguments: Any) -> Any:
    """Three timed rounds after one that warms up."""
    return benchmark.pedantic(function, args=arguments, rounds=3, warmup_rounds=1)


def test_reading(benchmark: Any, job: Job) -> None:
    """Every layer is read and checked."""
    assert len(few(benchmark, read_inputs, job.config).units)


def test_cells(benchmark: Any, job: Job) -> None:
    """Cells are grown that tile the communities; borders are measured."""
    assert len(few(benchmark, prepare_ground, job.inputs, job.config).cells)


def test_borders(benchmark: Any, job: Job) -> None:
    """Shared metres of all neighbours."""

    def borders() -> object:
        return border_table(job.ground.cells, [], near_m=5.0, discount=0.5)

    assert few(benchmark, borders) is not None


def test_graphs(benchmark: Any, job: Job) -> None:
    """Adjacency graphs of all communities."""
    parts = dict(list(job.ground.borders.groupby("community_code")))

    def graphs() -> list[object]:
        return [
            community_graph(cells, parts[code], job.inputs.links, min_shared_m=1.0, findings=[])
            for code, cells in job.ground.cells.groupby("community_code")
            if code in parts
        ]

    assert few(benchmark, graphs)


def test_problems(benchmark: Any, job: Job) -> None:
    """Problem files of all communities, blocks and joined parts included."""

    def problems() -> list[object]:
        return list(community_tasks(job.inputs, job.ground, job.config))

    assert few(benchmark, problems)


def test_assemble(benchmark: Any, job: Job) -> None:
    """Grids are dissolved, coded and described; everything is attributed."""
    outcomes = {}
    for code, cells in job.ground.cells.groupby("community_code"):
        labels = {unit: i // GRID_UNITS for i, unit in enumerate(cells["unit_id"])}
        outcomes[code] = Outcome(labels, "feasible", None)

    def plan() -> object:
        return assemble(job.inputs, job.ground, outcomes, job.config, [])

    assert few(benchmark, plan) is not None


def pool_of(piece: Piece) -> list[Any]:
    """All grids in range."""
    found = gather(Enumerator(piece, 0), Budget(math.inf), 10**9, 10**7)
    assert found is not None
    return found


def test_enumerate(benchmark: Any, piece: Piece) -> None:
    """All connected grids in range are listed."""
    assert few(benchmark, pool_of, piece)


def test_relaxation(benchmark: Any, piece: Piece) -> None:
    """The linear relaxation over all grids, for the likeliest number of grids."""
    steep = steepness(piece)
    pool = Pool(piece.n, pool_of(piece), steep)
    grids = max(1, round(piece.total / piece.terms.target))

    def relax() -> float:
        work = Partitioning(piece, pool, np.inf, steep, Budget(math.inf), quick=False)
        work.seed(None)
        return work.lower(grids)[0]

    assert few(benchmark, relax) < np.inf


@pytest.mark.parametrize("blocks", BLOCKS)
def test_solve(benchmark: Any, blocks: int) -> None:
    """From a problem to a proven plan."""
    problem = Problem.from_dict(invent(blocks, 5.0, 1))
    assert few(benchmark, solve, problem).status == "optimal"
