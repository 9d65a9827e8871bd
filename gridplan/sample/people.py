"""The register of households by stairwell, and the people who serve them."""

import numpy as np
import pandas as pd

from gridplan.sample.kinds import Floats, Ints
from gridplan.sample.names import numbered, person_names

USUAL, GRID_MAX = 375, 500  # households of a usual grid, and of the largest
# People of each role that a community of one worker has, and how many households each may carry.
_ROLES = (
    ("grid_chief", 0.6, 1000),
    ("grid_worker", 1.0, 500),
    ("part_time_worker", 0.5, 250),
    ("branch_secretary", 0.35, 2000),
    ("police_officer", 0.35, 2000),
    ("group_leader", 1.0, 400),
    ("building_leader", 2.0, 150),
    ("cleaner", 0.7, 1000),
    ("volunteer", 1.0, 100),
)
# How many grids one may serve; of the other roles, one.
_GRIDS = {"grid_chief": 2, "branch_secretary": 4, "police_officer": 4, "cleaner": 2}

ZONE_OF_ROLE = {
    "police_officer": "police",
    "group_leader": "residents_groups",
    "cleaner": "sanitation",
}


def draw_register(
    buildings: pd.DataFrame, row: Ints, number: Ints, households: Ints, seed: int
) -> pd.DataFrame:
    """Register counted by stairwell.

    Columns: building_id, stairwell (1, 2, …), households, persons, elderly, rental, low_income
    (households with such a member, let to tenants, on low income).
    """
    rng = np.random.default_rng([seed, 10])
    elderly = rng.beta(3, 8, len(buildings))[row]
    rental = rng.beta(2, 7, len(buildings))[row]
    return pd.DataFrame(
        {
            "building_id": buildings["building_id"].to_numpy()[row],
            "stairwell": number,
            "households": households,
            "persons": households + rng.binomial(households * 3, 0.53),
            "elderly": rng.binomial(households, elderly),
            "rental": rng.binomial(households, rental),
            "low_income": rng.binomial(households, 0.02),
        }
    )


def draw_staff(
    communities: pd.DataFrame, homes: pd.DataFrame, short: Ints, shared: Ints, seed: int
) -> pd.DataFrame:
    """Staff table, with gaps on purpose.

    Parameters
    ----------
    communities
        community_code and households.
    homes
        community (row in ``communities``), x, y of places where people live, and the ids of the
        zones they lie in, one column a layer of ``ZONE_OF_ROLE``.
    short
        Rows of communities with one full-time worker fewer than any plan has grids, and no cleaner.
    shared
        Rows of communities with two fewer, whose first worker is down for three grids.
    seed
        Seed of the city.

    Returns
    -------
    pandas.DataFrame
        person_id, name, name_en, role, communities (code), zones (``layer:id``, missing where the
        role is not tied to one), home_x, home_y (project CRS, m), load_limit (households), grids
        (how many the person may serve), phone.
    """
    rng = np.random.default_rng([seed, 11])
    households = communities["households"].to_numpy(float)
    workers = np.where(households > 0, np.maximum(1, np.round(households / USUAL)), 0)
    fewest = np.maximum(1, np.ceil(households / GRID_MAX)).astype(np.int64)
    full_time = workers.astype(np.int64)
    full_time[short] = fewest[short] - 1
    full_time[shared] = np.maximum(1, fewest[shared] - 2)
    roles = [
        _role(
            role, limit, full_time if role == "grid_worker" else _count(workers, share, role, short)
        )
        for role, share, limit in _ROLES
    ]
    people: pd.DataFrame = pd.concat(roles, ignore_index=True)
    people = people.sort_values("community", kind="stable").reset_index(drop=True)
    first = ~people.duplicated(["community", "role"]) & (people["role"] == "grid_worker")
    triple = first & people["community"].isin(shared)
    people["grids"] = np.where(triple, 3, people["grids"])
    people["load_limit"] = np.where(triple, 1500, people["load_limit"])
    return _details(people, communities, homes, rng)


def _count(workers: Floats, share: float, role: str, short: Ints) -> Ints:
    """People of a role in every community."""
    count = np.where(workers > 0, np.maximum(1, np.round(workers * share)), 0).astype(np.int64)
    if role == "cleaner":
        count[short] = 0
    return count


def _role(role: str, limit: int, count: Ints) -> pd.DataFrame:
    community = np.repeat(np.arange(len(count)), count)
    grids = _GRIDS.get(role, 1)
    return pd.DataFrame({"community": community, "role": role, "grids": grids, "load_limit": limit})


def _details(
    people: pd.DataFrame, communities: pd.DataFrame, homes: pd.DataFrame, rng: np.random.Generator
) -> pd.DataFrame:
    """Ids, names and homes; people live in the community they serve."""
    homes = homes.sort_values("community", kind="stable")
    start = np.searchsorted(homes["community"], people["community"])
    stop = np.searchsorted(homes["community"], people["community"], side="right")
    # A community without homes is served from elsewhere: the clip picks the next one's.
    at = np.minimum(start + (rng.random(len(people)) * (stop - start)).astype(int), len(homes) - 1)
    zh, en = person_names(len(people), rng)
    number = np.arange(1, len(people) + 1)
    zones = pd.Series(pd.NA, index=people.index, dtype="str")
    for role, layer in ZONE_OF_ROLE.items():
        zones = zones.mask(people["role"] == role, layer + ":" + homes[layer].to_numpy()[at])
    return pd.DataFrame(
        {
            "person_id": numbered("P", number, max(5, len(str(len(people))))),
            "name": zh,
            "name_en": en,
            "role": people["role"],
            "communities": communities["community_code"].to_numpy()[people["community"]],
            "zones": zones,
            "home_x": np.round(homes["x"].to_numpy()[at], 1),
            "home_y": np.round(homes["y"].to_numpy()[at], 1),
            "load_limit": people["load_limit"],
            "grids": people["grids"],
            "phone": numbered("000-", number, 8),
        }
    )
