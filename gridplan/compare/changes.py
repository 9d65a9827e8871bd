"""What became of every grid and of every unit between two plans."""

import pandas as pd

UNCHANGED, SPLIT, MERGED, REDRAWN, CREATED, RETIRED = "U", "S", "M", "X", "C", "R"


def changed_grids(pairs: pd.DataFrame, match: dict[str, str]) -> pd.DataFrame:
    """Tell what became of every grid, beside its partner in the other plan.

    ``change`` is U (unchanged: none of its units moved), S (split: all of it lies in several new
    grids, each wholly from it), M (merged: several old grids lie wholly in one new), X (redrawn
    otherwise), C (created: nothing of it was in an old grid) or R (retired: nothing of it is in a
    new one).

    Parameters
    ----------
    pairs
        ``agreement.crosswalk``.
    match
        ``agreement.best_match`` of it.

    Returns
    -------
    pandas.DataFrame
        ``old_grid``, ``new_grid`` ("" without partner), ``change``, ``households_old``,
        ``households_new``, ``households_shared``, ``households_left`` (of the old grid, now
        elsewhere), ``households_joined`` (of the new grid, from elsewhere), ``share_of_old``,
        ``share_of_new``; every grid of either plan once, sorted.
    """
    old = pairs[pairs["old_grid"] != ""].groupby("old_grid")["households"].sum()
    new = pairs[pairs["new_grid"] != ""].groupby("new_grid")["households"].sum()
    taken = set(match.values())
    rows = [(str(g), match.get(str(g), "")) for g in old.index]
    rows += [("", str(g)) for g in new.index if g not in taken]
    table = pd.DataFrame(rows, columns=["old_grid", "new_grid"])
    kind = change_kinds(pairs)
    table["change"] = [
        kind[("old", a)] if a else kind[("new", b)]
        for a, b in zip(table["old_grid"], table["new_grid"], strict=True)
    ]
    shared = pairs.set_index(["old_grid", "new_grid"])["households"]
    table["households_old"] = table["old_grid"].map(old).fillna(0).astype("int64")
    table["households_new"] = table["new_grid"].map(new).fillna(0).astype("int64")
    keys = zip(table["old_grid"], table["new_grid"], strict=True)
    table["households_shared"] = [int(shared.get((a, b), 0)) if a and b else 0 for a, b in keys]
    table["households_left"] = table["households_old"] - table["households_shared"]
    table["households_joined"] = table["households_new"] - table["households_shared"]
    for side in ("old", "new"):
        total = table[f"households_{side}"]
        share = table["households_shared"] / total.where(total > 0)
        table[f"share_of_{side}"] = share.fillna(0.0)
    return table.sort_values(["old_grid", "new_grid"], kind="stable", ignore_index=True)


def change_kinds(pairs: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Kind of change of every grid, by side (``old``, ``new``) and grid.

    Units that only one plan has change nothing here: a grid with one building more is unchanged.
    """
    heirs, sources = _relations(pairs, "old_grid"), _relations(pairs, "new_grid")
    kinds: dict[tuple[str, str], str] = {}
    for grid in sorted(set(pairs["old_grid"]) - {""}):
        kinds["old", grid] = _kind(grid, heirs, sources, several=SPLIT, one=MERGED) or RETIRED
    for grid in sorted(set(pairs["new_grid"]) - {""}):
        kinds["new", grid] = _kind(grid, sources, heirs, several=MERGED, one=SPLIT) or CREATED
    return kinds


Relations = dict[str, set[str]]


def _relations(pairs: pd.DataFrame, side: str) -> Relations:
    """Grids of the other plan that share a unit with each grid of this one."""
    other = "new_grid" if side == "old_grid" else "old_grid"
    both = pairs[(pairs["old_grid"] != "") & (pairs["new_grid"] != "")]
    found: Relations = {}
    for grid, partner in zip(both[side], both[other], strict=True):
        found.setdefault(str(grid), set()).add(str(partner))
    return found


def _kind(grid: str, there: Relations, back: Relations, *, several: str, one: str) -> str:
    """Kind of change of one grid; "" where nothing of it is in the other plan."""
    others = there.get(grid, set())
    if not others:
        return ""
    if len(others) == 1:
        partner = next(iter(others))
        if back[partner] == {grid}:
            return UNCHANGED
        return one if all(there[g] == others for g in back[partner]) else REDRAWN
    return several if all(back[o] == {grid} for o in others) else REDRAWN


def moved_units(units: pd.DataFrame, match: dict[str, str]) -> pd.DataFrame:
    """List the units whose grid is not the partner of the grid they were in.

    Parameters
    ----------
    units
        ``unit_id``, ``households``, ``old_grid``, ``new_grid``.
    match
        New grid by old grid.

    Returns
    -------
    pandas.DataFrame
        ``unit_id``, ``households``, ``old_grid``, ``new_grid``, ``expected_grid`` (partner of the
        old one), ``what`` (``moved``, ``appeared``, ``vanished``), sorted by unit.
    """
    old, new = (units[side].fillna("").astype(str) for side in ("old_grid", "new_grid"))
    expected = old.map(match).fillna("")
    what = pd.Series("moved", index=units.index, dtype=object)
    what = what.mask(old == "", "appeared").mask((new == "") & (old != ""), "vanished")
    table = pd.DataFrame(
        {
            "unit_id": units["unit_id"],
            "households": units["households"],
            "old_grid": old,
            "new_grid": new,
            "expected_grid": expected,
            "what": what,
        }
    )
    moved = (expected != new) & ((old != "") | (new != ""))
    return table[moved].sort_values("unit_id", kind="stable", ignore_index=True)
