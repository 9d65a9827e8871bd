"""HTML that cannot be broken by what stands in it: every text is escaped where it is put in."""

from collections.abc import Sequence
from html import escape
from typing import TypeAlias

from gridplan.text import clean_text

Child: TypeAlias = "str | int | Sequence[Child] | None"

_VOID = frozenset({"meta", "br", "link", "path", "rect", "circle", "line", "polygon", "use"})


class Html(str):
    """Finished markup; any other text is escaped when it becomes a child."""

    __slots__ = ()


def el(name: str, /, *children: "Child", **attributes: str | int | float | None) -> Html:
    """Make an element.

    Parameters
    ----------
    name
        Of the element.
    children
        Text (escaped), numbers, finished markup, or lists of these; None is nothing.
    attributes
        ``class_`` is ``class``, and ``_`` elsewhere is ``-``; None is left out.
    """
    parts = [name]
    for key, value in attributes.items():
        if value is not None:
            attribute = key.rstrip("_").replace("_", "-")
            parts.append(f'{attribute}="{escape(_shown(value))}"')
    opening = " ".join(parts)
    if name in _VOID and not children:
        return Html(f"<{opening}/>")
    return Html(f"<{opening}>{''.join(_text(child) for child in children)}</{name}>")


def _text(child: "Child") -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return child
    if isinstance(child, str | int):
        return escape(_shown(child))
    return "".join(_text(one) for one in child)


def _shown(value: str | int | float) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return clean_text(str(value))
