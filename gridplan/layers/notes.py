"""What reading notes on the way: problems that stop the job, findings that do not."""

from dataclasses import dataclass, field

from gridplan.domain import Finding, Severity
from gridplan.layers.tally import Tally

Bounds = tuple[float, float, float, float]
"""Least x and y, greatest x and y."""


@dataclass(frozen=True)
class Undeclared:
    """A layer without a CRS, whose problem is put in better words once all layers are read.

    Parameters
    ----------
    line
        Index of its line in ``Notes.problems``.
    role, where
        Its place below ``inputs``, and its description.
    bounds
        In its own unknown coordinates; None where it is empty.
    """

    line: int
    role: str
    where: str
    bounds: Bounds | None


@dataclass
class Notes:
    """Collects over all layers of a job, so that everything wrong is told at once.

    Parameters
    ----------
    problems
        One line each; any of them stops the job.
    findings
        What was noticed or mended.
    undeclared
        Layers without a CRS.
    extents
        Bounds of every layer with a CRS, in degrees, by its place below ``inputs``.
    systems
        CRS of every layer that has one, as text, by its place.
    tallies
        Households of every source.
    """

    problems: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    undeclared: list[Undeclared] = field(default_factory=list)
    extents: dict[str, Bounds] = field(default_factory=dict)
    systems: dict[str, str] = field(default_factory=dict)
    tallies: list[Tally] = field(default_factory=list)

    def warn(self, kind: str, message: str, layer: str, *, place: str = "", value: float) -> None:
        """Add a warning."""
        self.findings.append(
            Finding(kind, Severity.WARNING, message, layer=layer, place=place, value=value)
        )
