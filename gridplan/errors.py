"""Every error gridplan raises on purpose.

::

    GridplanError            root; never raised itself                            exit code
    ├── ConfigError          configuration or usage: unknown key, bad value               2
    ├── LayerError           file, layer, column, value or CRS missing or wrong           1
    ├── TopologyError        a coverage cannot be repaired within the tolerance           1
    ├── InfeasibleError      hard rules conflict in every community                       3
    ├── SolverError          the solver is missing or failed                              1
    ├── CodeError            a code clashes, overflows or does not fit its profile        1
    └── OutputError          a result cannot be written where it was asked for            1

An error carries *all* problems found in its input, one clear line each: what, where, the value,
and what to do about it. The command line turns them into text and an exit code in one place.
"""

from collections.abc import Iterable
from typing import Any, ClassVar


class GridplanError(Exception):
    """Root of the tree.

    Parameters
    ----------
    problems
        One line per problem, or a single line.
    findings
        What was noticed before the job stopped, and the problems that have a place.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, problems: str | Iterable[str], findings: Iterable[Any] = ()) -> None:
        self.problems = (problems,) if isinstance(problems, str) else tuple(problems)
        self.findings = tuple(findings)
        super().__init__("\n".join(self.problems))

    def __reduce__(
        self,
    ) -> tuple[type["GridplanError"], tuple[tuple[str, ...], tuple[Any, ...]]]:
        return type(self), (self.problems, self.findings)


class ConfigError(GridplanError, ValueError):
    """The configuration or the command line is wrong."""

    exit_code = 2


class LayerError(GridplanError):
    """An input file, layer, column, value or CRS is missing or wrong."""


class TopologyError(GridplanError):
    """A coverage cannot be repaired within the stated tolerance."""


class InfeasibleError(GridplanError):
    """Hard rules conflict in every community; the range of households never raises this."""

    exit_code = 3


class SolverError(GridplanError):
    """The solver is missing or failed."""


class CodeError(GridplanError):
    """A code clashes, overflows its sequence or does not fit its profile."""


class OutputError(GridplanError):
    """A result cannot be written where it was asked for."""
