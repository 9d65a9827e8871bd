"""The plan as one interactive page that works without network."""

from gridplan.maps.web.details import Details, pairs_of_plan
from gridplan.maps.web.page import draw_page

__all__ = ["Details", "draw_page", "pairs_of_plan"]
