"""The report of a plan: one page for a director, the rest for an analyst."""

from gridplan.report.write import write_report

__all__ = ["write_report"]
