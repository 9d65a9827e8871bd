"""Small PNG files: 128 colours chosen so that flat colours stay exactly what they were."""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = 128
BITS = 5  # colours are told apart by the upper five bits of each channel
OPAQUE = 0x00FFFFFF  # of a pixel as a little-endian number
Pixels = NDArray[np.uint8]
Colours = NDArray[np.uint32]
"""Red, green and blue in the lowest three bytes, red lowest."""


def png_bytes(pixels: Pixels, dpi: int, kept: Sequence[str] = ()) -> bytes:
    """PNG without dates or program names.

    Parameters
    ----------
    pixels
        Shape (height, width, 4), 0 to 255: red, green, blue, and a last channel that is ignored.
    dpi
        Resolution written into the file, so that it prints at its true size.
    kept
        Colours (``#RRGGBB``) that come first, however little there is of them, such as those of
        a legend.
    """
    exact = np.ascontiguousarray(pixels).view("<u4").ravel()
    # runs of one colour are a tenth of all pixels, so colours are counted and chosen by run
    starts = np.flatnonzero(exact[1:] != exact[:-1]) + 1
    starts = np.concatenate([[0], starts])
    length = np.diff(starts, append=len(exact))
    colour, which = np.unique(exact[starts] & OPAQUE, return_inverse=True)
    palette, entry = _palette(colour, np.bincount(which, length), kept)
    image = Image.fromarray(np.repeat(entry[which], length).reshape(pixels.shape[:2]), mode="P")
    image.putpalette(palette.tobytes())
    out = BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi), compress_level=6)
    return out.getvalue()


def _cells(colours: Colours) -> NDArray[np.int64]:
    """Cell of every colour in a cube of colours."""
    red, green, blue = (
        (colours >> (8 * i + 8 - BITS)).astype(np.int64) & ((1 << BITS) - 1) for i in range(3)
    )
    return (red << (2 * BITS)) | (green << BITS) | blue


def _palette(
    colours: Colours, often: NDArray[np.number], kept: Sequence[str]
) -> tuple[Pixels, Pixels]:
    """Palette, shape (128, 3), and the palette entry of every colour."""
    cell, which = np.unique(_cells(colours), return_inverse=True)
    count = np.bincount(which, weights=often)
    commonest = np.zeros(len(cell), dtype=np.uint32)
    order = np.lexsort((-colours.astype(np.int64), often))
    commonest[which[order]] = colours[order]  # the last one written to a cell is the commonest
    named = bytes.fromhex("".join(f"{colour[1:]}00" for colour in sorted(set(kept))))
    exact = np.intersect1d(np.frombuffer(named, "<u4"), colours)
    commonest[np.searchsorted(cell, _cells(exact))] = exact
    first = np.searchsorted(cell, np.unique(_cells(exact)))[:COLOURS].tolist()
    rgb = np.stack([commonest >> (8 * i) & 255 for i in range(3)], axis=1)
    chosen, nearest = _spread(rgb.astype(np.float64), np.sqrt(count), first)
    palette = np.zeros((COLOURS, 3), dtype=np.uint8)
    palette[: len(chosen)] = rgb[chosen]
    return palette, nearest.astype(np.uint8)[which]


def _spread(
    colours: NDArray[np.float64], weight: NDArray[np.float64], first: Sequence[int]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pick colours one by one, some first, then frequent ones and those far from all so far."""
    chosen: list[int] = []
    distance = np.full(len(colours), 3.0 * 255**2)
    nearest = np.zeros(len(colours), dtype=np.int64)
    while len(chosen) < min(COLOURS, len(colours)):
        known = len(chosen) < len(first)
        pick = first[len(chosen)] if known else int(np.argmax(distance * weight))
        away = ((colours - colours[pick]) ** 2).sum(axis=1)
        closer = away < distance
        nearest[closer] = len(chosen)
        distance = np.where(closer, away, distance)
        chosen.append(pick)
    return np.array(chosen, dtype=np.int64), nearest
