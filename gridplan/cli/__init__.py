"""The command line. Heavy imports wait inside the commands, so that ``--help`` answers at once."""

from gridplan.cli.group import GridplanGroup, gridplan, main

__all__ = ["GridplanGroup", "gridplan", "main"]
