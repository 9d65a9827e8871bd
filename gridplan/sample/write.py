"""Writes an invented city as one GeoPackage, CSV tables and a configuration."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyogrio

from gridplan.sample.city import City

# The format stores the time of writing; a fixed one keeps equal cities equal byte for byte.
_STAMP = "2025-01-01T00:00:00.000Z"


def write_city(city: City, folder: Path) -> None:
    """Write ``city.gpkg``, its tables as CSV files, and ``duties.toml``.

    Parameters
    ----------
    city
        What ``make_city`` drew.
    folder
        Made where it is missing; files of the same names are replaced.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "city.gpkg"
    path.unlink(missing_ok=True)
    with _fixed_time():
        for number, (name, layer) in enumerate(city.layers().items()):
            pyogrio.write_dataframe(
                layer,
                path,
                layer=name,
                driver="GPKG",
                append=number > 0,
                promote_to_multi=False if layer.geom_type.nunique() < 2 else None,
                dataset_options={"VERSION": "1.2"} if number == 0 else None,
            )
    for name, table in city.tables().items():
        table.to_csv(folder / f"{name}.csv", index=False, encoding="utf-8-sig", lineterminator="\n")
    text = duties_text(city)
    (folder / "duties.toml").write_text(text, encoding="utf-8", newline="\n")


@contextmanager
def _fixed_time() -> Iterator[None]:
    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": _STAMP})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})


def duties_text(city: City) -> str:
    """Write out the duties that the city has beside the common ones, one of them with a gap."""
    gap = city.planted.loc[city.planted["case"] == "duty-without-role", "community_code"]
    return _DUTIES + "".join(_GAP.format(code=code) for code in gap)


def config_text(city: City, folder: str = ".") -> str:
    """Write out the configuration that divides the city.

    Parameters
    ----------
    city
        What ``make_city`` drew.
    folder
        Where its files lie, as seen from the configuration; forward slashes.
    """
    size = f"{len(city.communities)} communities, {len(city.buildings):,} buildings"
    return _CONFIG.format(
        head=f"An invented city: {size}, {int(city.buildings['households'].sum()):,} households.",
        name=city.districts["name_en"].iloc[0],
        folder=f"{folder}/" if folder not in ("", ".") else "",
    )


_CONFIG = """\
# {head}
# Drawn by `gridplan sample`; docs/sample-city.md tells what is in it.
[project]
name = "{name}"
crs = "EPSG:4547"
language = "en"

[inputs]
path = "{folder}city.gpkg"

[inputs.communities]
layer = "communities"
code = "community_code"
name = "name_en"
street = "street_code"

[inputs.streets]
layer = "streets"
code = "street_code"
name = "name_en"

[inputs.units]                     # buildings: they do not tile, cells are grown around them
layer = "buildings"
id = "building_id"
households = "households"
household_basis = "registered"
keep_together = "block_id"         # compounds of up to 200 households

[inputs.households]                # the register, one row per stairwell
path = "{folder}register.csv"
unit = "building_id"
count = "households"
persons = "persons"

[inputs.stairwells]                # a building above the maximum is divided by them
path = "{folder}stairwells.csv"
unit = "building_id"

[inputs.zones.property]            # walled compounds
layer = "property"
id = "zone_id"
mode = "whole"

[inputs.zones.residents_groups]
layer = "residents_groups"
id = "zone_id"
mode = "soft"
weight = 2.0

[inputs.zones.police]
layer = "police"
id = "zone_id"
mode = "soft"
weight = 1.5

[inputs.zones.school]
layer = "school"
id = "zone_id"
mode = "soft"
weight = 1.0

[inputs.zones.health]
layer = "health"
id = "zone_id"
mode = "soft"
weight = 1.0

[inputs.zones.sanitation]
layer = "sanitation"
id = "zone_id"
mode = "soft"
weight = 1.0

[inputs.barriers.river]
layer = "water"
where = "kind = 'river'"
mode = "hard"

[inputs.barriers.railway]
layer = "railway"
mode = "hard"

[inputs.barriers.main_roads]
layer = "roads"
where = "road_class = 'arterial'"
mode = "soft"

[inputs.links]                     # what only a bridge or an underpass joins
layer = "links"
a = "a"
b = "b"

[inputs.institutions]              # candidates for unit grids
layer = "institutions"
id = "institution_id"
name = "name_en"
kind = "kind"
floor_area = "floor_area_m2"
staff = "staff"
students = "students"
permanent = "permanent"
body = "body"

[inputs.facilities]
layer = "facilities"
id = "facility_id"
name = "name_en"
kind = "kind"

[inputs.roads]
layer = "roads"
id = "road_id"
name = "name_en"
kind = "road_class"
bridges = "structure IN ('bridge', 'underpass')"

[inputs.public_spaces]
layer = "green"
id = "green_id"
kind = "kind"

[inputs.staff]
path = "{folder}staff.csv"
name = "name_en"

[duties]                           # nine common items are there already
catalogue = "{folder}duties.toml"

[workload]
office = "community_office"        # kind of the facilities where the daily walk begins
walk_limit_m = 2000.0

[workload.categories.elderly]
of = "households"                  # a column of the register
column = "elderly"
weight = 0.5

[workload.categories.rental]
of = "households"
column = "rental"
weight = 0.3

[workload.categories.low_income]
of = "households"
column = "low_income"
weight = 1.0

[workload.categories.shops]
of = "units"                       # a column of the buildings
column = "shops"
weight = 1.0

[workload.categories.companies]
of = "institutions"
weight = 3.0

[grids]
min = 250
max = 500
"""

_DUTIES = """\
# Duties of this city beside the nine common ones; docs/people.md tells the keys.
[items.X01]
name = "Fire hydrants"
name_zh = "消火栓巡查"
objects = ["facilities:fire_hydrant"]
roles = ["grid_worker", "grid_chief"]

[items.X03]
name = "Markets"
name_zh = "市场巡查"
objects = ["institutions:market"]
roles = ["grid_worker", "police_officer"]
"""

_GAP = """
[items.X02]
name = "Parcel lockers"
name_zh = "快递柜管理"
objects = ["facilities:parcel_lockers"]
roles = []                         # nobody answers: a gap on purpose
communities = ["{code}"]
"""
