"""Every section of the file but the inputs."""

from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Protocol, TypeVar

from pydantic import AfterValidator, Field, model_validator

from gridplan.config.kinds import (
    Amount,
    ColumnOrCount,
    Location,
    Maps,
    MetricCrs,
    Section,
    Share,
    Sheets,
    Tables,
    Text,
)

PROFILES = ("auto", "beijing-15", "cjt349-20", "cjt213-14", "gbt47678-15")


def _profile(value: str) -> str:
    if value in PROFILES:
        return value
    try:
        fields = {name for _, name, _, _ in Formatter().parse(value) if name is not None}
    except ValueError as error:
        raise ValueError(f'"{value}" is no pattern: {error}') from error
    if "seq" not in fields:
        known = ", ".join(f'"{name}"' for name in PROFILES)
        raise ValueError(
            f'"{value}" is neither a profile ({known}) nor a pattern with a number in it, '
            'such as "{community_code}-{seq:03}"'
        )
    return value


class Project(Section):
    """What the division is called and how it speaks."""

    name: Text = Field(description="Name of the district, printed on maps, tables and reports.")
    code: Annotated[str, Field(pattern="^[0-9A-Za-z-]{1,32}$")] | None = Field(
        default=None,
        description="Code of the district, the top level of the code register. Left out: the first "
        "six digits of the community codes, where all have 12 digits and these are the same; else "
        "the register begins with the streets.",
    )
    crs: MetricCrs | None = Field(
        default=None,
        description="Projected coordinate system in metres in which everything is computed and "
        "written, such as `EPSG:4547`. Left out: estimated from the communities.",
    )
    language: Literal["en", "zh"] = Field(
        default="en",
        description="Language of the workbook, maps, reports and layer aliases. "
        "CSV headings are always English.",
    )


class Topology(Section):
    """How boundaries are cleaned."""

    tolerance_m: float = Field(
        default=0.01,
        gt=0,
        le=10,
        description="Vertices nearer than this (metres) count as one when boundaries are cleaned.",
    )
    snap_community_m: Amount = Field(
        default=50.0,
        description="How far (metres) outside every community a unit may lie and still join the "
        "nearest one; each such unit is listed.",
    )
    gap_width_m: float = Field(
        default=2.0,
        ge=0,
        le=50,
        description="Gaps between communities narrower than this (metres) are digitising slips and "
        "are closed, also where they open to the outside. Wider ones stay, and are listed.",
    )
    max_overlap_m2: Amount = Field(
        default=1000.0,
        description="An overlap of two communities wider than `gap_width_m` is no slip: it is a "
        "warning, and an error above this (m²), however large the communities are.",
    )
    warn_moved_share: Share = Field(
        default=0.001,
        description="Share of a polygon's area that a repair may move before it is a warning.",
    )
    max_moved_share: Share = Field(
        default=0.01,
        description="Share of a community's area that a repair may move before it is an error.",
    )
    max_moved_unit_share: Share = Field(
        default=0.1,
        description="Share of a unit's area that a rebuilt ring may move before it is an error.",
    )


class Graph(Section):
    """When two units are neighbours."""

    min_shared_m: Amount = Field(
        default=1.0,
        description="Two units are neighbours where they share more than this length of border "
        "(metres); a corner is never a border.",
    )
    join_parts: bool = Field(
        default=True,
        description="Join a detached part that is too small to be a grid to the nearest part, "
        "and list it with the distance.",
    )
    barrier_near_m: Amount = Field(
        default=12.0,
        description="How near (metres) to a barrier line a border must run to count as along it. "
        "About half the width of a main road.",
    )


def _middle(data: dict[str, Any]) -> float:
    return (float(data["min"]) + float(data["max"])) / 2


class _Range(Protocol):
    min: int
    max: int
    target: float


R = TypeVar("R", bound=_Range)


def _in_order(limits: R) -> R:
    if limits.min >= limits.max:
        raise ValueError(f"min ({limits.min}) must be below max ({limits.max})")
    if not limits.min <= limits.target <= limits.max:
        raise ValueError(
            f"target ({limits.target:g}) must lie between min ({limits.min}) and max ({limits.max})"
        )
    return limits


def _community_pattern(value: str) -> str:
    if value == "auto":
        return value
    fields = sorted(name for _, name, _, _ in Formatter().parse(value) if name is not None)
    if fields != ["seq", "street_code"]:
        raise ValueError(
            f'"{value}" is no pattern with one {{street_code}} and one {{seq:03}}, such as '
            '"{street_code}{seq:03}"'
        )
    return value


class Grids(Section):
    """How large a residential grid is."""

    min: int = Field(
        default=250, ge=1, description="Fewest households of a residential grid; included."
    )
    max: int = Field(
        default=500, ge=1, description="Most households of a residential grid; included."
    )
    target: float = Field(
        default_factory=_middle,
        description="Households of an ideal grid, from which the balance term measures. "
        "Left out: the middle of the range.",
    )
    measure: Literal["households", "workload"] = Field(
        default="households",
        description="What the balance term makes even: households, or the load of `[workload]`; "
        "the range stays in households.",
    )
    count: ColumnOrCount | None = Field(
        default=None,
        description="Exact number of grids of every community: a number, or a column of the "
        "communities. Left out: gridplan chooses.",
    )

    _ordered = model_validator(mode="after")(_in_order)


