"""The order in which the grids of a community are counted, and what each is called."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from gridplan.errors import CodeError

BANDING_RULE = (
    "Grids are numbered from 1 inside each community, row by row from north to south, and from "
    "west to east in each row. A grid stands where its centroid is, rounded to 1 mm. A row begins "
    "at the northernmost grid not yet numbered and takes every grid at most half a row height "
    "south of it; the row height is the side of a square of the mean area of the community's "
    "grids. In a row, grids of equal easting are ordered north first, then smaller area "
    "(to 0.01 m2), then smaller label."
)
"""The rule of ``number_grids`` in words, for registers, data dictionaries and run records."""

BANDING_RULE_ZH = (
    "网格在每个社区内自1起编号：自北向南分行，每行自西向东。网格位置取其质心（取整至1毫米）。"
    "每一行从尚未编号的最北网格开始，包括其以南不超过半个行高的全部网格；"
    "行高为与本社区网格平均面积相等的正方形的边长。"
    "同一行内东坐标相同者，先北后南，再按面积（取整至0.01平方米）由小到大，再按标识由小到大。"
)
"""The same rule in Chinese."""

_DIGITS = "零一二三四五六七八九"
_PLACES = ("", "十", "百", "千")


def number_grids(grids: gpd.GeoDataFrame) -> pd.Series:
    """Count the grids of each community by ``BANDING_RULE``.

    Parameters
    ----------
    grids
        ``community_code`` and polygons in a projected CRS, metres; any unique index. The order of
        rows does not matter.

    Returns
    -------
    pandas.Series
        ``seq``, from 1 in each community, same index.
    """
    if grids.empty:
        return pd.Series(np.zeros(0, dtype=np.int64), index=grids.index, name="seq")
    shapes = grids.geometry.to_numpy()
    points = shapely.centroid(shapes)
    table = pd.DataFrame(
        {
            "community": grids["community_code"].to_numpy(),
            "east": _millimetres(shapely.get_x(points)),
            "north": _millimetres(shapely.get_y(points)),
            "area": np.rint(shapely.area(shapes) * 100).astype(np.int64),
            "label": _label_ranks(grids.index),
        }
    )
    seq = np.zeros(len(table), dtype=np.int64)
    for rows in table.groupby("community", sort=True).indices.values():
        part = table.iloc[rows]
        seq[np.asarray(rows)[_reading_order(part)]] = np.arange(1, len(rows) + 1)
    return pd.Series(seq, index=grids.index, name="seq")


def _millimetres(metres: NDArray[np.float64]) -> NDArray[np.int64]:
    """Round to whole millimetres; an empty polygon, which has no centroid, stands at zero."""
    return np.rint(np.nan_to_num(metres) * 1000).astype(np.int64)


def _label_ranks(labels: pd.Index) -> NDArray[np.int64]:
    """Rank labels: numbers by value, everything else as text."""
    if pd.api.types.is_numeric_dtype(labels.dtype):
        return np.argsort(np.argsort(labels.to_numpy(), kind="stable"), kind="stable")
    text = np.array([str(label) for label in labels], dtype=object)
    return np.argsort(np.argsort(text, kind="stable"), kind="stable")


def _reading_order(part: pd.DataFrame) -> NDArray[np.int64]:
    """Positions of one community's grids in the order they are numbered."""
    side_mm = np.sqrt(part["area"].sum() / 100 / len(part)) * 1000
    reach = int(np.rint(side_mm / 2))
    north = part["north"].to_numpy()
    row = np.zeros(len(part), dtype=np.int64)
    first: int | None = None
    number = 0
    for position in np.argsort(-north, kind="stable"):
        if first is None or first - north[position] > reach:
            first = int(north[position])
            number += 1
        row[position] = number
    keys = (part["label"], part["area"], -north, part["east"], row)
    return np.lexsort(keys)


def grid_name(seq: int, language: str) -> str:
    """Name a grid by its number in its community.

    Parameters
    ----------
    seq
        1 to 9999, or 0 for the only grid of a community that is not divided.
    language
        ``en`` or ``zh``.

    Returns
    -------
    str
        Such as ``Grid 1`` or ``第一网格``; ``Whole community`` or ``全社区网格`` for 0.
    """
    if seq == 0:
        return "全社区网格" if language == "zh" else "Whole community"
    if not 1 <= seq <= 9999:
        raise CodeError(f"grids: number {seq} has no name; a community counts from 1 to 9999")
    return f"第{chinese_number(seq)}网格" if language == "zh" else f"Grid {seq}"


def chinese_number(value: int) -> str:
    """Write 1 to 9999 in Chinese numerals, such as 一百二十三."""
    digits = [int(digit) for digit in str(value)]
    words: list[str] = []
    for place, digit in zip(range(len(digits) - 1, -1, -1), digits, strict=True):
        if digit:
            words.append(_DIGITS[digit] + _PLACES[place])
        elif words and words[-1] != _DIGITS[0]:
            words.append(_DIGITS[0])
    text = "".join(words).rstrip(_DIGITS[0])
    return text[1:] if 10 <= value < 20 else text
