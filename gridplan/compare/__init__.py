"""Two plans side by side, ours or not: how far they agree, what moved, which measures better."""

from gridplan.compare.common import Common, bring_together, units_of_job
from gridplan.compare.comparison import Comparison, compare, compare_files
from gridplan.compare.measures import Range
from gridplan.compare.write import write_comparison

__all__ = [
    "Common",
    "Comparison",
    "Range",
    "bring_together",
    "compare",
    "compare_files",
    "units_of_job",
    "write_comparison",
]
