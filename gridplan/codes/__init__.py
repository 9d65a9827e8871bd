"""Grid codes: how they are written, in what order grids are counted, what grids are called."""

from gridplan.codes.continuity import (
    CodedGrid,
    Flow,
    Flows,
    find_continued,
    find_flows,
    heirs,
    is_majority,
)
from gridplan.codes.numbered import (
    Standing,
    drawn_grids,
    geometry_hashes,
    members_hash,
    number_plan,
    used_numbers,
)
from gridplan.codes.numbering import (
    BANDING_RULE,
    BANDING_RULE_ZH,
    chinese_number,
    grid_name,
    number_grids,
)
from gridplan.codes.profiles import (
    FALLBACK_PATTERN,
    PROFILES,
    Parsed,
    Profile,
    choose_profile,
    configured_profile,
    parse_pattern,
    spelled_profile,
)
from gridplan.codes.registered import REGISTER_TABLES
from gridplan.codes.renamed import NOBODY, Parts, parts_of_units, under_new_ids
from gridplan.codes.written import make_codes

__all__ = [
    "BANDING_RULE",
    "BANDING_RULE_ZH",
    "FALLBACK_PATTERN",
    "NOBODY",
    "PROFILES",
    "REGISTER_TABLES",
    "CodedGrid",
    "Flow",
    "Flows",
    "Parsed",
    "Parts",
    "Profile",
    "Standing",
    "chinese_number",
    "choose_profile",
    "configured_profile",
    "drawn_grids",
    "find_continued",
    "find_flows",
    "geometry_hashes",
    "grid_name",
    "heirs",
    "is_majority",
    "make_codes",
    "members_hash",
    "number_grids",
    "number_plan",
    "parse_pattern",
    "parts_of_units",
    "spelled_profile",
    "under_new_ids",
    "used_numbers",
]
