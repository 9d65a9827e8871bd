"""The look of every feature, in one place."""

from gridplan.maps.marks import Fill, Stroke
from gridplan.maps.palette import ALARM, INK, MAGENTA, PAPER, SOFT_INK, WATER, WATER_EDGE, mixed

AREA = Fill(PAPER)
WATER_FILL = Fill(WATER, WATER_EDGE, 0.1)
WATER_LINE = Stroke(WATER_EDGE, 0.5)
BUILDING = Fill("#3A3F47", "#3A3F47", 0.08, 0.36)
STAIRWELL = Stroke("#1B1E23", 0.32)
STAIRWELL_TEXT = "#1B1E23"
LOT = Stroke("#5A5F66", 0.1, alpha=0.6)
CELL_LINE = Stroke("#6B7078", 0.1, alpha=0.6)
RAIL_BED = Stroke("#4C4F55", 0.75, butt=True)
RAIL_TIES = Stroke(PAPER, 0.45, (1.6, 1.6), butt=True)
VEIL = Fill("#F6F5F2", alpha=0.62)
VEILED_WATER = mixed(VEIL.colour, WATER, VEIL.alpha)
GRID_BORDER = Stroke(MAGENTA, 0.55, casing=PAPER, casing_mm=0.3)
GRID_BORDER_STREET = Stroke(MAGENTA, 0.28, casing=PAPER, casing_mm=0.14)
GRID_BORDER_DISTRICT = Stroke(MAGENTA, 0.13, alpha=0.75)
COMMUNITY_BORDER = Stroke(INK, 0.85, (4.2, 1.1, 0.9, 1.1), casing=PAPER, casing_mm=0.35)
COMMUNITY_BORDER_STREET = Stroke(INK, 0.6, casing=PAPER, casing_mm=0.22)
COMMUNITY_BORDER_DISTRICT = Stroke(INK, 0.4, casing=PAPER, casing_mm=0.15)
OTHER_GRID_BORDER = Stroke(MAGENTA, 0.25, (2.2, 0.9), alpha=0.8)
DETAIL_FRAME = Stroke(SOFT_INK, 0.25, (1.6, 1.2))
NEIGHBOUR_BORDER = Stroke("#8C9096", 0.3, (2.2, 1.0))
STREET_BORDER = Stroke(INK, 1.1, casing=PAPER, casing_mm=0.3)
UNIT_HATCH = Stroke("#55585E", 0.16)
ALARM_HATCH = Stroke(ALARM, 0.18)
ALARM_OUTLINE = Stroke(ALARM, 0.6)
ALARM_OUTLINE_STREET = Stroke(ALARM, 0.4)
INSTITUTION = Stroke("#3F5E3A", 0.3, (0.9, 0.7))
INSTITUTION_TEXT = "#34502F"
FACILITY = Fill("#1F4E79", PAPER, 0.25)
NEIGHBOUR_TEXT = "#666B72"
ROAD_TEXT = SOFT_INK
COMMUNITY_TEXT = "#1C3557"
MAIN_ROAD, MAIN_CASING = "#FFF1C9", "#948A72"
ROAD_CASING = "#A4A8AD"
