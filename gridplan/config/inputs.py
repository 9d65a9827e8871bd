"""The layers and tables that a job reads."""

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, model_validator

from gridplan.config.kinds import Column, ColumnOrOne, Crs, LayerName, Location, Section, Text


class Options(Section):
    """What every input may say about itself."""

    layer: Text | None = Field(
        default=None,
        description="Layer, table or sheet inside the file. Left out: its only one.",
    )
    where: Text | None = Field(
        default=None, description='Filter on attributes, such as `"MAJORROAD = 1"`.'
    )
    encoding: Text | None = Field(
        default=None, description="Encoding of the text, such as `gbk`. Left out: told by evidence."
    )
    crs: Crs | None = Field(
        default=None,
        description="Coordinate system of the layer, where its file has none or a wrong one.",
    )
    datum: Literal["gcj02", "bd09"] | None = Field(
        default=None, description="Shifted datum of a Chinese web map, to be undone."
    )


class Source(Options):
    """An input with a place to read it from."""

    path: Location = Field(
        description="File, folder or database address, relative to this file. "
        "Left out: the path of `[inputs]`."
    )


class Communities(Source):
    """The communities: polygons. Every grid lies in exactly one."""

    code: Column = Field(description="Column with the community's code.")
    name: Column | None = Field(default=None, description="Column with its name.")
    street: Column | None = Field(
        default=None, description="Column with the code of the street office it belongs to."
    )
    households: Column | None = Field(
        default=None,
        description="Column with the households of the whole community. Where no unit of it has "
        "any by a register or a column, they are spread over its units by floor area (footprint × "
        "floors): an estimate, and stated as one.",
    )


class Streets(Source):
    """The street offices (subdistricts): polygons. Left out: dissolved from the communities."""

    code: Column = Field(description="Column with the street's code.")
    name: Column | None = Field(default=None, description="Column with its name.")


class Units(Source):
    """The basic units: buildings, lots or blocks (polygons), or address points."""

    id: Column = Field(description="Column with the unit's id, unique.")
    households: ColumnOrOne | None = Field(
        default=None,
        description="Column with the households of a unit, or 1 where each unit is one household. "
        "Required unless `[inputs.households]` or `[inputs.communities] households` is given.",
    )
    household_basis: Literal["registered", "resident", "dwelling"] = Field(
        default="registered",
        description="What a household is here: a registered one (户籍), a resident one (常住) or "
        "a dwelling; printed on tables and maps.",
    )
    community: Column | None = Field(
        default=None,
        description="Column with the code of the unit's community; wins over geometry. Left out: "
        "the community with the largest share of its area, then the smallest code.",
    )
    keep_together: Column | None = Field(
        default=None,
        description="Column with the id of a block: units with the same one stay in one grid.",
    )
    persons: Column | None = Field(
        default=None,
        description="Column with the people of a unit: the population in statistics, unless the "
        "register gives it.",
    )
    address: Column | None = Field(
        default=None,
        description="Column with the address, for a register that is joined by it; several are "
        "separated by `;`.",
    )
    floors: Column | None = Field(
        default=None,
        description="Column with the number of floors that people live on, 0 for none; used where "
        "totals of communities are spread. Left out: every unit counts with its footprint alone.",
    )
    stairwells: Column | None = Field(
        default=None,
        description="Column with the stairwells of a building and their households, such as "
        '`"1:120;2:118"`. A building above the maximum is divided by them. Instead of '
        "`[inputs.stairwells]`.",
    )


class Register(Source):
    """A household register, table or points, counted into the units. Wins over their column."""

    unit: Column | None = Field(
        default=None,
        description="Column with the id of the unit. Left out: by `address`, else by the "
        "register's coordinates.",
    )
    address: Column | None = Field(
        default=None,
        description="Column with the address of a row, joined to `[inputs.units] address`: equal "
        "once width, case, spaces and the forms of 号, 幢, 单元 are made alike; a flat or "
        "stairwell that the units do not know is left off. Nothing is guessed: what fits no unit "
        "or several is listed.",
    )
    id: Column | None = Field(
        default=None,
        description="Column that names a household: a second row with the same one is listed and "
        "not counted.",
    )
    count: ColumnOrOne = Field(
        default=1, description="Column with the households of a row, or 1 where a row is one."
    )
    persons: Column | None = Field(
        default=None, description="Column with the people of a row: the population in statistics."
    )

    @model_validator(mode="after")
    def _one_key(self) -> Self:
        if self.unit is not None and self.address is not None:
            raise ValueError("give either unit (ids) or address, not both")
        return self


