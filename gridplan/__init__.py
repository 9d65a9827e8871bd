"""Divide communities into responsibility grids, prove how good the division is, number it for life."""

__version__ = "0.1.0"
