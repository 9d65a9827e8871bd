"""What reading notes on the way: problems that stop the job, findings that do not."""

from dataclasses import dataclass, field

from gridplan.domain import Finding, Severity


@dataclass
class Notes:
    """Collects over all layers of a job, so that everything wrong is told at once.

    Parameters
    ----------
    problems
        One line each; any of them stops the job.
    findings
        What was noticed or mended.
    """

    problems: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def warn(self, kind: str, message: str, layer: str, *, place: str = "", value: float) -> None:
        """Add a warning."""
        self.findings.append(
            Finding(kind, Severity.WARNING, message, layer=layer, place=place, value=value)
        )