class NewCommunities(Section):
    """How large a community is, where `--level community` divides the streets anew."""

    min: int = Field(default=1000, ge=1, description="Fewest households of a community; included.")
    max: int = Field(default=3000, ge=1, description="Most households of a community; included.")
    target: float = Field(
        default_factory=_middle,
        description="Households of an ideal community. Left out: the middle of the range.",
    )
    count: int | None = Field(
        default=None,
        ge=1,
        description="Exact number of communities of every street. Left out: gridplan chooses.",
    )
    change: Amount = Field(
        default=1.0,
        description="Weight of households that leave their old community; 0 draws the communities "
        "from nothing.",
    )
    profile: Annotated[str, AfterValidator(_community_pattern)] = Field(
        default="auto",
        description="How codes of new communities are written: a pattern with `{street_code}` and "
        "`{seq:03}`, or `auto`: as the existing codes are where these are their street's code and "
        'a number, else `"{street_code}-{seq:03}"`. No code that a community has or had is given '
        "to another.",
    )

    _ordered = model_validator(mode="after")(_in_order)


class Objective(Section):
    """What a good plan is worth. The weights of jurisdictions stand in their own sections."""

    per_grid: Amount = Field(default=0.0, description="Cost of every grid, as each needs a worker.")
    compactness: Amount = Field(
        default=1.0, description="Weight of the border between grids: short borders are good."
    )
    balance: Amount = Field(
        default=0.25, description="Weight of the squared deviation from the target."
    )
    barrier_discount: Share = Field(
        default=0.5,
        description="What a metre of border along a soft barrier counts: 0 nothing, 1 like any.",
    )
    change: Amount = Field(
        default=1.0,
        description="Weight of households that leave their old grid, when a plan is re-divided.",
    )


class Solve(Section):
    """How much work goes into the plan."""

    effort: float = Field(
        default=1.0,
        gt=0,
        description="Counted work, the same on every machine: 0.1 for a draft, 10 for the final "
        "plan.",
    )
    time_limit_s: Amount = Field(
        default=0.0,
        description="Safety stop in seconds for each community; 0: none. A community that it cuts "
        "may differ from run to run, and says so.",
    )
    seed: int = Field(
        default=0, ge=0, le=2**31 - 1, description="Seed of everything that is drawn by lot."
    )
    workers: int = Field(
        default=0,
        ge=0,
        description="Processes at work; 0: one for every core. Never changes the plan.",
    )


class Codes(Section):
    """How grids are numbered."""

    profile: Annotated[str, AfterValidator(_profile)] = Field(
        default="auto",
        description="Coding rule: `auto`, `beijing-15`, `cjt349-20`, `cjt213-14`, `gbt47678-15`, "
        'or a pattern such as `"{community_code}-{seq:03}"`. `auto` is `beijing-15` where every '
        "community code has 12 digits, else that pattern. A pattern may also hold `{object_class}` "
        "and `{kind}`.",
    )
    object_class: Annotated[str, Field(pattern="^[0-9A-Za-z]{0,12}$")] = Field(
        default="",
        description="What a code of `cjt349-20` begins with: six digits of CJ/T 348, the last two "
        "`00` for a major class. `{object_class}` in a pattern writes it too.",
    )
    residential_letter: Annotated[str, Field(pattern="^[0-9A-Za-z]{0,4}$")] = Field(
        default="R", description="What `{kind}` in a pattern writes for residential grids."
    )
    unit_letter: Annotated[str, Field(pattern="^[0-9A-Za-z]{0,4}$")] = Field(
        default="U", description="What `{kind}` in a pattern writes for unit grids."
    )
    unit_block: int | None = Field(
        default=None,
        ge=2,
        description="First number of a block reserved to unit grids, such as `901`; residential "
        "grids then count below it. Left out: both kinds count together. No national rule.",
    )
    register_: Location | None = Field(
        default=None,
        alias="register",
        description="The store that `gridplan codes issue` writes: a file, relative to this one, "
        "or a database address.",
    )

    @property
    def register(self) -> Path | str | None:
        """The code register; a property, as pydantic keeps the name for itself."""
        return self.register_


class Outputs(Section):
    """What is written beside the plan itself."""

    maps: Maps = Field(
        default=("png", "html"),
        description="Kinds of map: `png`, `pdf`, `svg`, and `html`, the interactive page "
        "`maps/index.html`; `[]` for none.",
    )
    sheets: Sheets = Field(
        default=("district", "street", "community", "grid"),
        description="Which sheets of paper `png`, `pdf`, `svg` and the atlas hold: the district, "
        "every street, every community, every grid.",
    )
    paper: Literal["A3", "8K"] = Field(
        default="A3",
        description="Paper of district, street and community sheets: `A3`, or `8K` (8开, 368 x 260 "
        "mm). A grid's sheet is A4.",
    )
    atlas: bool = Field(
        default=True,
        description="Bind the sheets of every street into `maps/atlas_<street_code>.pdf`, with "
        "bookmarks, where any map of paper is drawn.",
    )
    tables: Tables = Field(
        default=("csv", "xlsx"),
        description="Kinds of table. Without `xlsx` there is no workbook; CSV files are written in "
        "any case, as the audit and other commands read them.",
    )
    people: bool = Field(
        default=False,
        description="Write names and telephone numbers of people into tables, sheets and report; "
        "otherwise these fields are blank.",
    )
    report: bool = Field(
        default=True,
        description="Write `report.html` and `report.pdf`; `gridplan report` writes them again.",
    )
