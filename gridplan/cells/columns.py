"""Grown communities as columns, and back."""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from gridplan.cells.outline import Outline
from gridplan.cells.place import Grown, Place
from gridplan.shelf import Columns

BY_UNIT = ("cells", "host", "lost_m2")
BY_EDGE = tuple(field.name for field in fields(Outline) if field.name != "loose")


def columns_of(grown: Sequence[Grown]) -> Columns:
    """Write communities, one after the other; ``grown_of`` reads them."""
    arrays = {
        "units": [len(one.cells) for one in grown],
        "beyonds": [len(one.beyond) for one in grown],
        "edges": [len(one.outline.cell) for one in grown],
        "loose": [one.outline.loose for one in grown],
        "wrong_m2": [one.wrong_m2 for one in grown],
        "sound": [one.sound for one in grown],
        **{n: np.concatenate([getattr(one, n) for one in grown]) for n in (*BY_UNIT, "beyond")},
        **{n: np.concatenate([getattr(one.outline, n) for one in grown]) for n in BY_EDGE},
    }
    cells: Any = gpd.array.GeometryArray(arrays.pop("cells"))
    return {name: pd.Series(values) for name, values in (arrays | {"cells": cells}).items()}


def grown_of(places: Sequence[Place], columns: Columns) -> list[Grown]:
    """Read the communities that stand in columns.

    Parameters
    ----------
    places
        The communities.
    columns
        As written by ``columns_of``.

    Raises
    ------
    ValueError
        Where other communities stand there; ``KeyError`` where a column is missing.
    """
    arrays: dict[str, Any] = {name: values.to_numpy() for name, values in columns.items()}
    if arrays["units"].tolist() != [len(place.shapes) for place in places]:
        raise ValueError("other communities")

    def apart(names: Sequence[str], count: str) -> list[dict[str, Any]]:
        """Cut columns where each community ends."""
        ends = np.cumsum(arrays[count])
        if any(len(arrays[name]) != ends[-1] for name in names):
            raise ValueError(count)
        cut = zip(*(np.split(arrays[name], ends[:-1]) for name in names), strict=True)
        return [dict(zip(names, parts, strict=True)) for parts in cut]

    each = zip(
        apart(BY_UNIT, "units"),
        apart(("beyond",), "beyonds"),
        apart(BY_EDGE, "edges"),
        arrays["loose"].tolist(),
        arrays["wrong_m2"].tolist(),
        arrays["sound"].tolist(),
        strict=True,
    )
    return [
        Grown(**units, **beyond, outline=Outline(**edges, loose=loose), wrong_m2=wrong, sound=sound)
        for units, beyond, edges, loose, wrong, sound in each
    ]
