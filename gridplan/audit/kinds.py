"""The kinds of finding an audit can make; ``docs/audit.md`` says what each means and its cure."""

from enum import StrEnum


class Kind(StrEnum):
    """One short fixed name a finding; the promise of the design it belongs to stands beside it."""

    # The plan as a file
    POLYGON_MISSING = "polygon-missing"
    POLYGON_INVALID = "polygon-invalid"
    # 1: every grid in one community, the grids tile it
    COMMUNITY_MISSING = "community-missing"
    COMMUNITY_UNKNOWN = "community-unknown"
    COMMUNITY_CHANGED = "community-changed"
    COMMUNITY_GAP = "community-gap"
    GRIDS_OVERLAP = "grids-overlap"
    GRID_OUTSIDE = "grid-outside"
    BORDER_UNMATCHED = "border-unmatched"
    CELLS_UNMATCHED = "cells-unmatched"
    # 2: every grid hangs together over edges
    GRID_NOT_CONTIGUOUS = "grid-not-contiguous"
    PART_JOINED = "part-joined"
    LINK = "link"
    LINK_FOUND = "link-found"
    UNIT_MULTIPART = "unit-multipart"
    # 3: nothing is cut, everything is attributed, totals are kept
    UNIT_MISSING = "unit-missing"
    UNIT_UNKNOWN = "unit-unknown"
    UNIT_TWICE = "unit-twice"
    UNIT_WITHOUT_GRID = "unit-without-grid"
    UNIT_CUT = "unit-cut"
    UNIT_ELSEWHERE = "unit-elsewhere"
    UNIT_OUTSIDE = "unit-outside"
    UNIT_NEAREST = "unit-nearest"
    UNIT_STRADDLES = "unit-straddles"
    FOOTPRINT_CUT = "footprint-cut"
    FOOTPRINT_OFF_CELL = "footprint-off-cell"
    CELLS_DO_NOT_TILE = "cells-do-not-tile"
    HOUSEHOLDS_CHANGED = "households-changed"
    HOUSEHOLDS_TOTAL = "households-total"
    BUILDING_CUT = "building-cut"
    BUILDING_DIVIDED = "building-divided"
    BLOCK_CUT = "block-cut"
    BLOCK_DIVIDED = "block-divided"
    BLOCK_SPLIT = "block-split"
    FEATURE_MISSING = "feature-missing"
    FEATURE_ELSEWHERE = "feature-elsewhere"
    FEATURE_OUTSIDE = "feature-outside"
    ROAD_LENGTH = "road-length"
    # 4: the range
    GRID_OUT_OF_RANGE = "grid-out-of-range"
    BLOCK_OVER_MAX = "block-over-max"
    COMPONENT_UNDER_MIN = "component-under-min"
    COMMUNITY_EMPTY = "community-empty"
    UNIT_GRID_UNPROVEN = "unit-grid-unproven"
    UNIT_GRID_OVERRIDDEN = "unit-grid-overridden"
    INSTITUTION_MISJUDGED = "institution-misjudged"
    # 5: honest status and listing
    STATUS_DISHONEST = "status-dishonest"
    LISTING_FALSE = "listing-false"
    # 7: codes
    CODE_MISSING = "code-missing"
    CODE_DUPLICATE = "code-duplicate"
    CODE_MISFIT = "code-misfit"
    GRID_EMPTY = "grid-empty"
    # Columns and jurisdictions
    COLUMN_WRONG = "column-wrong"
    ZONE_WRONG = "zone-wrong"
    NEST_CROSSED = "nest-crossed"
    ZONE_DIVIDED = "zone-divided"
    INCIDENCE_SMALL = "incidence-small"
