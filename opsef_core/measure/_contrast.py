"""How far each object stands out from what is around it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..data import Image, Labels

LUMINANCE = (0.299, 0.587, 0.114)  # of red, green, blue (ITU-R BT.601)


def contrast(labels: Labels, image: Image) -> NDArray[np.float64]:
    """|mean of the object - mean of its ring| / (99th - 1st percentile of the image): 0 is invisible, 1 very clear.

    Bright objects on dark ground and dark ones on bright ground count alike. The ring is all background within a fifth
    of the median diameter, 2 to 10 pixels, counted in a square window, in the plane. Background between two objects
    belongs to both.

    Args:
        labels: axes YX or ZYX.
        image: of the same size, usually the unprocessed one. Of colours their luminance is taken, of other channels
            the first.

    Returns:
        (n,) in the order of ids; NaN where an object has no background beside it, 0 in an image of one value.

    Raises:
        BadLabels: image and labels are not of one size.
    """
    from scipy.ndimage import maximum_filter

    channels = labels.intensities(image)
    grey = np.tensordot(LUMINANCE, channels, 1) if image.is_rgb else np.asarray(channels[0], np.float64)
    if not labels.count:
        return np.zeros(0)
    low, high = np.percentile(grey, (1, 99))
    if not high > low:
        low, high = grey.min(), grey.max()
    ids = labels.compact()
    size = 2 * _ring_px(labels) + 1
    window = (*(1,) * (ids.ndim - 2), size, size)
    largest = maximum_filter(ids, window)
    smallest = labels.count + 1 - maximum_filter(np.where(ids > 0, labels.count + 1 - ids, 0), window)
    ground = ids == 0
    near = ground & (largest > 0)
    shared = near & (smallest != largest)
    owners = np.concatenate([largest[near], smallest[shared]])
    around = _means(owners, np.concatenate([grey[near], grey[shared]]), labels.count)
    inside = _means(ids[~ground], grey[~ground], labels.count)
    found: NDArray[np.float64] = np.abs(inside - around) / max(float(high - low), 1e-12)
    return found


def _ring_px(labels: Labels) -> int:
    diameter = float(np.median(np.sqrt(4 * labels.areas_px / np.pi)))
    return int(np.clip(round(diameter / 5), 2, 10))


def _means(ids: NDArray[np.int32], values: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Mean of each id's values; NaN without any."""
    number = np.bincount(ids, minlength=count + 1)[1:]
    total = np.bincount(ids, values, minlength=count + 1)[1:]
    return np.where(number > 0, total / np.maximum(number, 1), np.nan)
