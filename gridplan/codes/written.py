"""Codes written for a whole division, or for none of it."""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from gridplan.codes.patterns import show
from gridplan.codes.profiles import Profile
from gridplan.domain import GridKind
from gridplan.errors import CodeError


def make_codes(
    profile: Profile,
    community_code: pd.Series,
    seq: pd.Series,
    grid_kind: pd.Series | None = None,
) -> pd.Series:
    """Write the code of every grid, or none.

    Parameters
    ----------
    profile
        How codes are written.
    community_code
        Community of each grid, text.
    seq
        Sequence of each grid in its community, from 1; same index.
    grid_kind
        ``residential`` or ``unit``; all residential where left out.

    Returns
    -------
    pandas.Series
        ``grid_code`` as text, same index.

    Raises
    ------
    CodeError
        With every community that has more grids than the sequence can count, every misfit and
        every collision.
    """
    places = community_code.astype(str).tolist()
    kinds = [GridKind.RESIDENTIAL.value] * len(seq) if grid_kind is None else grid_kind.tolist()
    rows = list(zip(places, (int(n) for n in seq), kinds, strict=True))
    lines = [*profile.misfits(places), *_overflows(profile, rows)]
    codes = pd.Series(
        [profile.code(*row) for row in rows],
        index=seq.index,
        name="grid_code",
        dtype=object if seq.empty else None,
    )
    clashes = codes[codes.duplicated(keep=False)].value_counts().sort_index()
    lines += [
        f"grids: grid_code {show(str(code))} would be given to {count} grids; number each "
        "grid of a community once"
        for code, count in clashes.items()
    ]
    if lines:
        raise CodeError(lines)
    return codes


def _overflows(profile: Profile, rows: Sequence[tuple[str, int, str]]) -> list[str]:
    """Name each community and kind with a number outside its range, the worst one of each."""
    worst: dict[tuple[str, str], int] = {}
    grids = Counter(place for place, _, _ in rows)
    for place, seq, kind in rows:
        whole = seq == 0 and profile.whole_is_zero and grids[place] == 1
        if not whole and seq not in profile.numbers(kind):
            key = (place, kind)
            worst[key] = max(worst.get(key, seq), seq)
    lines = []
    for (place, kind), seq in sorted(worst.items()):
        numbers = profile.numbers(kind)
        block = "" if profile.unit_block is None else f" for {kind} grids"
        lines.append(
            f"communities: community {show(place)} has a grid number {seq}, but profile "
            f"{profile.name!r} counts from {numbers.start} to {numbers.stop - 1}{block}; use a "
            "wider sequence or divide the community"
        )
    return lines