class Stairwells(Source):
    """Stairwells of buildings: a table. One above the maximum is divided by them.

    The footprint is cut across its long axis, in their order from west to east (from south to
    north where it stands upright), the area in proportion to the households. Each stairwell is then
    a unit of its own, such as `B12-1`.
    """

    unit: Column = Field(
        default="unit_id", description="Column with the id of the building, as the units have it."
    )
    stairwell: Column = Field(
        default="stairwell", description="Column with the name or number of the stairwell."
    )
    households: ColumnOrOne = Field(
        default="households",
        description="Column with the households of a row, or 1 where a row is one. Rows of the "
        "same stairwell add up.",
    )
    order: Column | None = Field(
        default=None,
        description="Column with numbers to order the stairwells by. Left out: by name, numbers in "
        "it by size.",
    )


class Zone(Options):
    """One jurisdiction layer, `[inputs.zones.NAME]`: polygons, or a column of the units."""

    path: Location | None = Field(
        default=None,
        description="File, folder or database address, relative to this file. "
        "Left out: the path of `[inputs]`.",
    )
    id: Column | None = Field(default=None, description="Column of the layer with the zone's id.")
    column: Column | None = Field(
        default=None, description="Column of the units with the zone's id, instead of a layer."
    )
    mode: Literal["soft", "nest", "whole"] = Field(
        default="soft",
        description="`soft`: alignment is worth its weight. `nest`: a grid never touches two "
        "zones. `whole`: a zone stays in one grid where it fits.",
    )
    weight: float = Field(
        default=1.0, ge=0, description="Cost of every needless cut of a zone, in `soft` mode."
    )

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.id is None) == (self.column is None):
            raise ValueError(
                "give either id (a column of the zone layer) or column (a column of the units), "
                f"not {'both' if self.id else 'neither'}"
            )
        given = {"path", "layer", "where", "encoding", "crs", "datum"} & self.model_fields_set
        if self.column is not None and given:
            raise ValueError(
                f"column means a column of the units, so {', '.join(sorted(given))} has no "
                f'meaning here; for a column of this layer write id = "{self.column}"'
            )
        return self


class Barrier(Source):
    """One kind of line or polygon that divides, `[inputs.barriers.NAME]`: roads, rivers, walls."""

    mode: Literal["soft", "hard"] = Field(
        default="soft",
        description="`soft`: a border along it is welcome. `hard`: no grid crosses it, except by "
        "a link.",
    )
    crossings: Literal["bridges", "roads", "links"] = Field(
        default="bridges",
        description="What joins the two sides of a hard barrier: besides `[inputs.links]`, the "
        "roads that `[inputs.roads] bridges` picks (`bridges`), every road that crosses it "
        "(`roads`), or nothing else (`links`). Each is listed.",
    )


class Objects(Source):
    """Features that are attributed to grids and drawn on maps."""

    id: Column | None = Field(
        default=None, description="Column with an id, unique. Left out: numbered in order."
    )
    name: Column | None = Field(default=None, description="Column with a name.")
    kind: Column | None = Field(default=None, description="Column with the kind.")


class Institutions(Objects):
    """Candidates for unit grids (hospitals, campuses, factories, markets): polygons or points.

    The section `institutions` says what makes one of them a unit grid.
    """

    floor_area: Column | None = Field(
        default=None, description="Column with the floor space of its buildings (m²)."
    )
    staff: Column | None = Field(
        default=None, description="Column with the number of people who work there."
    )
    students: Column | None = Field(
        default=None, description="Column with the number of pupils and students."
    )
    permanent: Column | None = Field(
        default=None, description="Column with a flag: 1, true, yes or 是 where it is permanent."
    )
    years: Column | None = Field(
        default=None,
        description="Column with the years that it will stand; instead of `permanent`.",
    )
    body: Column | None = Field(
        default=None,
        description="Column with the name of the body there that answers for the grid.",
    )

    @model_validator(mode="after")
    def _one_permanence(self) -> Self:
        if self.permanent is not None and self.years is not None:
            raise ValueError("give either permanent (a flag) or years (a number), not both")
        return self


