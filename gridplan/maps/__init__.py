"""Maps of a plan: district, streets and communities, as sheets of paper."""

from gridplan.maps.backdrop import Backdrop
from gridplan.maps.draw import draw_maps

__all__ = ["Backdrop", "draw_maps"]
