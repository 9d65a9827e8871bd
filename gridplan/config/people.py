"""The sections about people: roles, the catalogue of duties, the workload of a grid."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, model_validator

from gridplan.config.kinds import Amount, Column, LayerName, Location, Section, Text, Texts


class Role(Section):
    """One role of the people who carry grids, `[people.roles.NAME]`: by its key, as staff have it.

    Shipped: `grid_chief`, `grid_worker`, `part_time_worker`, `branch_secretary`, `police_officer`,
    `group_leader`, `building_leader`, `cleaner`, `volunteer`; a key given here changes one of them
    and keeps the rest. No readable standard sets these numbers: they are ours.
    """

    name: str = Field(default="", description="Its name in English; left out: from the key.")
    name_zh: str = Field(default="", description="Its name in Chinese.")
    words: Texts = Field(
        default=(), description="What else the staff table may call it, besides key and names."
    )
    per_grid: int = Field(
        default=0, ge=0, description="How many a residential grid needs; fewer is a finding."
    )
    per_unit_grid: int = Field(
        default=0, ge=0, description="How many a unit grid needs, beside the body that answers."
    )
    most: int | None = Field(
        default=None,
        ge=1,
        description="How many a grid may have. Left out: as many as there are; they share the "
        "grid, and their load limits are not judged unless this is 1.",
    )
    serves: int = Field(
        default=1,
        ge=1,
        description="How many grids one person may serve; the staff table may say more for one "
        "person, and who then serves more is listed.",
    )
    load_limit: float | None = Field(
        default=None,
        gt=0,
        description="Most households of one person's grids, where the staff table has none.",
    )
    full_time: bool = Field(
        default=False, description="Whether a grid with one counts as covered in the statistics."
    )


ROLES: Mapping[str, Role] = MappingProxyType(
    {
        "grid_chief": Role(name="Grid chief", name_zh="网格长", per_grid=1, most=1, serves=2),
        "grid_worker": Role(
            name="Full-time worker",
            name_zh="专职网格员",
            words=("网格员", "full-time grid worker"),
            per_grid=1,
            most=1,
            full_time=True,
        ),
        "part_time_worker": Role(name="Part-time worker", name_zh="兼职网格员"),
        "branch_secretary": Role(
            name="Branch secretary", name_zh="党支部书记", per_grid=1, most=1, serves=4
        ),
        "police_officer": Role(
            name="Police officer",
            name_zh="社区民警",
            words=("民警",),
            per_grid=1,
            most=1,
            serves=4,
        ),
        "group_leader": Role(name="Residents' group leader", name_zh="居民小组长"),
        "building_leader": Role(name="Building leader", name_zh="楼栋长", words=("楼门长",)),
        "cleaner": Role(name="Cleaner", name_zh="保洁员", per_grid=1, most=1, serves=2),
        "volunteer": Role(name="Volunteer", name_zh="志愿者"),
    }
)
"""Roles that are there without being configured."""


class People(Section):
    """How the people of `[inputs.staff]` are proposed for grids.

    First the fewest missing, then the least load above limits, then nobody idle; among what is
    left, the least of the three prices below, which count kilometres.
    """

    change: Amount = Field(
        default=3.0,
        description="Price of a grid that is not among last year's, for who had any (km).",
    )
    zone: Amount = Field(
        default=2.0,
        description="Price of a grid wholly outside the person's zones (km); in part, by share of "
        "its households.",
    )
    distance: Amount = Field(
        default=1.0, description="Price of a kilometre from the person's home to the grid."
    )
    reach_m: float = Field(
        default=3000.0,
        gt=0,
        description="How far (metres) from home grids are sought for who names neither a "
        "community nor a zone.",
    )
    roles: dict[LayerName, Role] = Field(
        default_factory=dict, description="`[people.roles.NAME]`: roles."
    )

    def all_roles(self) -> dict[str, Role]:
        """Every role by its key: the shipped ones as changed, then new ones, names filled in."""
        found = {}
        for key in [*ROLES, *(key for key in self.roles if key not in ROLES)]:
            given = self.roles.get(key)
            own = {} if given is None else {n: getattr(given, n) for n in given.model_fields_set}
            role = ROLES.get(key, Role()).model_copy(update=own)
            name = role.name or key.replace("_", " ").capitalize()
            found[key] = role.model_copy(update={"name": name, "name_zh": role.name_zh or name})
        return found


class Duties(Section):
    """What is to be done in every grid, and who answers: `tables/duties`. Left out: no such table.

    Nine common items are shipped; a catalogue of your own adds to them ("9 + X").
    """

    catalogue: Location | None = Field(
        default=None,
        description="TOML file with items of your own; one with the key of a shipped item "
        "replaces it. `docs/people.md` tells its keys.",
    )
    common: bool = Field(default=True, description="Whether the nine shipped items are in.")


class Category(Section):
    """One kind of work beside the households, `[workload.categories.NAME]`."""

    of: Literal[
        "households", "units", "facilities", "institutions", "public_spaces", "buildings"
    ] = Field(
        description="What is counted: a column of the register of `[inputs.households]` or of the "
        "units, or the features of a layer."
    )
    column: Column | None = Field(
        default=None,
        description="Column with numbers (a blank is 0), or flags such as 1, yes or 是; required "
        "of `households` and `units`.",
    )
    kinds: Texts = Field(
        default=(), description="Of the features of a layer, only those of these kinds."
    )
    weight: Amount = Field(
        default=1.0, description="What one counts, in households that ask for nothing more."
    )

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        of_table = self.of in ("households", "units")
        if of_table and self.column is None:
            raise ValueError(f"column is missing: name the column of the {self.of} that counts it")
        if not of_table and self.column is not None:
            raise ValueError(f"column has no meaning for {self.of}, whose features are counted")
        if of_table and self.kinds:
            raise ValueError(f"kinds has no meaning for {self.of}, whose column is counted")
        return self


class Workload(Section):
    """How much work a grid is: `tables/workload`. Left out: no such table.

    Households, plus categories by weight, plus the daily walk: from the community's office along
    the roads past every building of the grid and back. The weights are ours, no standard's.
    """

    office: Text | None = Field(
        default=None,
        description="Kind of the facilities that are the communities' offices, where the walk "
        "begins and ends. Left out: it begins at any building.",
    )
    per_walk_km: Amount = Field(
        default=20.0,
        description="What a kilometre of the walk counts, in households.",
    )
    walk_limit_m: float = Field(
        default=5000.0, gt=0, description="A walk longer than this (metres) is a finding."
    )
    categories: dict[LayerName, Category] = Field(
        default_factory=dict, description="`[workload.categories.NAME]`: what else is counted."
    )
