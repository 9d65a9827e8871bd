"""Where roads cross a hard barrier: bridges and underpasses found, and pockets that have none."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.barriers import Barrier, meeting
from gridplan.domain import Finding, Severity
from gridplan.graph import nearest_pair
from gridplan.layers.columns import some
from gridplan.topology import Shapes

TOUCH_M = 0.1
"""A road that ends nearer than this to a barrier line does not cross it, in metres."""

LANDING_M = 1.0
"""Units this much farther from a landing than the nearest one are there too, in metres."""

DETOUR = 1.5
"""A road leads across water where the way along the bank is this many times as long."""

COLUMNS = ("community_code", "a", "b", "road_id", "barrier", "taken")


def find_crossings(
    cells: gpd.GeoDataFrame,
    barriers: Sequence[Barrier],
    roads: gpd.GeoDataFrame | None,
    *,
    near_m: float,
) -> pd.DataFrame:
    """Find the pairs of units that a road joins across a hard barrier.

    A road crosses a line where it passes through it, a polygon where it leads in and out again.
    Barriers that a road crosses within twice ``near_m`` (two tracks, two banks) are one crossing.
    The road lands ``near_m`` beyond, or at its end; the nearest unit there is joined.

    Parameters
    ----------
    cells
        ``unit_id``, ``community_code`` and polygons in metres.
    barriers
        All barrier layers.
    roads
        ``road_id``, lines, and ``bridge`` (bool) where the configuration tells bridges; or None.
    near_m
        How near to a barrier a border counts as along it, in metres.

    Returns
    -------
    pandas.DataFrame
        One row per pair, sorted: ``community_code``, ``a``, ``b`` (unit ids, ``a < b``),
        ``road_id``, ``barrier``, ``taken`` (whether the configuration makes it a link).
    """
    found = [pd.DataFrame(columns=list(COLUMNS))]
    for barrier in barriers:
        if roads is None or not barrier.hard or barrier.crossings == "links":
            continue
        if not len(barrier.shapes) or roads.empty:
            continue
        lines = roads[shapely.get_dimensions(roads.geometry.to_numpy()) == 1]
        bridge = lines["bridge"].to_numpy(dtype=bool) if "bridge" in lines else False
        taken = np.full(len(lines), barrier.crossings == "roads") | bridge
        for choice in sorted(set(taken.tolist())):
            pairs = _joined(cells, barrier, lines[taken == choice], near_m)
            found.append(pairs.assign(barrier=barrier.name, taken=choice))
    filled = [frame for frame in found[1:] if len(frame)]
    table = pd.concat(filled, ignore_index=True) if filled else found[0]
    table = table.sort_values(
        ["community_code", "a", "b", "taken", "barrier", "road_id"],
        ascending=[True, True, True, False, True, True],
        ignore_index=True,
    )
    return table.drop_duplicates(["a", "b"], ignore_index=True)[list(COLUMNS)]


def _joined(
    cells: gpd.GeoDataFrame, barrier: Barrier, roads: gpd.GeoDataFrame, near_m: float
) -> pd.DataFrame:
    """Pairs of units that some roads join across one barrier."""
    spans = _spans(roads.geometry.to_numpy(), barrier.shapes, near_m)
    sides = [
        _landing(cells, shapely.line_interpolate_point(spans["road"], spans[end]), near_m)
        for end in ("low", "high")
    ]
    pairs = sides[0].merge(sides[1], on=["span", "community_code"], suffixes=("_0", "_1"))
    pairs = pairs[pairs["unit_id_0"] != pairs["unit_id_1"]]
    ids = np.sort(pairs[["unit_id_0", "unit_id_1"]].to_numpy(dtype=str).astype(object), axis=1)
    middle = shapely.line_interpolate_point(spans["road"], (spans["low"] + spans["high"]) / 2)
    names = _road_at(roads, middle)
    return pd.DataFrame(
        {
            "community_code": pairs["community_code"].to_numpy(),
            "a": ids[:, 0],
            "b": ids[:, 1],
            "road_id": names[pairs["span"].to_numpy(dtype=np.int64)],
        }
    )


def _spans(roads: Shapes, barrier: Shapes, near_m: float) -> pd.DataFrame:
    """Stretches that lead across: ``road`` (a line), ``low`` and ``high`` (metres along it)."""
    # A bridge may be drawn in pieces that end in the middle of the river.
    joined = shapely.line_merge(shapely.multilinestrings(shapely.get_parts(roads)))
    lines = shapely.get_parts(joined)
    line, shape = meeting(barrier, lines)
    meets, at = shapely.get_parts(
        shapely.intersection(lines[line], barrier[shape]), return_index=True
    )
    meets, inner = shapely.get_parts(meets, return_index=True)
    line, shape = line[at[inner]], shape[at[inner]]
    table = _crossed(lines[line], meets, barrier[shape], near_m)
    table = table.assign(line=line[table.index.to_numpy()])
    table["low"], table["high"] = table["low"] - near_m, table["high"] + near_m
    table = table.sort_values(["line", "low", "high"], ignore_index=True)
    before = table.groupby("line")["high"].cummax().groupby(table["line"]).shift()
    number = (~(table["low"] <= before)).cumsum()
    spans = table.groupby(number, as_index=False).agg(
        {"line": "first", "low": "min", "high": "max"}
    )
    road = lines[spans["line"].to_numpy(dtype=np.int64)]
    spans = spans.assign(
        road=road, low=spans["low"].clip(lower=0), high=np.minimum(spans["high"], _length(road))
    )
    dry = [
        _on_land(shapely.line_interpolate_point(road, spans[end]), barrier, near_m)
        for end in ("low", "high")
    ]
    return spans[dry[0] & dry[1]].reset_index(drop=True)


def _crossed(lines: Shapes, meets: Shapes, barrier: Shapes, near_m: float) -> pd.DataFrame:
    """Where along their lines roads meet a barrier, of those that lead across."""
    run = shapely.get_dimensions(meets) == 1
    ends = []
    for end in (0, -1):
        points = meets.copy()
        points[run] = shapely.get_point(meets[run], end)
        ends.append(shapely.line_locate_point(lines, points))
    table = pd.DataFrame({"low": np.minimum(*ends), "high": np.maximum(*ends)})
    # A road that ends on a line, or runs on it, does not lead across.
    inside = (table["low"] > TOUCH_M) & (table["high"] < _length(lines) - TOUCH_M)
    through = (inside & (table["high"] - table["low"] <= near_m)).to_numpy(copy=True)
    for i in np.flatnonzero(shapely.get_dimensions(barrier) == 2):
        through[i] = run[i] and _leads_across(meets[i], barrier[i])
    return table[through]


def _leads_across(run: shapely.Geometry, polygon: shapely.Geometry) -> bool:
    """Tell whether a stretch of road in a polygon reaches another bank, not the one it left."""
    rings = shapely.get_parts(shapely.boundary(polygon))
    banks, spots = [], []
    for end in (0, -1):
        point = shapely.get_point(run, end)
        banks.append(int(np.argmin(shapely.distance(rings, point))))
        spots.append(float(shapely.line_locate_point(rings[banks[-1]], point)))
    if banks[0] != banks[1]:
        return True
    apart = abs(spots[0] - spots[1])
    around = min(apart, float(shapely.length(rings[banks[0]])) - apart)
    return around > DETOUR * float(shapely.length(run))


def _length(lines: Shapes) -> NDArray[np.float64]:
    metres: NDArray[np.float64] = shapely.length(lines)
    return metres


def _on_land(landings: Shapes, barrier: Shapes, near_m: float) -> NDArray[np.bool_]:
    """Tell which landings are not far inside a polygon of the barrier."""
    polygons = barrier[shapely.get_dimensions(barrier) == 2]
    dry = np.ones(len(landings), dtype=bool)
    at, wet = shapely.STRtree(polygons).query(landings, predicate="within")
    bank_m = shapely.distance(landings[at], shapely.boundary(polygons[wet]))
    dry[at[bank_m > near_m]] = False
    return dry


def _landing(cells: gpd.GeoDataFrame, landings: Shapes, near_m: float) -> pd.DataFrame:
    """Unit of each community where a road lands: ``span``, ``community_code``, ``unit_id``."""
    span, cell = cells.sindex.query(landings, predicate="dwithin", distance=near_m)
    table = pd.DataFrame(
        {
            "span": span,
            "community_code": cells["community_code"].to_numpy()[cell],
            "unit_id": cells["unit_id"].to_numpy()[cell],
            "metres": shapely.distance(landings[span], cells.geometry.to_numpy()[cell]).round(3),
        }
    )
    nearest_m = table.groupby("span")["metres"].transform("min")
    table = table[table["metres"] <= nearest_m + LANDING_M]
    table = table.sort_values(["span", "community_code", "metres", "unit_id"])
    return table.drop_duplicates(["span", "community_code"])[["span", "community_code", "unit_id"]]


def _road_at(roads: gpd.GeoDataFrame, places: Shapes) -> NDArray[np.object_]:
    """Smallest id of the roads at each place."""
    names = np.full(len(places), "", dtype=object)
    place, road = roads.sindex.query(places, predicate="dwithin", distance=TOUCH_M)
    table = pd.DataFrame({"place": place, "road_id": roads["road_id"].to_numpy()[road]})
    first = table.groupby("place")["road_id"].min()
    names[first.index.to_numpy(dtype=np.int64)] = first.to_numpy()
    return names


def add_crossings(
    graph: "nx.Graph[str]",
    cells: gpd.GeoDataFrame,
    crossings: pd.DataFrame,
    *,
    findings: list[Finding],
) -> None:
    """Join the units of one community that a bridge or an underpass joins.

    Parameters
    ----------
    graph
        Its graph; edges with ``link = "found"`` are added.
    cells
        Its cells.
    crossings
        Its rows of ``find_crossings``.
    findings
        ``link-found`` per link, ``crossing-found`` per crossing that is none.
    """
    if crossings.empty:
        return
    shapes = cells.set_index("unit_id").geometry
    for way in _ways(crossings):
        a, b = way.a, way.b
        if graph.has_edge(a, b):
            continue
        metres = float(shapely.distance(shapes[a], shapes[b]))
        road = f"road {way.road_id} crosses the hard barrier {way.barrier}"
        message = f"{road}: a link between units {a} and {b}"
        if way.taken:
            graph.add_edge(a, b, shared_m=0.0, cost_m=0.0, along=(), link="found")
        else:
            message = (
                f"{road} between units {a} and {b}; it is not known to be a bridge or an "
                f"underpass, and so no link; {way.cure}"
            )
        findings.append(
            Finding(
                "link-found" if way.taken else "crossing-found",
                Severity.EXCEPTION if way.taken else Severity.INFO,
                message,
                layer="units",
                place=a,
                other=b,
                community_code=way.community_code,
                value=round(metres, 2),
            )
        )


class _Way(NamedTuple):
    """One row of ``find_crossings``."""

    community_code: str
    a: str
    b: str
    road_id: str
    barrier: str
    taken: bool

    @property
    def cure(self) -> str:
        """What makes a link of it."""
        return (
            f'where one can cross, add the row "{self.a},{self.b}" to [inputs.links], pick '
            'bridges with [inputs.roads] bridges = "...", or set crossings = "roads" in '
            f"[inputs.barriers.{self.barrier}]"
        )


def _ways(crossings: pd.DataFrame) -> list[_Way]:
    return [_Way(*row) for row in crossings[list(COLUMNS)].to_numpy(dtype=object)]


def list_pockets(
    graph: "nx.Graph[str]",
    cells: gpd.GeoDataFrame,
    borders: pd.DataFrame,
    barriers: Mapping[str, gpd.GeoDataFrame],
    crossings: pd.DataFrame,
    *,
    below: int,
    findings: list[Finding],
) -> None:
    """Explain the parts of one community that hard barriers cut off and that are no grid.

    Parameters
    ----------
    graph
        Its graph, links included.
    cells, borders
        Its cells and its rows of ``border_table``.
    barriers
        The hard barrier layers.
    crossings
        Its rows of ``find_crossings``: roads that might join the part.
    below
        A part with fewer households than this is too small to be a grid.
    findings
        One ``barrier-pocket`` per part is added, with the shortest link that would join it.
    """
    if not barriers or nx.number_connected_components(graph) < 2:
        return
    parts = sorted(sorted(part) for part in nx.connected_components(graph))
    size = [sum(graph.nodes[unit]["households"] for unit in part) for part in parts]
    mainland = max(range(len(parts)), key=lambda i: (size[i], -i))
    shapes = cells.set_index("unit_id").geometry
    for i, part in enumerate(parts):
        if i == mainland or size[i] >= below:
            continue
        rest = [unit for j, other in enumerate(parts) if j != i for unit in other]
        a, b, metres = nearest_pair(part, rest, shapes)
        names = _barriers_around(set(part), shapes, (a, b), borders, barriers)
        if not names:
            continue
        inside = crossings["a"].isin(part) != crossings["b"].isin(part)
        cure = f'the shortest link is the row "{a},{b}" in [inputs.links], {metres:.0f} m'
        ways = [(shapely.distance(shapes[w.a], shapes[w.b]), w) for w in _ways(crossings[inside])]
        if ways:
            far, way = min(ways)
            cure = f"road {way.road_id} leads across between {way.a} and {way.b}, {far:.0f} m: "
            cure += way.cure
        findings.append(
            Finding(
                "barrier-pocket",
                Severity.WARNING if size[i] else Severity.INFO,
                f"{len(part)} units with {size[i]} households ({some(part)}) are cut off by the "
                f"hard barrier {' and '.join(names)}, and a grid needs {below}; {cure}",
                layer="units",
                place=part[0],
                other=b,
                community_code=str(cells["community_code"].iloc[0]),
                value=float(size[i]),
                limit=float(below),
            )
        )


def _barriers_around(
    part: set[str],
    shapes: gpd.GeoSeries,
    way: tuple[str, str],
    borders: pd.DataFrame,
    barriers: Mapping[str, gpd.GeoDataFrame],
) -> list[str]:
    """Hard barriers along the borders of a part, or across the shortest way out of it."""
    hard = borders[(borders["hard_m"] > 0) & (borders["a"].isin(part) != borders["b"].isin(part))]
    found = {name for names in hard["along"] for name in names}
    line = shapely.shortest_line(shapes[way[0]], shapes[way[1]])
    ground = [line, *shapes[[*hard["a"], *hard["b"]]]] if len(hard) else [line]
    for name, layer in barriers.items():
        if len(layer.sindex.query(ground, predicate="intersects")[0]):
            found.add(name)
    return sorted(found & set(barriers))


def list_useless_links(
    links: pd.DataFrame | None, cells: gpd.GeoDataFrame, findings: list[Finding]
) -> None:
    """List the links that join nothing, as their units are not in one community.

    Parameters
    ----------
    links
        ``a``, ``b`` (unit ids) as declared; None where there are none.
    cells
        ``unit_id`` and ``community_code``.
    findings
        One ``link-useless`` per such link is added.
    """
    if links is None:
        return
    home = cells.set_index("unit_id")["community_code"]
    a, b = links["a"].map(home), links["b"].map(home)
    for link in links[a.isna() | (a != b)].itertuples(index=False):
        findings.append(
            Finding(
                "link-useless",
                Severity.WARNING,
                f"the link between units {link.a} and {link.b} joins nothing: they do not lie in "
                "one community; no grid crosses its community's border",
                layer="links",
                place=str(link.a),
                other=str(link.b),
            )
        )
