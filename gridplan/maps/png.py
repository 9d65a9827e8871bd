"""Small PNG files: 128 colours chosen so that flat colours stay exactly what they were."""

from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

COLOURS = 128
BITS = 5  # colours are told apart by the upper five bits of each channel
Pixels = NDArray[np.uint8]


def png_bytes(pixels: Pixels, dpi: int) -> bytes:
    """PNG without dates or program names.

    Parameters
    ----------
    pixels
        Shape (height, width, 3), 0 to 255.
    dpi
        Resolution written into the file, so that it prints at its true size.
    """
    cells = _cells(pixels)
    palette, entry = _palette(pixels, cells)
    image = Image.fromarray(entry[cells], mode="P")
    image.putpalette(palette.tobytes())
    out = BytesIO()
    image.save(out, "PNG", dpi=(dpi, dpi), compress_level=6)
    return out.getvalue()


def _cells(pixels: Pixels) -> NDArray[np.uint16]:
    red, green, blue = (pixels[..., i].astype(np.uint16) >> (8 - BITS) for i in range(3))
    return np.asarray((red << (2 * BITS)) | (green << BITS) | blue, dtype=np.uint16)


def _palette(pixels: Pixels, cells: NDArray[np.uint16]) -> tuple[Pixels, Pixels]:
    """Palette, shape (128, 3), and the palette entry of every colour cell."""
    count = np.bincount(cells.ravel(), minlength=1 << (3 * BITS))
    present = np.flatnonzero(count)
    colours = _commonest(pixels, cells)[present].astype(np.float64)
    chosen, nearest = _spread(colours, np.sqrt(count[present]))
    palette = np.zeros((COLOURS, 3), dtype=np.uint8)
    palette[: len(chosen)] = colours[chosen]
    entry = np.zeros(len(count), dtype=np.uint8)
    entry[present] = nearest
    return palette, entry


def _commonest(pixels: Pixels, cells: NDArray[np.uint16]) -> Pixels:
    """Most frequent exact colour of each cell."""
    flat = pixels.reshape(-1, 3).astype(np.uint32)
    exact = (flat[:, 0] << 16) | (flat[:, 1] << 8) | flat[:, 2]
    # runs of one colour are what is flat; looking at their starts is enough, and ten times less
    starts = np.flatnonzero(np.diff(exact, prepend=exact[0] ^ 1))
    length = np.diff(np.append(starts, len(exact)))
    colour, which = np.unique(exact[starts], return_inverse=True)
    often = np.bincount(which, weights=length)
    order = np.argsort(often, kind="stable")  # the last one written to a cell is the commonest
    rgb = np.stack([colour >> 16, (colour >> 8) & 255, colour & 255], axis=1).astype(np.uint8)
    found = np.zeros((1 << (3 * BITS), 3), dtype=np.uint8)
    found[_cells(rgb[order])] = rgb[order]
    return found


def _spread(
    colours: NDArray[np.float64], weight: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pick colours one by one, frequent ones and those far from all picked so far first."""
    chosen: list[int] = []
    distance = np.full(len(colours), 3.0 * 255**2)
    nearest = np.zeros(len(colours), dtype=np.int64)
    while len(chosen) < min(COLOURS, len(colours)):
        pick = int(np.argmax(distance * weight))
        away = ((colours - colours[pick]) ** 2).sum(axis=1)
        closer = away < distance
        nearest[closer] = len(chosen)
        distance = np.where(closer, away, distance)
        chosen.append(pick)
    return np.array(chosen, dtype=np.int64), nearest
