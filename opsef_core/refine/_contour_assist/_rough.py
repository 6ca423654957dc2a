"""What a person marked: one point is a click, two are corners of a box, three or more a line round the object."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from ...errors import BadParameter

Window = tuple[slice, slice]
CLICK_RADIUS_PX = 2.5


@dataclass(frozen=True)
class Rough:
    """What was marked.

    Attributes:
        points: (n, 2) row, column; pixel (r, c) reaches from (r, c) to (r + 1, c + 1).
    """

    points: NDArray[np.float64]

    @classmethod
    def of(cls, given: Sequence[Sequence[float]] | NDArray[Any], shape: tuple[int, int]) -> Rough:
        """Points, checked.

        Raises:
            BadParameter: no points, or none of them in the image.
        """
        try:
            points = np.atleast_2d(np.asarray(given, np.float64))
        except (TypeError, ValueError):
            points = np.zeros((0, 0))
        if points.ndim != 2 or points.shape[1:] != (2,) or not len(points) or not np.isfinite(points).all():
            raise BadParameter(
                "What is marked is given as points (row, column): one for a click, two opposite corners for a box, "
                f"three or more for a line round the object; not {given!r:.80}."
            )
        low, high = points.min(axis=0), points.max(axis=0)
        if (high < 0).any() or (low >= np.array(shape)).any():
            raise BadParameter(f"What is marked lies outside of the image of {shape[0]} x {shape[1]} px.")
        return cls(points)

    @property
    def is_click(self) -> bool:
        """Whether it says where, but not how large."""
        return len(self.points) == 1

    def window(self, shape: tuple[int, int], margin_px: int) -> Window:
        """The box round it, larger by the margin on every side, as far as the image reaches."""
        low = np.floor(self.points.min(axis=0)).astype(int) - margin_px
        high = np.ceil(self.points.max(axis=0)).astype(int) + margin_px
        high = np.maximum(high, low + 1)
        low, high = np.clip(low, 0, np.array(shape) - 1), np.clip(high, 1, shape)
        return slice(int(low[0]), int(high[0])), slice(int(low[1]), int(high[1]))

    def mask(self, window: Window) -> NDArray[np.bool_]:
        """(Y, X) of a window: a disc round a click, the ellipse in a box, the inside of a line; a pixel at least."""
        shape = (window[0].stop - window[0].start, window[1].stop - window[1].start)
        points = self.points - (window[0].start, window[1].start)
        if len(points) > 2:
            inside = np.asarray(polygon2mask(shape, points - 0.5), bool)
        else:
            rows, columns = np.ogrid[0.5 : shape[0], 0.5 : shape[1]]
            middle, radii = points.mean(axis=0), np.abs(np.ptp(points, axis=0)) / 2
            radii = np.maximum(radii, CLICK_RADIUS_PX if self.is_click else 0.5)
            inside = ((rows - middle[0]) / radii[0]) ** 2 + ((columns - middle[1]) / radii[1]) ** 2 <= 1
        row, column = np.clip(points.mean(axis=0).astype(int), 0, np.array(shape) - 1)
        if not inside.any():
            inside[row, column] = True
        return inside
