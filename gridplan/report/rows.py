"""Tables of the report page."""

from collections.abc import Sequence

from gridplan.report.markup import Html, el

CODE = 20  # characters of a code that stay on one line


def lead(text: str) -> Html:
    """Make the sentence that a part begins with."""
    return el("p", text, class_="lead")


def make_table(
    caption: str,
    heads: Sequence[tuple[str, bool]],
    rows: Sequence[Html],
    foot: Html | None = None,
    *,
    hidden: bool = False,
) -> Html:
    """Make a table; ``heads`` are texts and whether the column holds numbers.

    A ``hidden`` caption is read aloud only: the heading above says the same.
    """
    cells = [el("th", text, scope="col", class_="n" if number else None) for text, number in heads]
    table = el(
        "table",
        el("caption", caption, class_="sr" if hidden else None),
        el("thead", el("tr", cells)),
        el("tbody", list(rows)),
        el("tfoot", foot) if foot is not None else None,
    )
    return el("div", table, class_="scroll")


def make_row(*cells: Html | str | int) -> Html:
    """Make a row: a number stands right, a text left, finished cells as they are."""
    made = []
    for cell in cells:
        if isinstance(cell, Html):
            made.append(cell if cell.startswith("<t") else el("td", cell))
        elif isinstance(cell, int):
            made.append(el("td", f"{cell:,}", class_="n"))
        else:
            made.append(el("td", str(cell)))
    return el("tr", made)


def code_cell(text: str) -> Html:
    """Make a cell of a code, on one line where it is short."""
    return el("td", text, class_="nowrap" if len(text) <= CODE else None)


def number_cell(text: str) -> Html:
    """Make a cell of a number that is spelled already."""
    return el("td", text, class_="n")
