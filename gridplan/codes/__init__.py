"""Grid codes: how they are written, in what order grids are counted, what grids are called."""

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
    Profile,
    choose_profile,
    make_codes,
    parse_pattern,
)

__all__ = [
    "BANDING_RULE",
    "BANDING_RULE_ZH",
    "FALLBACK_PATTERN",
    "PROFILES",
    "Profile",
    "chinese_number",
    "choose_profile",
    "grid_name",
    "make_codes",
    "number_grids",
    "parse_pattern",
]
