"""Grey values or colours like those in the middle of what was marked."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage
from skimage.morphology import disk

from ._method import AssistMethod, CutOut, Mask, assist_method

EIGHT = np.ones((3, 3), bool)


@assist_method
class RegionGrowing(AssistMethod):
    """Pixels joined to the middle of what was marked that look more like it than like the surroundings; needs no model.

    The middle is the inner half of what was marked. After the classic contour assist of AnnotatorJ (Hollandi et
    al. 2020, doi 10.1091/mbc.E20-02-0156), where the limit was a fixed part of all grey values.

    Attributes:
        threshold: how far a pixel may be on the way from the middle to the surroundings (medians).
    """

    threshold: float = Field(0.55, ge=0, le=1)

    def find(self, seen: CutOut) -> Mask:
        """Similar pixels, connected with the middle over sides and corners, not farther away than the margin."""
        depth = ndimage.distance_transform_edt(np.pad(seen.rough, 1))[1:-1, 1:-1]
        middle = depth >= 0.5 * depth.max()
        smooth = ndimage.gaussian_filter(seen.pixels, (0, 1, 1))  # noise must not make it a sieve
        alike = _way(smooth, middle, ~seen.rough) <= self.threshold
        if not seen.is_click:
            alike &= ndimage.distance_transform_edt(~seen.rough) <= seen.margin_px
        grown = ndimage.binary_propagation(middle, EIGHT, alike | middle)
        return np.asarray(ndimage.binary_opening(grown, disk(1)) | middle, bool)


def _way(pixels: NDArray[np.float32], inside: Mask, outside: Mask) -> NDArray[np.float32]:
    """(Y, X) how far each pixel's (C,) values are on the way from one median to the other: 0 inside, 1 outside."""
    here = np.median(pixels[:, inside], axis=1)
    there = np.median(pixels[:, outside], axis=1) if outside.any() else here
    step = there - here
    length = float((step**2).sum())
    if length < 1e-12:  # no difference to go by
        return np.zeros(pixels.shape[1:], np.float32)
    return np.asarray(np.tensordot(step, pixels - here[:, None, None], axes=1) / length, np.float32)
