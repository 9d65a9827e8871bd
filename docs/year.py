"""Renew "A year in the life of a division" in ``redivide.md``: ``python docs/year.py``.

Draws a sample city, divides it, adopts its codes, lets a year pass and divides it anew; what the
commands say goes into the page. It takes a minute or two.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

PAGE = Path(__file__).resolve().parent / "redivide.md"
BEGIN, END = "<!-- year: made by docs/year.py -->\n", "<!-- end of year -->\n"
SEED = 2027


def told(folder: Path, command: str, code: int = 0) -> str:
    """Run a command in a folder; what it says, with what differs from run to run left out."""
    words = [sys.executable, "-m", *command.split()]
    done = subprocess.run(
        words, cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "COLUMNS": "100", "NO_COLOR": "1"},
    )  # fmt: skip
    said = done.stdout + done.stderr
    if done.returncode != code:
        raise SystemExit(f"{command}\n{said}")
    lines = [re.sub(r"; \d+ s$", "", line.rstrip()) for line in said.splitlines()]
    return "\n".join(lines).strip("\n")


def block(folder: Path, command: str, keep: slice = slice(None), code: int = 0) -> str:
    """Write a command and its answer as they look on a terminal."""
    answer = "\n".join(told(folder, command, code).splitlines()[keep])
    return f"```console\n$ {command}\n{answer}\n```\n"


def let_a_year_pass(city: Path) -> str:
    """Change the buildings of a city: some torn down, some built, some fuller. Say what."""
    rng = np.random.default_rng(SEED)
    layers = {str(name): gpd.read_file(city, layer=name) for name, _ in pyogrio.list_layers(city)}
    homes = layers["buildings"].sort_values("building_id", ignore_index=True)
    dwellings = homes[(homes["households"] > 20) & (homes["households"] < 150)].index.to_numpy()
    first, second, *others = rng.permutation(dwellings)
    points = homes.geometry.centroid[dwellings]
    near = [dwellings[points.distance(points[i]).argsort(kind="stable")] for i in (first, second)]
    gone = near[0][:8]
    fuller = [i for i in near[1] if i not in gone][:10]
    parents = [i for i in others if i not in {*gone, *fuller}][:6]
    homes.loc[fuller, "households"] = (homes.loc[fuller, "households"] * 1.5).round()
    built = homes.loc[parents].copy()
    built["building_id"] = [f"NEW{i:03}" for i in range(len(built))]
    built["households"] = rng.integers(30, 90, len(built))
    halves = []
    for i in parents:  # a new wing takes half of a building's ground
        west, south, east, north = homes.geometry[i].bounds
        halves.append(shapely.box(west, south, (west + east) / 2, north))
    shapes = homes.geometry[parents].to_numpy()
    built.geometry = shapely.intersection(shapes, halves)
    homes.loc[parents, "geometry"] = shapely.difference(shapes, halves)
    now = pd.concat([homes.drop(index=gone), built], ignore_index=True)
    layers["buildings"] = gpd.GeoDataFrame(now, crs=homes.crs).sort_values("building_id")
    city.unlink()
    for name, layer in layers.items():
        layer.to_file(city, layer=name, driver="GPKG")
    register = city.parent / "register.csv"
    rows = pd.read_csv(register, encoding="utf-8-sig")
    rows = rows[~rows["building_id"].isin(homes["building_id"][gone])]
    more = rows["building_id"].isin(homes["building_id"][fuller])
    rows.loc[more, "households"] = (rows.loc[more, "households"] * 1.5).round().astype(int)
    new = pd.DataFrame(built[["building_id", "households"]]).assign(stairwell=1)
    rows = pd.concat([rows, new.assign(persons=new["households"] * 2)], ignore_index=True)
    rows.fillna(0).to_csv(register, index=False, encoding="utf-8-sig")
    before, after = int(homes.loc[gone, "households"].sum()), int(built["households"].sum())
    return (
        f"{len(gone)} buildings with {before} households are torn down, {len(built)} with {after} "
        f"are built, and {len(fuller)} hold half as many households again."
    )


def year(folder: Path) -> str:
    """Everything from the first division to the second, as Markdown."""
    told(folder, "gridplan sample city --communities 3")
    config = folder / "city" / "sample.toml"
    text = config.read_text("utf-8")
    config.write_text(text + '\n[codes]\nregister = "../grids.sqlite"\n', "utf-8")
    usual = "--no-maps --effort 0.2"
    again = "gridplan redivide city/sample.toml --previous 2026 -o 2027 --date 2027-01-01"
    parts = [
        "In January the city is divided for the first time and the codes are issued.\n",
        block(folder, f"gridplan partition city/sample.toml -o 2026 --date 2026-01-01 {usual}",
              slice(-3, None)),
        block(folder, "gridplan codes issue 2026 --register grids.sqlite --date 2026-01-01"),
        "A year passes: " + let_a_year_pass(folder / "city" / "city.gpkg"),
        "What does that mean for the grids?\n",
        block(folder, f"{again} --max-change 5% {usual}", code=3),
        "The ceiling cannot be held, and the reasons are named. The office allows 7 %.\n",
        block(folder, f"{again} --max-change 7% {usual}", slice(-4, None)),
    ]  # fmt: skip
    table = pd.read_csv(folder / "2027" / "tables" / "before_after.csv", dtype=str,
                        encoding="utf-8-sig").fillna("")  # fmt: skip
    changed = table[(table["flag"] != "U") | (table["households_change"] != "0")]
    columns = ["grid_code", "flag", "households_before", "households_in", "households_out",
               "households_change", "households_after"]  # fmt: skip
    rows = changed[columns].to_numpy().tolist()
    head = ["grid_code", "flag", "before", "in", "out", "change", "after"]
    lines = [head, ["---"] * len(head), *rows]
    parts += [
        "`tables/before_after.csv` holds every grid; those that are not quite as they were:\n",
        "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n",
        "The office looks at `maps/before_after.png`, agrees, and issues the codes.\n",
        block(folder, "gridplan codes issue 2027 --register grids.sqlite --date 2027-01-01"),
    ]
    moved = changed[changed["households_out"] != "0"]["grid_code"]
    code = moved.iloc[0] if len(moved) else changed["grid_code"].iloc[0]
    parts.append(block(folder, f"gridplan codes history {code} --register grids.sqlite"))
    return "\n".join(parts)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        made = year(Path(place))
    page = PAGE.read_text("utf-8")
    head, rest = page.split(BEGIN)
    PAGE.write_text(head + BEGIN + "\n" + made + "\n" + END + rest.split(END)[1], "utf-8")
