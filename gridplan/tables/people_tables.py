"""The tables about people, duties, workload and walks: columns, titles, purposes."""

PEOPLE_TABLES: dict[str, tuple[str, ...]] = {
    "staff_register": (
        "person_id",
        "grid_code",
        "community_code",
        "role",
        "role_name",
        "grids_served",
        "households",
        "load",
        "load_limit",
        "zone_share",
        "last_year",
        "person_name",
        "phone",
    ),
    "duties": (
        "grid_code",
        "item",
        "item_name",
        "object",
        "unit",
        "quantity",
        "role",
        "role_name",
        "person_id",
        "institution_id",
        "person_name",
    ),
    "duty_totals": (
        "item",
        "object",
        "unit",
        "read",
        "in_grids",
        "elsewhere",
        "outside",
        "difference",
    ),
    "workload": (
        "grid_code",
        "community_code",
        "grid_kind",
        "households",
        "category_load",
        "stops",
        "walk_m",
        "walk_bound_m",
        "off_road_m",
        "walk_load",
        "workload",
        "load_ratio",
    ),
    "workload_categories": (
        "grid_code",
        "category",
        "quantity",
        "weight",
        "load",
    ),
    "statistics": (
        "level",
        "code",
        "name",
        "communities",
        "households",
        "population",
        "residential_grids",
        "unit_grids",
        "grids_in_range",
        "people",
        "grids_covered",
        "coverage",
        "people_missing",
        "load_mean",
        "load_least",
        "load_most",
        "load_spread",
        "walk_mean_m",
        "walk_most_m",
    ),
}
"""Columns of each table, in the order they are written."""

WALK_COLUMNS = ("grid_code", "stops", "walk_m", "walk_bound_m", "off_road_m")
"""Columns of the layer ``walks``."""

PEOPLE_TEXTS = {
    "staff_register": (
        "Staff register",
        "人员登记表",
        "the people proposed for every grid, one row a grid served; blank names are kept back",
    ),
    "duties": (
        "Duties",
        "事项清单",
        "what is to be done in every grid, how much there is of it, and who answers",
    ),
    "duty_totals": (
        "Duty totals",
        "事项核对表",
        "the total of every duty beside the objects in the input",
    ),
    "workload": (
        "Workload",
        "工作量",
        "how much work a grid is: households, weighted categories, the daily walk",
    ),
    "workload_categories": (
        "Workload categories",
        "工作量分项",
        "what the workload counts beside households",
    ),
    "statistics": (
        "Statistics",
        "统计表",
        "grids, people and loads in all, by street and by community",
    ),
    "walks": (
        "Walks",
        "巡查路线",
        "the daily walk of every grid, where `[workload]` is configured",
    ),
}
"""English and Chinese title, and purpose, of each."""
