"""The section that decides which institutions are unit grids."""

from pydantic import Field

from gridplan.config.kinds import Amount, Section, Share, Text


class Override(Section):
    """What planners have decided about one institution, against or beside its tests."""

    unit_grid: bool = Field(description="Whether it is a unit grid, whatever the tests say.")
    reason: Text = Field(description="Why; written into `tables/institution_decisions`.")


class InstitutionRules(Section):
    """When an institution stands as a unit grid of its own: five tests, all to be passed.

    No readable standard sets these numbers: the defaults are ours. A measure whose column
    `[inputs.institutions]` does not name is unknown, and what is unknown passes no test.
    """

    unit_grids: bool = Field(
        default=True,
        description="Whether institutions may be unit grids; `false`: only those of the overrides.",
    )
    max_parts: int = Field(
        default=1,
        ge=1,
        description="Test 1, *whole*: most separate parts of the premises. Only the largest part "
        "in a community becomes ground of its unit grid.",
    )
    min_compactness: Share = Field(
        default=0.15,
        description="Test 1, *whole*: least compactness 4πA/P² of the premises; a circle has 1, a "
        "strip of 1 to 20 has 0.14.",
    )
    min_area_m2: Amount = Field(
        default=10_000.0,
        description="Test 2, *large*: one of four is enough: area of the premises (m²),",
    )
    min_floor_area_m2: Amount = Field(
        default=20_000.0, description="or floor space of its buildings (m²),"
    )
    min_staff: Amount = Field(
        default=100.0, description="or people who work there (British workplace zones: 100),"
    )
    min_students: Amount = Field(default=500.0, description="or pupils and students.")
    min_nonresidential_share: Share = Field(
        default=0.5,
        description="Test 3, *non-residential*: least share of the ground under units of the "
        "premises that belongs to units without households (of their number where all are points).",
    )
    max_households: int = Field(
        default=100,
        ge=0,
        description="Test 3, *non-residential*: most households on the premises (dormitories).",
    )
    min_clear_border: Share = Field(
        default=0.5,
        description="Test 3, *non-residential*: least share of the border that is clear: along a "
        "road or a barrier, or a boundary of its own with no dwelling on it.",
    )
    road_near_m: Amount = Field(
        default=12.0,
        description="How near (metres) to a road or a barrier a border counts as along it.",
    )
    dwelling_near_m: Amount = Field(
        default=1.0,
        description="How near (metres) to the border a dwelling stands on it: there the boundary "
        "is not the institution's own.",
    )
    min_years: Amount = Field(
        default=3.0,
        description="Test 4, *permanent*: least years that it will stand, where `years` is given "
        "instead of the flag `permanent`.",
    )
    min_part_m2: Amount = Field(
        default=1000.0,
        description="Premises that cross communities make one unit grid in each; a part in a "
        "community smaller than this (m²) stays with the residential ground beside it.",
    )
    overrides: dict[str, Override] = Field(
        default_factory=dict,
        description="`[institutions.overrides.ID]`: decisions of planners, by institution.",
    )
