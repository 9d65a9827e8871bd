"""``python -m benchmarks.make_problems``: the problem files that benchmarks/run.py reads.

The same commands write the same files. Cities are divided into problems as ``gridplan partition
--dump-problems`` does it, without solving them; coordinates of the units are added for the peers
that ask for them.
"""

import argparse
import json
import logging
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import shapely

from benchmarks.invent import invent
from gridplan.config import Config
from gridplan.layers import read_inputs
from gridplan.prepare import community_tasks, prepare_ground
from gridplan.sample import config_text, make_city, write_city

HERE = Path(__file__).resolve().parent
SHARED = HERE.parent.parent / "shared" / "configs"
SIZES = (12, 25, 35, 40, 45, 50, 55, 60, 75, 90, 100, 125, 150, 200, 400, 1000)
SEEDS = {5.0: (0, 1), 12.0: (0, 1)}
HUGE = ((10_000, 5.0, 0),)
CITIES = {
    "sample-60": {"communities": 12, "seed": 1},
    "sample-150": {"communities": 4, "units": 600},
}
REAL = {"daan": "daan.toml", "cambridge-lots": "cambridge.toml"}
log = logging.getLogger("benchmarks")


def invented() -> Iterator[tuple[str, dict[str, Any]]]:
    """Voronoi communities of exact sizes."""
    wanted = [(n, ratio, seed) for n in SIZES for ratio, seeds in SEEDS.items() for seed in seeds]
    for blocks, ratio, seed in (*wanted, *HUGE):
        if blocks >= 2 * ratio and not (blocks >= 400 and seed):
            data = invent(blocks, ratio, seed)
            yield f"voronoi/{data['name'].removeprefix('voronoi-')}", data


def of_job(config: Config) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every community of a configuration with more than one grid's households."""
    inputs = read_inputs(config)
    ground = prepare_ground(inputs, config)
    spots = ground.cells.set_index("unit_id").geometry.representative_point()
    for task in community_tasks(inputs, ground, config):
        data = task.problem.to_dict()
        xy = shapely.get_coordinates(spots.loc[data["nodes"]["id"]].to_numpy()).round(2)
        data["nodes"] |= {"x": xy[:, 0].tolist(), "y": xy[:, 1].tolist()}
        if task.problem.households.sum() > task.problem.min:
            yield task.community_code, data


def sampled(**size: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Communities of an invented city."""
    with tempfile.TemporaryDirectory() as folder:
        city = make_city(**size)
        write_city(city, Path(folder))
        file = Path(folder) / "sample.toml"
        file.write_text(config_text(city), encoding="utf-8")
        yield from of_job(Config.load(file))


def every(only: Sequence[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Name and data of every problem of the chosen sets."""
    if not only or "voronoi" in only:
        yield from invented()
    for name, size in CITIES.items():
        if not only or name in only:
            yield from ((f"{name}/{code}", data) for code, data in sampled(**size))
    for name, file in REAL.items():
        if only and name not in only:
            continue
        if (SHARED / file).is_file():
            job = Config.load(SHARED / file)
            yield from ((f"{name}/{code}", data) for code, data in of_job(job))
        else:
            log.warning("%s: left out, %s is not here", name, file)


def main(words: Sequence[str] | None = None) -> int:
    """Write the chosen sets."""
    logging.basicConfig(format="%(message)s", stream=sys.stderr)
    log.setLevel(logging.INFO)
    parser = argparse.ArgumentParser(prog="python -m benchmarks.make_problems", description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE / "problems")
    parser.add_argument("--only", action="append", default=[], choices=["voronoi", *CITIES, *REAL])
    options = parser.parse_args(words)
    for name, data in every(options.only):
        path = options.out / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(data, ensure_ascii=False) + "\n", encoding="utf-8")
        log.info("%s: %d units", name, len(data["nodes"]["id"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
