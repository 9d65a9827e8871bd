"""One PDF per street: its map, its communities, its grids, with bookmarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pypdf import PdfReader, PdfWriter
from pypdf.generic import IndirectObject


@dataclass(frozen=True)
class Bookmark:
    """One entry of the outline: its text, how deep it stands, how many pages it begins."""

    text: str
    depth: int
    pages: int


@dataclass(frozen=True)
class Part:
    """Sheets that were drawn together: a file, and the bookmarks of its pages in order."""

    path: Path
    bookmarks: tuple[Bookmark, ...]


def bind(parts: Sequence[Part], path: Path, title: str) -> None:
    """Bind parts into one document.

    Parameters
    ----------
    parts
        In the order of the pages.
    path
        Where to write; equal parts give equal bytes.
    title
        Of the document.
    """
    writer = PdfWriter()
    above: list[IndirectObject] = []
    for part in parts:
        first = len(writer.pages)
        writer.append(PdfReader(part.path), import_outline=False)
        for mark in part.bookmarks:
            above = above[: mark.depth]
            parent = above[-1] if above else None
            item = writer.add_outline_item(
                title=mark.text, page_number=first, parent=parent, is_open=not above
            )
            above.append(item)
            first += mark.pages
    writer.compress_identical_objects()
    writer.page_mode = "/UseOutlines"
    writer.metadata = None
    writer.add_metadata({"/Title": title, "/Creator": "gridplan"})
    writer.write(path)
