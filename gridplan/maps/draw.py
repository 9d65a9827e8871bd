"""All maps of a plan, one after another or in several processes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from gridplan.domain import Finding, Plan
from gridplan.errors import OutputError
from gridplan.maps.backdrop import Backdrop
from gridplan.maps.compose import community_sheet, district_sheet, street_sheet
from gridplan.maps.lettering import Lettering, find_lettering
from gridplan.maps.marks import Sheet
from gridplan.maps.render import render
from gridplan.maps.subject import Subject, gather, texts_of
from gridplan.maps.words import words
from gridplan.processes import process_count, run_pieces
from gridplan.text import file_stems

FORMATS = ("png", "pdf", "svg")


def draw_maps(
    plan: Plan,
    folder: Path,
    *,
    backdrop: Backdrop,
    project: str,
    language: str,
    date: str,
    grid_range: tuple[int, int],
    formats: Sequence[str] = ("png",),
    workers: int = 1,
    on_done: Callable[[str], None] | None = None,
) -> list[Finding]:
    """Draw the district, every street and every community of a plan on A3 sheets.

    Writes ``district.*``, ``street_<street_code>.*`` (``street_all.*`` where the plan has no
    streets) and ``community_<community_code>.*``. Characters of a code that have no place in a
    file name become ``_``. The same plan gives the same bytes on the same machine, whatever the
    number of workers or the order of rows.

    Parameters
    ----------
    plan
        The plan, in a projected CRS in metres.
    folder
        Where to write; made if missing.
    backdrop
        Context layers, in the CRS of the plan.
    project
        Name of the project, for titles and the source line.
    language
        ``en`` or ``zh``.
    date
        Printed as it is.
    grid_range
        Least and most households of a grid.
    formats
        Any of ``png``, ``pdf``, ``svg``.
    workers
        Processes; 1 draws in this one, 0 uses every core.
    on_done
        Called with the name (without ending) of each sheet when it is written.

    Returns
    -------
    list of Finding
        A warning where no font of the machine has the characters of the plan.

    Raises
    ------
    OutputError
        If a format is unknown or the folder cannot be made.
    """
    _check_formats(formats)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the map folder {folder}: {error.strerror}") from error
    texts = [*texts_of(plan, backdrop), project, date, *words(language).values()]
    lettering, findings = find_lettering(texts)
    if not all(lettering.writes(word) for word in words(language).values()):
        language = "en"
    subject = gather(
        plan,
        backdrop,
        lettering,
        project=project,
        language=language,
        date=date,
        grid_range=grid_range,
    )
    jobs = ((sheet, folder, tuple(formats), lettering, language) for sheet in sheets(subject))
    for _, stem in run_pieces(_render, jobs, process_count(workers)):
        if on_done is not None:
            on_done(stem)
    return findings


def sheets(subject: Subject) -> Iterator[Sheet]:
    """Every sheet of a plan, composed one at a time."""
    plan = subject.plan
    yield district_sheet(subject, "district")
    streets = [str(code) for code in plan.communities["street_code"].fillna("").unique()]
    streets = sorted(streets)
    stems = file_stems([code or "all" for code in streets], "street_")
    for code, stem in zip(streets, stems, strict=True):
        yield street_sheet(subject, stem, code)
    communities = [str(code) for code in plan.communities["community_code"]]
    stems = file_stems(communities, "community_")
    for code, stem in zip(communities, stems, strict=True):
        yield community_sheet(subject, stem, code)


def _check_formats(formats: Sequence[str]) -> None:
    unknown = [ending for ending in formats if ending not in FORMATS]
    if unknown:
        raise OutputError(
            f"map format {ending!r} is unknown: use {', '.join(FORMATS)}" for ending in unknown
        )


Job = tuple[Sheet, Path, tuple[str, ...], Lettering, str]


def _render(job: Job) -> str:
    return render(*job)
