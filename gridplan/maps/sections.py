"""What stands on a grid's sheet beside the map: sections of sentences and rows."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Column:
    """One column of a section's table.

    Parameters
    ----------
    title
        Its heading; a table whose columns have none has no heading.
    share
        Its part of the width, against the other columns'.
    number
        Whether it holds numbers, which stand to the right.
    """

    title: str = ""
    share: float = 1.0
    number: bool = False


@dataclass(frozen=True)
class Section:
    """A heading, then sentences, then a table; any of these may be missing.

    Parameters
    ----------
    title
        The heading.
    paragraphs
        Pairs of a word in bold and the sentence that follows it; either may be empty.
    columns, rows
        The table: as many cells a row as there are columns.
    """

    title: str
    paragraphs: tuple[tuple[str, str], ...] = ()
    columns: tuple[Column, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
