"""What a register of codes holds, one list for whoever reads, writes or explains it."""

REGISTER_TABLES: dict[str, tuple[str, ...]] = {
    "code_about": ("key", "value"),
    "code_register": (
        "level",
        "code",
        "kind",
        "parent",
        "name",
        "code_status",
        "valid_from",
        "valid_to",
        "reason",
        "households",
        "profile",
        "project",
        "geometry_hash",
    ),
    "code_lineage": ("date", "kind", "level", "code", "other", "households", "note", "adoption"),
    "code_crosswalk": (
        "date",
        "old_code",
        "new_code",
        "units",
        "households_old",
        "households_new",
        "adoption",
    ),
}
"""Columns of each table of a register."""
