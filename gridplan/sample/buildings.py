"""Buildings on lots: places in rows, footprints, floors, stairwells, households."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely

from gridplan.sample.kinds import HOMES, USES, Bools, Floats, Ints, Use
from gridplan.sample.lots import uses_of
from gridplan.sample.warp import Frames, Warp

COMPOUND_FLATS = 470
VACANT_SHARE = 0.035

_RECT = [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
_CROSS = [
    (-0.28, -0.5), (0.28, -0.5), (0.28, -0.22), (0.5, -0.22), (0.5, 0.26), (0.28, 0.26),
    (0.28, 0.5), (-0.28, 0.5), (-0.28, 0.26), (-0.5, 0.26), (-0.5, -0.22), (-0.28, -0.22),
]  # fmt: skip
_ELL = [(-0.5, -0.5), (0.5, -0.5), (0.5, -0.05), (-0.1, -0.05), (-0.1, 0.5), (-0.5, 0.5)]
_YARD = [
    (-0.5, -0.5), (-0.22, -0.5), (-0.22, 0.1), (0.22, 0.1), (0.22, -0.5), (0.5, -0.5),
    (0.5, 0.5), (-0.5, 0.5),
]  # fmt: skip
_NOTCHED = [
    (-0.5, -0.5), (0.5, -0.5), (0.5, 0.32), (0.16, 0.32), (0.16, 0.5), (-0.16, 0.5),
    (-0.16, 0.32), (-0.5, 0.32),
]  # fmt: skip
SHAPES = tuple(np.array(s) for s in (_RECT, _CROSS, _ELL, _YARD, _NOTCHED))
RECT, CROSS, ELL, YARD, NOTCHED = range(5)


@dataclass(frozen=True)
class Rules:
    """``USES`` as columns, indexed by use."""

    pitch_u: Floats
    pitch_v: Floats
    length: Floats
    depth: Floats
    gap_u: Floats
    gap_v: Floats
    stair_m: Floats
    keep: Floats
    floors: Ints
    flats: Ints


def _rules() -> Rules:
    def column(name: str) -> Floats:
        return np.array([getattr(use, name) for use in USES], float)

    return Rules(
        pitch_u=column("pitch_u"),
        pitch_v=column("pitch_v"),
        length=column("length"),
        depth=column("depth"),
        gap_u=column("gap_u"),
        gap_v=column("gap_v"),
        stair_m=column("stair_m"),
        keep=column("keep"),
        floors=np.array([use.floors for use in USES]),
        flats=np.array([use.flats for use in USES]),
    )


def draw_buildings(lots: pd.DataFrame, warp: Warp, seed: int) -> pd.DataFrame:
    """One row per building.

    Columns: lot, use (``Use``), u, v (centre, lattice metres), length, depth (m), shape, floors,
    stairwells, flats (per floor and stairwell; 0 where nobody lives), geometry (shapely polygons).
    """
    rng = np.random.default_rng([seed, 6])
    rules = _rules()
    places, frames = _places(lots, rules, warp, rng)
    places, frames = _footprints(places, frames, rules, rng)
    _storeys(places, rules, lots, rng)
    places["shape"] = _shapes(places, rng)
    places["geometry"] = _outlines(places, frames, warp)
    return places


def _places(
    lots: pd.DataFrame, rules: Rules, warp: Warp, rng: np.random.Generator
) -> tuple[pd.DataFrame, Frames]:
    """Rows and columns of places on every built lot."""
    built = np.flatnonzero(uses_of(lots) >= 0)
    use = uses_of(lots)[built]
    u0, v0 = lots["u0"].to_numpy()[built], lots["v0"].to_numpy()[built]
    width, height = lots["u1"].to_numpy()[built] - u0, lots["v1"].to_numpy()[built] - v0
    # A lot keeps one rhythm: some rows of short buildings, some of long ones.
    rhythm = np.where(
        np.isin(use, [Use.OPEN_SLAB, Use.GATED_SLAB]), rng.uniform(1.0, 1.5, len(use)), 1
    )
    columns = np.maximum(1, width // (rules.pitch_u[use] * rhythm)).astype(np.int64)
    rows = np.maximum(1, (height + 8.0) // rules.pitch_v[use]).astype(np.int64)
    held = columns * rows
    lot = np.repeat(np.arange(len(use)), held)
    k = np.arange(held.sum()) - (np.cumsum(held) - held)[lot]
    slot_u, slot_v = (width / columns)[lot], (height / rows)[lot]
    park = (use == Use.PARK)[lot]  # a pavilion leaves room for the pond
    u = u0[lot] + (k % columns[lot] + np.where(park, 0.28, 0.5)) * slot_u
    v = v0[lot] + (k // columns[lot] + np.where(park, 0.25, 0.5)) * slot_v
    places = pd.DataFrame(
        {"lot": built[lot], "use": use[lot], "u": u, "v": v, "slot_u": slot_u, "slot_v": slot_v}
    )
    frames = warp.frames(u, v)
    places["slot_u"] *= frames.stretch_u
    places["slot_v"] *= frames.stretch_v
    kept = rng.random(len(places)) < rules.keep[places["use"]]
    return places[kept].reset_index(drop=True), _pick(frames, kept)


def _pick(frames: Frames, kept: Bools) -> Frames:
    return Frames(
        frames.along[kept],
        frames.across[kept],
        frames.skew[kept],
        frames.stretch_u[kept],
        frames.stretch_v[kept],
    )


def _footprints(
    places: pd.DataFrame, frames: Frames, rules: Rules, rng: np.random.Generator
) -> tuple[pd.DataFrame, Frames]:
    """Length, depth and stairwells; places too small for a building stay open."""
    use = places["use"].to_numpy()
    length = np.minimum(rules.length[use], places["slot_u"] - rules.gap_u[use])
    depth = np.minimum(rules.depth[use], places["slot_v"] - rules.gap_v[use])
    vary = rng.uniform(0.85, 1.0, len(use))
    stair_m = rules.stair_m[use]
    lined = stair_m > 0
    stairs = np.where(
        lined, (length * np.where(vary < 0.9, 0.85, 1.0)) // np.maximum(stair_m, 1), 1
    )
    towers = HOMES[use] & ~lined
    stairs = np.where(use == Use.GREAT_TOWER, 4, stairs)
    length = np.where(lined, stairs * stair_m, np.where(towers, length, length * vary))
    # Some places hold a shed for bicycles or a boiler instead of a slab.
    service = lined & (use != Use.ISLAND) & (rng.random(len(use)) < 0.05)
    places["length"] = np.where(service, np.minimum(length, 17.0), length)
    places["depth"] = np.where(service, np.minimum(depth, 7.0), depth)
    kiosk = (use == Use.SHOPS) & (rng.random(len(use)) < 0.12)
    places["length"] = np.where(kiosk, 5.0, places["length"])
    places["depth"] = np.where(kiosk, 4.0, places["depth"])
    places["kiosk"] = kiosk
    places["stairwells"] = np.where(HOMES[use] & ~service, stairs, 0).astype(np.int64)
    fits = (length >= 8.0) & (depth >= 6.0) & (service | (stairs >= 1))
    fits &= ~towers | ((length >= 20.0) & (depth >= 16.0))
    return places[fits].reset_index(drop=True), _pick(frames, fits.to_numpy())


def _storeys(
    places: pd.DataFrame, rules: Rules, lots: pd.DataFrame, rng: np.random.Generator
) -> None:
    """Floors and flats; walled compounds stay below ``COMPOUND_FLATS``, the planted one apart."""
    use = places["use"].to_numpy()
    stairs = places["stairwells"].to_numpy()
    drawn = rng.integers(rules.floors[use, 0], rules.floors[use, 1] + 1)
    by_lot = rng.random(len(lots))[places["lot"]]
    spread = rules.floors[use, 1] - rules.floors[use, 0]
    common = rules.floors[use, 0] + np.round(by_lot * spread).astype(np.int64)
    floors = np.where(rng.random(len(use)) < 0.75, common, drawn)
    flats = rng.integers(rules.flats[use, 0], rules.flats[use, 1] + 1)
    flats = np.where(stairs > 0, flats, 0)
    per_floor = np.bincount(places["lot"], stairs * flats, len(lots))[places["lot"]]
    limit = np.maximum(COMPOUND_FLATS // np.maximum(per_floor, 1), 2).astype(np.int64)
    capped = lots["gated"].to_numpy()[places["lot"]]
    floors = np.where(capped, np.minimum(floors, limit), floors)
    # Planted compounds come to their number of flats whatever their lot holds.
    wanted = lots["flats"].to_numpy()[places["lot"]]
    floors = np.where(wanted > 0, np.ceil(wanted / np.maximum(per_floor, 1)), floors)
    places["floors"] = np.where((stairs == 0) & HOMES[use], 1, floors).astype(np.int64)
    places["flats"] = flats


def _shapes(places: pd.DataFrame, rng: np.random.Generator) -> Ints:
    """Index into ``SHAPES`` by use."""
    use = places["use"].to_numpy()
    roll = rng.random(len(use))
    shape = np.zeros(len(use), np.int64)
    towers = np.isin(use, [Use.GATED_TOWER, Use.BIG_COMPOUND])
    shape = np.where(towers, np.where(roll < 0.7, CROSS, NOTCHED), shape)
    slabs = np.isin(use, [Use.GATED_SLAB, Use.GREAT_TOWER])
    shape = np.where(slabs & (places["stairwells"] > 0) & (roll < 0.5), NOTCHED, shape)
    public = np.isin(use, [Use.SCHOOL, Use.HOSPITAL, Use.CAMPUS, Use.OFFICE])
    return np.where(public, np.select([roll < 0.35, roll < 0.6], [ELL, YARD], RECT), shape)


def _outlines(places: pd.DataFrame, frames: Frames, warp: Warp) -> Floats:
    """Footprints: homes at right angles, large sheds and halls askew like their lot."""
    centre = warp(places["u"].to_numpy(), places["v"].to_numpy())
    homes = HOMES[places["use"]][:, None]
    lean = frames.skew / frames.stretch_v[:, None]
    across = np.where(homes, frames.across, lean)
    half_a = frames.along * places["length"].to_numpy()[:, None]
    half_b = across * places["depth"].to_numpy()[:, None]
    outlines = np.empty(len(places), object)
    shape = places["shape"].to_numpy()
    for k, corners in enumerate(SHAPES):
        mine = shape == k
        a, b = corners[:, 0][None, :, None], corners[:, 1][None, :, None]
        ring = centre[mine][:, None] + a * half_a[mine][:, None] + b * half_b[mine][:, None]
        outlines[mine] = shapely.polygons(np.round(ring, 2))
    return outlines


def households_by_stairwell(buildings: pd.DataFrame, seed: int) -> tuple[Ints, Ints, Ints]:
    """Row of the building, number of the stairwell and households for every stairwell."""
    rng = np.random.default_rng([seed, 7])
    stairs = buildings["stairwells"].to_numpy()
    row = np.repeat(np.arange(len(buildings)), stairs)
    number = np.arange(len(row)) - (np.cumsum(stairs) - stairs)[row] + 1
    flats = (buildings["floors"] * buildings["flats"]).to_numpy()[row]
    return row, number, flats - rng.binomial(flats, VACANT_SHARE)