class Facilities(Objects):
    """Public facilities, attributed to grids and drawn on maps: points or polygons."""


class Buildings(Objects):
    """Buildings to attribute and draw, where the units are something coarser: polygons."""


class PublicSpaces(Objects):
    """Squares, greens, playgrounds and car parks, attributed to grids: polygons or points."""


class Roads(Objects):
    """Roads: lines, attributed to grids and drawn on maps."""

    class_: Column | None = Field(
        default=None, alias="class", description="Column with the class of the road."
    )
    bridges: Text | None = Field(
        default=None,
        description="Filter that picks bridges and underpasses, such as "
        "`\"structure IN ('bridge', 'underpass')\"`; they join the two sides of a hard barrier.",
    )


class Links(Source):
    """Bridges, underpasses and enclaves: pairs of units that are neighbours all the same."""

    a: Column = Field(default="a", description="Column with the id of one unit.")
    b: Column = Field(default="b", description="Column with the id of the other.")
    note: Column | None = Field(default=None, description="Column with a remark.")


class Locks(Source):
    """What planners have settled: a table with the columns `kind`, `a`, `b`, `note`."""


class Staff(Source):
    """The people who carry the grids: a table, one row a person; see the section `people`.

    A column that is not named is looked for by its usual names, such as `person_id`, `role`,
    `communities`, `zones`, `home_x`, `home_y`, `load_limit`, `grids`.
    """

    id: Column | None = Field(
        default=None,
        description="Column with a number of the person, unique; it stands in tables, so it must "
        "be no identity card or telephone number.",
    )
    name: Column | None = Field(
        default=None,
        description="Column with the person's name; written only where `[outputs] people = true`.",
    )
    role: Column | None = Field(
        default=None, description="Column with the role: key, name or other word of one."
    )
    communities: Column | None = Field(
        default=None,
        description="Column with the codes of the communities served, separated by `;`.",
    )
    zones: Column | None = Field(
        default=None,
        description="Column with the zones served, as `layer:zone_id`, separated by `;`.",
    )
    home_x: Column | None = Field(
        default=None, description="Column with x of the home, in the project's CRS; never written."
    )
    home_y: Column | None = Field(default=None, description="Column with y of the home.")
    load_limit: Column | None = Field(
        default=None, description="Column with the most households of the person's grids."
    )
    grids: Column | None = Field(
        default=None, description="Column with the number of grids that the person may serve."
    )
    previous: Column | None = Field(
        default=None,
        description="Column with the codes of the grids served last year, separated by `;`.",
    )
    phone: Column | None = Field(
        default=None,
        description="Column with a telephone number; written only where `[outputs] people = true`.",
    )


class Inputs(Section):
    """The layers and tables that a job reads. Everything may come from one file."""

    path: Location | None = Field(
        default=None,
        description="File, folder or database address that every input below inherits; relative "
        "to this file.",
    )
    communities: Communities
    streets: Streets | None = None
    units: Units
    households: Register | None = None
    stairwells: Stairwells | None = None
    zones: dict[LayerName, Zone] = Field(default_factory=dict)
    barriers: dict[LayerName, Barrier] = Field(default_factory=dict)
    institutions: Institutions | None = None
    facilities: Facilities | None = None
    buildings: Buildings | None = None
    public_spaces: PublicSpaces | None = None
    roads: Roads | None = None
    links: Links | None = None
    locks: Locks | None = None
    staff: Staff | None = None

    def zone_modes(self) -> dict[str, str]:
        """Mode of every jurisdiction layer, in file order."""
        return {name: zone.mode for name, zone in self.zones.items()}

    def sources(self) -> Iterator[tuple[str, Source | Zone]]:
        """Every input that is given, by its place (``units``, ``zones.police``), in file order.

        Zones that stand on the units as a column have no file and are left out.
        """
        for name in type(self).model_fields:
            value = getattr(self, name)
            if isinstance(value, Source):
                yield name, value
            elif isinstance(value, dict):
                for key, section in value.items():
                    if section.path is not None:
                        yield f"{name}.{key}", section
