"""Every cause of a breach or a conflict is named, with a cure that was tried."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optimise_paths import community

from gridplan.optimise import Problem, evaluate, solve
from gridplan.optimise.cures import divided, least_set
from gridplan.optimise.explain import Cause, explain

A, B = ["A"] * 2, ["B"] * 2


def causes_of(p: Problem, breach: int) -> list[Cause]:
    """Explain the proven least breach of a problem, which must be the one expected."""
    found = solve(p)
    assert (found.breach, found.breach_bound) == (breach, breach)
    return explain(p, found)


def only(p: Problem, breach: int) -> Cause:
    """The one cause of a problem."""
    causes = causes_of(p, breach)
    assert len(causes) == 1, [cause.sentence for cause in causes]
    return causes[0]


def test_nothing_to_explain() -> None:
    """A plan in range has no cause to name."""
    assert causes_of(community([150, 150, 150, 150]), 0) == []


def test_unit_over_max() -> None:
    """A tower above the maximum is named, and its stairwells cure the breach."""
    cause = only(community([300, 800, 300]), 300)
    assert (cause.kind, cause.place, cause.value, cause.limit) == ("unit-over-max", "b", 800, 500)
    assert [(c.kind, c.breach) for c in cause.cures] == [("divide-unit", 0)]
    assert "300 above the maximum of 500" in cause.sentence
    assert "at least 2, in [inputs.stairwells] (leaves no breach)" in cause.sentence


def test_two_towers() -> None:
    """With two towers each cure says what the other still leaves."""
    causes = causes_of(community([800, 600]), 400)
    assert [(c.place, c.cures[0].breach) for c in causes] == [("a", 100), ("b", 300)]


def test_block_over_max() -> None:
    """A compound above the maximum is named, and dividing it into its units cures the breach."""
    p = community([200, 200, 200, 300], block=["K", "K", "K", None])
    cause = only(p, 100)
    assert (cause.kind, cause.place, cause.value) == ("block-over-max", "K", 600)
    assert [(c.kind, c.breach) for c in cause.cures] == [("split-block", 0)]


def test_community_under_min() -> None:
    """A community below the minimum says how many households a neighbour must bring."""
    cause = only(community([100, 80]), 70)
    assert (cause.kind, cause.value, cause.limit) == ("community-under-min", 180, 250)
    assert cause.cures[0].kind == "merge-community"
    assert "needs 70 more households" in cause.sentence


def test_component_under_min() -> None:
    """A detached part below the minimum is cured by a link to a neighbour with room."""
    cause = only(community([100, 200, 200], [(1, 2)]), 150)
    assert (cause.kind, cause.place, cause.value) == ("component-under-min", "a", 100)
    assert (cause.cures[0].kind, cause.cures[0].breach) == ("add-link", 0)
    assert "between units a and b" in cause.cures[0].text


def test_component_without_room_beside_it() -> None:
    """Where no link helps, only joining a neighbouring community is left as a cure."""
    cause = only(community([130, 500, 500], [(1, 2)]), 120)
    assert [c.kind for c in cause.cures] == ["merge-community"]


def test_no_number_of_grids() -> None:
    """For a range of 300-500, 550 households fill neither one grid nor two."""
    cause = only(community([110] * 5, min=300, target=400), 50)
    assert (cause.kind, cause.value, cause.limit) == ("no-number-of-grids", 550, 600)
    assert "1 grid can hold 500 at most, and 2 grids need 600 at least" in cause.message
    assert "50 more households, or 50 fewer" in cause.cures[0].text


def test_nested_zone_below_min() -> None:
    """A zone of a nested layer below the minimum is named, and softening the layer cures it."""
    zones = {"police": ["A", "B", "B"], "school": ["S", "S", "S"]}
    p = community([100, 200, 150], zones=zones, modes={"police": "nest"})
    cause = only(p, 150)
    assert (cause.kind, cause.layer, cause.place, cause.value) == ("nest", "police", "A", 100)
    assert [(c.text, c.breach) for c in cause.cures] == [("make layer police soft", 0)]


def test_two_nested_layers_together() -> None:
    """Where two nested lines coincide, only softening both layers cures the breach."""
    zones = {"police": ["A", "B", "B"], "school": ["S", "T", "T"]}
    p = community([100, 200, 150], zones=zones, modes={"police": "nest", "school": "nest"})
    cause = only(p, 150)
    assert [c.text for c in cause.cures] == ["make layers police and school soft"]


def test_whole_zone() -> None:
    """A zone kept whole that leaves too little beside it is named with its households."""
    zones = {"property": ["Q", "Q", "Q", None]}
    p = community([150, 150, 150, 100], zones=zones, modes={"property": "whole"})
    cause = only(p, 50)
    assert (cause.kind, cause.layer, cause.place) == ("whole", "property", "Q")
    assert "zone Q (450 households)" in cause.message
    assert [(c.kind, c.breach) for c in cause.cures] == [("soften-layer", 0)]


def test_chain_of_whole_zones() -> None:
    """Whole zones that overlap into one piece are named with what the piece holds."""
    zones = {"property": ["Q", "Q", None, None], "group": [None, "T", "T", None]}
    modes = {"property": "whole", "group": "whole"}
    causes = causes_of(community([250, 10, 210, 60], zones=zones, modes=modes), 30)
    assert [c.layer for c in causes] == ["property", "group"]
    assert "zone Q (260 households, kept with others: 470 in all)" in causes[0].message
    assert all(c.cures[0].breach == 0 for c in causes)


def test_fixed_count() -> None:
    """A number of grids that the households cannot fill is named, with one that they can."""
    cause = only(community([150, 150, 150, 150], grids=3), 200)
    assert (cause.kind, cause.value, cause.limit) == ("fixed-count", 3, 2)
    assert cause.cures[0].text == "allow 2 grids instead of 3"
    assert cause.cures[0].breach == 0


def test_lock_that_forces_a_breach() -> None:
    """Of several locks only the one that forces the breach is named."""
    locks = [["together", "a", "b"], ["apart", "c", "d"]]
    cause = only(community([300, 300, 250, 250], locks=locks), 100)
    assert (cause.kind, cause.cures[0].kind, cause.cures[0].breach) == ("locks", "drop-lock", 0)
    assert cause.message == "a lock forces it: together a b"


def test_dead_end() -> None:
    """Ground behind a full block is named; a link to elsewhere or dividing the block cures it."""
    cause = only(community([100, 450, 250]), 50)
    assert (cause.kind, cause.place, cause.value, cause.limit) == ("dead-end", "a", 550, 500)
    assert {c.kind: c.breach for c in cause.cures} == {"add-link": 0, "divide-unit": 0}
    assert "can only go with unit b (450 households)" in cause.message


def test_indivisible_blocks() -> None:
    """Where blocks simply do not fit together, the one to divide is named."""
    edges = [(0, 1), (1, 2), (0, 2)]
    cause = only(community([240, 240, 270], edges, max=470, target=360), 10)
    assert cause.kind == "indivisible"
    assert cause.cures[0].kind == "divide-unit"
    assert cause.cures[0].breach == 0


def test_last_resort() -> None:
    """Where nothing simple was found, the cause says so, and names a range that would do."""
    p = community([200, 200, 200, 10], [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)])
    (cause,) = explain(p, solve(p), tries=0)
    assert cause.kind == "enumeration"
    assert [c.text for c in cause.cures] == ["allow this community a range of 210 to 500"]


def test_unproven_breach() -> None:
    """A breach that is not proven to be needed is not explained away."""
    p = community([150, 150, 150, 150])
    found = solve(p)
    worse = replace(
        found, status="feasible", breach=100, breach_bound=0, assignment=np.array([0, 1, 1, 1])
    )
    causes = explain(p, worse)
    assert causes[-1].kind == "unproven"
    assert "only 0 are proven" in causes[-1].message


CONFLICTS: dict[str, dict[str, Any]] = {
    "apart in a block": {"block": ["K", "K", None, None], "locks": [["apart", "a", "b"]]},
    "together across a nested line": {
        "zones": {"police": A + B},
        "modes": {"police": "nest"},
        "locks": [["together", "b", "c"]],
    },
    "together and apart": {"locks": [["together", "a", "b"], ["apart", "a", "b"]]},
    "block across a nested line": {
        "zones": {"police": A + B},
        "modes": {"police": "nest"},
        "block": [None, "K", "K", None],
    },
    "more grids than units": {"grids": 5},
    "fewer grids than nested zones": {
        "zones": {"police": A + B},
        "modes": {"police": "nest"},
        "grids": 1,
    },
}
GUILTY = {
    "apart in a block": {"drop-lock", "split-block"},
    "together across a nested line": {"drop-lock", "soften-layer"},
    "together and apart": {"drop-lock"},
    "block across a nested line": {"split-block", "soften-layer"},
    "more grids than units": {"other-count"},
    "fewer grids than nested zones": {"other-count", "soften-layer"},
}


@pytest.mark.parametrize("case", CONFLICTS)
def test_smallest_conflict(case: str) -> None:
    """A conflict names exactly the rules that exclude each other; dropping any of them cures it."""
    more = CONFLICTS[case]
    idle = [] if "grids" in more else [["apart", "a", "d"]]  # a lock that harms nobody
    p = community([150] * 4, **{**more, "locks": [*more.get("locks", []), *idle]})
    found = solve(p)
    assert found.status == "infeasible"
    (cause,) = explain(p, found)
    assert cause.kind == "conflict"
    assert "apart a d" not in cause.message
    assert {c.kind for c in cause.cures} == GUILTY[case]
    assert all(c.breach is not None for c in cause.cures)


def test_two_conflicts() -> None:
    """Two conflicts that have nothing to do with each other are told apart."""
    locks = [[kind, *pair] for pair in ("ab", "cd") for kind in ("together", "apart")]
    p = community([150] * 4, locks=locks)
    causes = explain(p, solve(p))
    assert len(causes) == 2
    assert "apart a b" in causes[0].message
    assert "apart c d" in causes[1].message


def test_divided_unit() -> None:
    """A unit divided for a trial keeps its households, ground and borders."""
    p = community([300, 801, 300], zones={"police": ["A", "B", "A"]}, block=["K", "K", None])
    q = divided(p, 1, 3)
    assert q.households.tolist() == [300, 267, 300, 267, 267]
    assert q.area_m2.sum() == pytest.approx(p.area_m2.sum())
    assert q.shared_m.sum() == pytest.approx(p.shared_m.sum())
    assert q.zones["police"] == ("A", "B", "A", "B", "B")
    assert q.block == ("K", None, None, None, None)
    assert evaluate(q, np.array([0, 1, 2, 1, 1]))[1] == pytest.approx(
        evaluate(p, np.array([0, 1, 2]))[1]
    )


def test_least_set() -> None:
    """The least set keeps what is needed and drops the rest."""
    assert least_set([1, 2, 3, 4], lambda kept: {2, 4} <= set(kept)) == [2, 4]


def test_same_answer_in_any_order() -> None:
    """Causes and cures do not depend on the order of units, edges and locks."""
    p = community([100, 450, 250, 300], locks=[["together", "c", "d"]])
    turned = Problem.from_dict(_reversed(p.to_dict()))
    assert explain(p, solve(p)) == explain(turned, solve(turned))


def test_every_cause_is_documented() -> None:
    """docs/optimiser.md has one row for every kind of cause, and no other."""
    page = Path(__file__).parents[2].joinpath("docs", "optimiser.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE))
    kinds = set(re.findall(r"``([a-z-]+)``", (Cause.__doc__ or "").split("message")[0]))
    assert rows == kinds


def _reversed(data: dict[str, Any]) -> dict[str, Any]:
    n = len(data["nodes"]["id"])
    nodes = {key: column[::-1] for key, column in data["nodes"].items()}
    edges = {key: column[::-1] for key, column in data["edges"].items()}
    edges["u"], edges["v"] = ([n - 1 - i for i in edges[key]] for key in "uv")
    return data | {"nodes": nodes, "edges": edges, "locks": data["locks"][::-1]}
