"""One module a peer: how it is called, from one problem part to plans.

Every module has ``improve(part, keeper, seed)``, which offers plans to the keeper until the time is
up, and ``VERSION_OF``, the distributions whose versions are recorded. A peer that gives a bound
returns a `Proof`. gridplan takes whole problems and has ``prepare`` and ``answer`` instead.
"""

from typing import NamedTuple

PEERS = {
    "gridplan": "gridplan_solve",
    "GerryChain": "gerrychain_bursts",
    "METIS": "metis_restarts",
    "MIP": "monolithic_mip",
    "pygeoda greedy": "pygeoda_greedy",
    "pygeoda tabu": "pygeoda_tabu",
    "pygeoda sa": "pygeoda_sa",
    "spopt MaxP": "spopt_maxp",
}


class Proof(NamedTuple):
    """What a peer claims of its plan of a part: by how much, at most, it is above the optimum."""

    proven: bool
    shortfall: float | None


class UnfitError(Exception):
    """The peer cannot take this problem; the text says why."""
