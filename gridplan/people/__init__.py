"""Who carries each grid, what they carry, how much that is, and how far they walk."""

from gridplan.people.carry import Carried, carry

__all__ = ["Carried", "carry"]
