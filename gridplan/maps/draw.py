"""All maps of a plan, one after another or in several processes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from matplotlib.backends.backend_pdf import PdfPages

from gridplan.domain import Finding, Plan
from gridplan.errors import OutputError
from gridplan.maps.atlas import Bookmark, Part, bind
from gridplan.maps.backdrop import Backdrop
from gridplan.maps.community import community_sheets
from gridplan.maps.compose import district_sheet, street_sheet
from gridplan.maps.gridsheet import grid_sheet, names_of
from gridplan.maps.lettering import Lettering, find_lettering
from gridplan.maps.marks import Sheet
from gridplan.maps.render import about, files_of, render, settled
from gridplan.maps.sections import Section
from gridplan.maps.subject import Subject, gather, texts_of
from gridplan.maps.words import words
from gridplan.processes import process_count, run_pieces
from gridplan.text import file_stems

FORMATS = ("png", "pdf", "svg")
SHEETS = ("district", "street", "community", "grid")
GRID_FOLDER = "grids"
PART_SHEETS = 40
"""Sheets of an atlas that are drawn together and share what is embedded of a font."""


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
    sheets: Sequence[str] = SHEETS,
    paper: str = "A3",
    atlas: bool = False,
    sections: Mapping[str, Sequence[Section]] | None = None,
    workers: int = 1,
    on_done: Callable[[str], None] | None = None,
    on_file: Callable[[str], None] | None = None,
) -> list[Finding]:
    """Draw the district, every street, every community and every grid of a plan.

    Writes ``district.*``, ``street_<street_code>.*`` (``street_all.*`` where the plan has no
    streets), ``community_<community_code>.*`` (with ``_1``, ``_2``, … behind it where it takes
    several sheets) and ``grids/grid_<grid_code>.*``. Characters of a code that have no place in a
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
    sheets
        Any of ``district``, ``street``, ``community``, ``grid``.
    paper
        ``A3`` or ``8K``; the sheets of grids are always A4.
    atlas
        Whether to write ``atlas_<street_code>.pdf`` too: the chosen sheets of a street in one
        document, with bookmarks.
    sections
        By grid code: what else its sheet tells, before the list of buildings.
    workers
        Processes; 1 draws in this one, 0 uses every core.
    on_done
        Called with the name (without ending) of each sheet when it is written.
    on_file
        Called with the name of every file that is written.

    Returns
    -------
    list of Finding
        A warning where no font of the machine has the characters of the plan.

    Raises
    ------
    OutputError
        If a format or a kind of sheet is unknown or the folder cannot be made.
    """
    _check(formats, FORMATS, "map format")
    _check(sheets, SHEETS, "kind of sheet")
    try:
        (folder / GRID_FOLDER if "grid" in sheets else folder).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the map folder {folder}: {error.strerror}") from error
    more = sections or {}
    texts = [*texts_of(plan, backdrop), *_texts(more), project, date, *words(language).values()]
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
        paper=paper,
    )
    with TemporaryDirectory() if atlas else nullcontext("") as place:
        task = _Task(folder, tuple(formats), lettering, language, place)
        size = PART_SHEETS if atlas else 1
        jobs = ((booklet, task) for booklet in booklets(subject, sheets, more, size))
        parts: dict[str, list[Part]] = {}
        files: list[str] = []
        for (booklet, _), done in run_pieces(_draw, jobs, process_count(workers)):
            files += done.files
            if done.part is not None and booklet.street is not None:
                parts.setdefault(booklet.street, []).append(done.part)
            for sheet in booklet.sheets if on_done is not None else ():
                on_done(sheet.stem)  # type: ignore[misc]
        files += _bind_all(subject, parts, folder)
    for file in files if on_file is not None else ():
        on_file(file)  # type: ignore[misc]
    return findings


def _bind_all(subject: Subject, parts: Mapping[str, list[Part]], folder: Path) -> list[str]:
    """One atlas a street; returns their names."""
    codes = sorted(parts)
    stems = file_stems([code or "all" for code in codes], "atlas_")
    for code, stem in zip(codes, stems, strict=True):
        found = sorted(parts[code], key=lambda part: part.path.name)
        title = " – ".join([found[0].bookmarks[0].text, subject.words["atlas"]])
        bind(found, folder / f"{stem}.pdf", title)
    return [f"{stem}.pdf" for stem in stems]


@dataclass(frozen=True, eq=False)
class Booklet:
    """Sheets that are drawn together, as they stand together in an atlas.

    Parameters
    ----------
    sheets, depths
        The sheets, and how deep each stands in the outline.
    street
        Code of the street whose atlas holds them; None for the district.
    number
        Place in the whole set.
    """

    sheets: tuple[Sheet, ...]
    depths: tuple[int, ...]
    street: str | None
    number: int


def booklets(
    subject: Subject,
    sheets: Sequence[str],
    more: Mapping[str, Sequence[Section]],
    size: int = 1,
) -> Iterator[Booklet]:
    """Every sheet of a plan, composed a booklet at a time: the district, then street by street.

    A booklet holds whole communities of one street: one, or so many that there are ``size`` sheets.
    """
    plan = subject.plan
    number = 0
    if "district" in sheets:
        yield Booklet((district_sheet(subject, "district"),), (0,), None, number)
    of_street = plan.communities["street_code"].fillna("").astype(str).to_numpy()
    streets = sorted(set(of_street.tolist()))
    stems = file_stems([code or "all" for code in streets], "street_")
    composed = _Communities(subject, sheets, more)
    for street, stem in zip(streets, stems, strict=True):
        if "street" in sheets:
            number += 1
            yield Booklet((street_sheet(subject, stem, street),), (0,), street, number)
        deep = int("street" in sheets)
        found: list[tuple[Sheet, int]] = []
        rows = (of_street == street).nonzero()[0].tolist()
        for row in rows:
            mine = enumerate(composed.sheets(row))
            found += [(sheet, deep + int(place > 0)) for place, sheet in mine]
            if found and (len(found) >= size or row == rows[-1]):
                number += 1
                own, depths = zip(*found, strict=True)
                yield Booklet(own, depths, street, number)
                found = []


class _Communities:
    """Composes the sheets of a community and of its grids."""

    def __init__(
        self, subject: Subject, sheets: Sequence[str], more: Mapping[str, Sequence[Section]]
    ) -> None:
        plan = subject.plan
        self._subject, self._sheets, self._more = subject, sheets, more
        self._codes = [str(code) for code in plan.communities["community_code"]]
        self._stems = file_stems(self._codes, "community_")
        self._grids = [str(code) for code in plan.grids["grid_code"]]
        self._grid_stems = file_stems(self._grids, "grid_")
        self._names = names_of(subject)

    def sheets(self, row: int) -> Iterator[Sheet]:
        """The community's own sheets, then those of its grids."""
        if "community" in self._sheets:
            yield from community_sheets(self._subject, self._stems[row], row)
        if "grid" in self._sheets:
            for grid in self._subject.grids_of_community[self._codes[row]].tolist():
                stem = f"{GRID_FOLDER}/{self._grid_stems[grid]}"
                more = self._more.get(self._grids[grid], ())
                yield grid_sheet(self._subject, stem, grid, self._names, more)


