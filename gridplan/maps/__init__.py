"""Maps of a plan: sheets of paper for district, streets and communities, and one page."""

from gridplan.maps.backdrop import Backdrop
from gridplan.maps.draw import draw_maps
from gridplan.maps.web import Details, draw_page, pairs_of_plan

__all__ = ["Backdrop", "Details", "draw_maps", "draw_page", "pairs_of_plan"]
