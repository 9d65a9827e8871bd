"""The page ``docs/file-formats.md``: what every layer and table holds, as Markdown."""

from collections.abc import Sequence

from gridplan.codes import REGISTER_TABLES
from gridplan.tables.dictionary import FIELDS, LAYERS, SHAPES, TABLES, TEXTS

_BEGIN = "<!-- dictionary: begin -->"
_END = "<!-- dictionary: end -->"
_TYPES = {"C": "text", "N": "number", "D": "date"}


def renew_page(page: str) -> str:
    """Put the current dictionary between the two markers of a Markdown page."""
    head, _, rest = page.partition(f"\n{_BEGIN}\n")
    _, _, tail = rest.partition(f"\n{_END}\n")
    return f"{head}\n{_BEGIN}\n{describe_formats()}\n{_END}\n{tail}"


def describe_formats() -> str:
    """Write the tables of ``docs/file-formats.md`` from the dictionary, as Markdown."""
    blocks = ["## Layers of `plan.gpkg`"]
    blocks += [_section(name, columns, SHAPES[name]) for name, columns in LAYERS.items()]
    blocks.append("## Files in `tables/`")
    blocks += [_section(name, columns, "") for name, columns in TABLES.items()]
    blocks.append("## Tables of a code register")
    blocks += [_section(name, columns, "") for name, columns in REGISTER_TABLES.items()]
    return "\n\n".join(blocks)


def _section(table: str, columns: Sequence[str], shape: str) -> str:
    text = TEXTS[table]
    head = f"### `{table}` · {text.title_zh}\n\n{text.purpose[0].upper()}{text.purpose[1:]}"
    head += f"; geometry: {shape}." if shape else "."
    lines = [
        "| column | 名称 | abbr. | type | unit | M/C/O | meaning |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in columns:
        about = FIELDS.get(f"{table}.{name}") or FIELDS[name]
        kind = f"{_TYPES[about.type]}({about.length})" if about.length else _TYPES[about.type]
        chinese = about.name_zh.replace("<layer>", "`<layer>`")
        cells = (f"`{name}`", chinese, about.abbreviation, kind, about.unit, about.constraint)
        lines.append(f"| {' | '.join(cells)} | {about.en} |".replace("  ", " "))
    return head + "\n\n" + "\n".join(lines)
