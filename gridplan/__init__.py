"""Divide communities into responsibility grids, prove how good they are, number them for life."""

__version__ = "0.1.0"
