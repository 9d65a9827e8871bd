"""The border of a grid in words, as it is read out on the spot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gridplan.maps.edges import SIDES, Along, Border, Stretch

CHINESE_ORDER = ("east", "south", "west", "north")
"""East, south, west, north is how a Chinese deed tells a border."""


@dataclass(frozen=True, eq=False)
class Names:
    """What the grids around a grid are called.

    Parameters
    ----------
    of_grid
        Name of each grid by its code, as it stands on the maps.
    community_of
        Community code by grid code.
    of_community
        Name of each community by its code.
    """

    of_grid: Mapping[str, str]
    community_of: Mapping[str, str]
    of_community: Mapping[str, str]

    def shown(self, code: str, here: str, words: Mapping[str, str]) -> str:
        """Name of a grid, with its community where that is not the one ``here``."""
        name, community = self.of_grid[code], self.community_of[code]
        if community == here:
            return name
        return words["grid_of"].format(name, self.of_community.get(community, community))


def border_sentences(
    border: Border, names: Names, community_code: str, words: Mapping[str, str], language: str
) -> tuple[tuple[str, str], ...]:
    """Say what the border runs along, side by side.

    Parameters
    ----------
    border
        What was found.
    names
        Of the grids around.
    community_code
        Community of the grid.
    words
        Vocabulary of the sheet.
    language
        ``en`` begins in the north, ``zh`` in the east.

    Returns
    -------
    tuple
        Pairs of a side (or a part, or the inside) and its sentence.
    """
    order = CHINESE_ORDER if language == "zh" else SIDES
    rings = sorted({(s.ring, s.hole) for s in border.stretches})
    outlines = [ring for ring, hole in rings if not hole]
    lines: list[tuple[str, str]] = []
    for ring, hole in rings:
        mine = [s for s in border.stretches if s.ring == ring]
        if hole:
            lines.append((words["inside"], _along(_merged(mine), names, community_code, words)))
            continue
        if len(outlines) > 1:
            lines.append((words["part_n"].format(outlines.index(ring) + 1), ""))
        for side in order:
            there = [s for s in mine if s.side == side]
            if there:
                text = _along(there, names, community_code, words)
                lines.append((words[f"{side}_side"], text))
    return tuple(lines)


def _merged(stretches: Sequence[Stretch]) -> list[Stretch]:
    """Stretches of one ring without their sides."""
    total: dict[tuple[Along, str], float] = {}
    for s in stretches:
        total[s.along, s.name] = total.get((s.along, s.name), 0.0) + s.length_m
    first = stretches[0]
    return [
        Stretch(first.ring, first.hole, first.side, along, name, metres)
        for (along, name), metres in total.items()
    ]


def _along(stretches: Sequence[Stretch], names: Names, here: str, words: Mapping[str, str]) -> str:
    parts = [
        words["metres_of"].format(_thing(s, names, here, words), _round(s.length_m))
        for s in stretches
    ]
    return words["along"].format(words["between"].join(parts))


def _thing(stretch: Stretch, names: Names, here: str, words: Mapping[str, str]) -> str:
    if stretch.along is Along.GRID:
        return names.shown(stretch.name, here, words)
    return stretch.name or words.get(f"a_{stretch.along.value}", "")


def _round(metres: float) -> str:
    """Metres as one says them: to five below 100, to ten above."""
    step = 5 if metres < 100 else 10
    return f"{max(step, round(metres / step) * step):,}"
