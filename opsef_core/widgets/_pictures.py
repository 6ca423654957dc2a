"""Images as the browser gets them: PNG, 8 bit, of a size that a screen can use."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Image

LONGEST_PX = 2048  # of a side; a larger image is shown reduced
WHOLE_PX = 520  # larger images are rated in part, so that outlines can be judged
CROP_PX = 400
PLACES = 12  # along each axis, where a crop may lie

Window = tuple[slice, slice]


def step_for(image: Image, longest_px: int = LONGEST_PX) -> int:
    """How many pixels of the image, per side, become one that is shown."""
    return -(-max(image.shape["Y"], image.shape["X"], 1) // longest_px)


def png(picture: NDArray[np.uint8], step: int = 1, effort: int = 4) -> bytes:
    """A picture as PNG, each `step` x `step` pixels averaged; grey if it has no colour.

    Args:
        picture: (Y, X, 3).
        step: see `step_for`.
        effort: of compression, 1 to 9; 1 takes half the time of 4 for a tenth more bytes.
    """
    from PIL import Image as Pillow

    grey = bool((picture == picture[..., :1]).all())
    made: Any = Pillow.fromarray(np.ascontiguousarray(picture[..., 0] if grey else picture))
    if step > 1:
        made = made.reduce(step)
    data = io.BytesIO()
    made.save(data, format="PNG", compress_level=effort)
    return data.getvalue()


def liveliest(picture: NDArray[np.uint8], side_px: int = CROP_PX, whole_px: int = WHOLE_PX) -> Window:
    """The square of a large picture in which most happens; all of a small one.

    It looks at the image alone and not at a result, so that all grid points are judged on the same place.

    Args:
        picture: (Y, X, 3).
        side_px: of the square.
        whole_px: up to this size a picture is kept whole.
    """
    height, width = picture.shape[:2]
    if max(height, width) <= whole_px:
        return slice(0, height), slice(0, width)
    grey = picture.mean(-1)
    high, wide = min(height, side_px), min(width, side_px)
    tops = np.unique(np.linspace(0, height - high, PLACES).round().astype(int))
    lefts = np.unique(np.linspace(0, width - wide, PLACES).round().astype(int))
    contrast = [(float(grey[t : t + high, x : x + wide].std()), -int(t), -int(x)) for t in tops for x in lefts]
    _, top, left = max(contrast)
    return slice(-top, -top + high), slice(-left, -left + wide)
