"""Local contrast."""

from typing import Annotated

import numpy as np
from pydantic import Field
from skimage.exposure import equalize_adapthist

from ._range import to_unit
from ._step import Pixels, step_kind

BINS = 256


@step_kind()
def clahe(
    pixels: Pixels,
    *,
    tile_px: Annotated[int, Field(ge=4, le=4096)] = 64,
    clip_limit: Annotated[float, Field(ge=1, le=BINS)] = 3.0,
    tiles: Annotated[int, Field(ge=1, le=256)] | None = None,
) -> Pixels:
    """Even out contrast over the image, so that dim objects show beside bright ones (CLAHE).

    Histogram equalisation in tiles, with limited contrast, interpolated between tiles. The plane's range is cut in 256
    grey levels; the result has the same smallest and largest value as the plane. A few very bright pixels make these
    levels coarse: put `normalize` before it then.

    Source: K. Zuiderveld, Contrast limited adaptive histogram equalization, Graphics Gems IV, 1994.

    Args:
        pixels: one plane (Y, X).
        tile_px: side of a tile in pixels; two to four objects wide is a good start.
        clip_limit: how high a bar of a tile's histogram may be, as a multiple of the mean height of its 256 bars (the
            unit OpenCV uses): 1 changes little, 3 is usual, 40 is hardly limited.
        tiles: number of tiles along each side, instead of `tile_px`: the tiles then grow with the image.
    """
    low, high = float(pixels.min()), float(pixels.max())
    if low == high:
        return pixels
    sides = [tile_px if tiles is None else max(1, -(-n // tiles)) for n in pixels.shape]
    kernel = [min(side, n) for side, n in zip(sides, pixels.shape, strict=True)]
    even = equalize_adapthist(to_unit(pixels, low, high), kernel, clip_limit / BINS, BINS)
    return np.asarray(np.clip(low + (high - low) * even, low, high), np.float32)
