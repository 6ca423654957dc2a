"""The outline of one object, as loops of pixel corners."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._outlines import outlines

Corners = NDArray[np.int32]  # (n, 2): x, y


def contours(mask: NDArray[np.bool_]) -> list[Corners]:
    """Closed loops along the pixel edges of a (Y, X) mask, as (x, y) corners, inside to the right.

    Pixels that touch at a corner only get loops of their own, so no loop crosses itself; holes run the other way.
    """
    return outlines(np.asarray(mask, np.uint8)).get(1, [])
