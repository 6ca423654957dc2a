"""The typical size of objects, from what the first network found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .detections import Detections

SURE = 0.5  # score of objects that count for the size
LARGEST_PX, SMALLEST_PX = 55.0, 10.0  # outside of these the first network is at its limits: look again
LOOK_AGAIN = 24.0  # ... with objects of about this size
BOUNDS_PX = (6.0, 400.0)  # no image is made more than four times larger


def typical_diameter_px(found: Detections, shape: tuple[int, int]) -> float | None:
    """Median diameter of the disc of equal area, over sure objects that do not touch the border; None without any.

    Objects more than three times smaller or larger than the median of all are left out: specks and clumps.
    """
    sure = found[found.scores >= SURE]
    height, width = shape
    inside = (sure.boxes[:, :2] > 1).all(1) & (sure.boxes[:, 2] < width - 1) & (sure.boxes[:, 3] < height - 1)
    if inside.any():
        sure = sure[inside]
    diameters = 2 * np.sqrt(sure.areas_px() / np.pi)
    diameters = diameters[diameters > 1]
    if not diameters.size:
        return None
    middle = float(np.median(diameters))
    return float(np.median(diameters[(diameters > middle / 3) & (diameters < middle * 3)]))


def find_diameter_px(look: Callable[[float], Detections], shape: tuple[int, int]) -> float | None:
    """Typical diameter in pixels of the image, or None if nothing is found at any magnification.

    Args:
        look: objects in the image's pixels, found after resizing it by a factor.
        shape: (Y, X) of the image.
    """
    first = typical_diameter_px(look(1.0), shape)
    if first is None:
        others = [s for s in (0.35, 2.5) if min(shape) * s >= 24 and max(shape) * s <= 4096]
        sizes = [typical_diameter_px(look(s), shape) for s in others]
        return next((float(np.clip(size, *BOUNDS_PX)) for size in sizes if size is not None), None)
    if SMALLEST_PX <= first <= LARGEST_PX:
        return first
    second = typical_diameter_px(look(LOOK_AGAIN / float(np.clip(first, *BOUNDS_PX))), shape)
    return float(np.clip(second or first, *BOUNDS_PX))