def _texts(more: Mapping[str, Sequence[Section]]) -> Iterator[str]:
    """Every text of further sections."""
    for sections in more.values():
        for section in sections:
            yield section.title
            yield from (text for pair in section.paragraphs for text in pair)
            yield from (column.title for column in section.columns)
            yield from (cell for row in section.rows for cell in row)


def _check(chosen: Sequence[str], known: Sequence[str], what: str) -> None:
    unknown = [one for one in chosen if one not in known]
    if unknown:
        raise OutputError(f"{what} {one!r} is unknown: use {', '.join(known)}" for one in unknown)


@dataclass(frozen=True)
class _Task:
    """What every worker must know; ``place`` is where parts of atlases go, or empty."""

    folder: Path
    formats: tuple[str, ...]
    lettering: Lettering
    language: str
    place: str


@dataclass(frozen=True)
class _Drawn:
    """What came of a booklet: names of its files, and its part of an atlas."""

    files: tuple[str, ...]
    part: Part | None


def _draw(job: tuple[Booklet, _Task]) -> _Drawn:
    """Draw one booklet in a worker process."""
    booklet, task = job
    path = Path(task.place) / f"{booklet.number:06}.pdf"
    kept = bool(task.place) and booklet.street is not None
    marks: list[Bookmark] = []
    files: list[str] = []
    with settled(), PdfPages(path, metadata=about("")) if kept else nullcontext() as pages:
        for sheet, depth in zip(booklet.sheets, booklet.depths, strict=True):
            count = render(sheet, task.folder, task.formats, task.lettering, task.language, pages)
            marks.append(Bookmark(sheet.bookmark or sheet.title, depth, count))
            for ending in task.formats:
                files += files_of(sheet.stem, ending, count)
    return _Drawn(tuple(files), Part(path, tuple(marks)) if kept else None)
