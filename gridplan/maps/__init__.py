"""Maps of a plan: sheets of paper for district, streets and communities, and one page."""

from gridplan.maps.backdrop import Backdrop
from gridplan.maps.before_after import draw_before_after
from gridplan.maps.carried import people_sections
from gridplan.maps.changes import draw_changes
from gridplan.maps.draw import draw_maps
from gridplan.maps.sections import Column, Section
from gridplan.maps.shelf import Shelf, sheet_of
from gridplan.maps.web import (
    Details,
    draw_page,
    graph_key,
    keep_graph,
    pairs_of_plan,
    with_kept_graph,
)

__all__ = [
    "Backdrop",
    "Column",
    "Details",
    "Section",
    "Shelf",
    "draw_before_after",
    "draw_changes",
    "draw_maps",
    "draw_page",
    "graph_key",
    "keep_graph",
    "pairs_of_plan",
    "people_sections",
    "sheet_of",
    "with_kept_graph",
]
