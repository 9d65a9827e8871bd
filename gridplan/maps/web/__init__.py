"""The plan as one interactive page that works without network."""

from gridplan.maps.web.details import Details, pairs_of_plan
from gridplan.maps.web.kept import graph_key, keep_graph, with_kept_graph
from gridplan.maps.web.page import draw_page

__all__ = [
    "Details",
    "draw_page",
    "graph_key",
    "keep_graph",
    "pairs_of_plan",
    "with_kept_graph",
]
