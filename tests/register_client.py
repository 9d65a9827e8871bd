"""A client of a register that lives dangerously: it may be killed at any moment and started again.

Its log tells what it was about to do (``try``) and what it was told is done (``done``).
"""

import json
from pathlib import Path

import numpy as np

from gridplan.errors import CodeError
from gridplan.register import ABOUT_REGISTER, adopt, open_register, retire
from gridplan.register.read import standing_of
from gridplan.register.store import Register
from tests.register_worlds import DAY, PROJECT, draft, numbered

COMMUNITIES = [f"1101010010{i:02d}" for i in range(1, 33)]
MANY, FEW = 6, 2  # grids of a community between which all operations are drawn alike


def work(address: str, log: str, client: int, quota: int) -> None:
    """Do operations until ``quota`` of them are done, those of earlier lives included."""
    path = Path(log)
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    whole = [line for line in lines if line.endswith("}")]  # a kill may cut the last one
    done = sum('"done"' in line for line in whole)
    dice = np.random.default_rng([client, len(lines)])
    with open_register(address, create=True) as register, path.open("a", encoding="utf-8") as out:
        out.write("\n")
        attempt = len(lines)
        if not register.exists():
            register.write(lambda _: None, about=ABOUT_REGISTER)
        while done < quota:
            attempt += 1
            name = f"{client}-{attempt}"
            community = COMMUNITIES[int(dice.integers(len(COMMUNITIES)))]
            if _operation(register, community, name, dice, out):
                done += 1
                _tell(out, {"done": name})


def _tell(out: object, record: dict[str, object]) -> None:
    out.write(json.dumps(record) + "\n")  # type: ignore[attr-defined]
    out.flush()  # type: ignore[attr-defined]


def _operation(
    register: Register, community: str, name: str, dice: np.random.Generator, out: object
) -> bool:
    """Draw and do one operation; false where another client was quicker."""
    standing = register.read(lambda c: standing_of(c, [community], [], PROJECT))
    groups = [dict(g.units) for g in standing.grids]
    kinds = ["issue"] if len(groups) < FEW else ["issue", "retire", "split", "merge"]
    kind = str(dice.choice(kinds if len(groups) < MANY else ["retire", "merge"]))
    try:
        if kind == "retire":
            code = standing.grids[int(dice.integers(len(groups)))].grid_code
            _tell(out, {"try": name, "kind": kind, "community": community, "code": code})
            retire(register, [code], name, DAY)
            return True
        grids = numbered(community, _changed(kind, groups, name, dice), standing)
        plan = {g.grid_code: sorted(g.units) for g in grids}
        _tell(out, {"try": name, "kind": kind, "community": community, "plan": plan})
        done = adopt(register, draft(*grids, source=name))
    except CodeError as error:
        if "register cannot be used" in str(error):
            raise
        return False
    return not done.already  # two clients had the same idea


def _changed(
    kind: str, groups: list[dict[str, int]], name: str, dice: np.random.Generator
) -> list[dict[str, int]]:
    """Change a division: one grid more, one cut in two, or two made one."""
    order = [groups[i] for i in dice.permutation(len(groups))]
    if kind == "split":
        order.sort(key=len, reverse=True)
        ids = sorted(order[0])
        half = len(ids) // 2
        if half:
            parts = [{u: order[0][u] for u in ids[:half]}, {u: order[0][u] for u in ids[half:]}]
            return [*order[1:], *parts]
    if kind == "merge":
        order.sort(key=len)
        return [*order[2:], order[0] | order[1]]
    return [*order, {f"{name}/{i}": 100 for i in range(4)}]
