"""A first configuration from a look at the layers, for ``gridplan init``."""

from gridplan.propose.proposal import Proposal, propose_config

__all__ = ["Proposal", "propose_config"]
