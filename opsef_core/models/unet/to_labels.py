"""Class probabilities -> instances, with local seeds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import watershed

from .net import BORDER, INSIDE, OUTSIDE


def to_labels(
    probabilities: NDArray[np.float32], *, mask_threshold: float, seed_threshold: float, min_area_px: int
) -> NDArray[np.int32]:
    """(3, Y, X) class probabilities -> (Y, X) int32 instances, 0 = background.

    A pixel is object where inside + border reach `mask_threshold`. Every connected part of the mask is judged by
    itself: its seeds are the connected regions where inside alone reaches `seed_threshold`; a part without any
    keeps one seed, itself. So neither the largest object nor the brightest decides about the others. Seeds grow
    over the border probability by watershed. Objects below `min_area_px` pixels are dropped.
    """
    inside = probabilities[INSIDE]
    mask = 1.0 - probabilities[OUTSIDE] >= mask_threshold
    if not mask.any():
        return np.zeros(mask.shape, np.int32)
    seeds, n_seeds = ndimage.label((inside >= seed_threshold) & mask)
    seeds = _drop_specks(seeds, n_seeds)
    parts, n_parts = ndimage.label(mask)
    seeded = np.zeros(n_parts + 1, bool)
    seeded[np.unique(parts[seeds > 0])] = True
    seedless = ~seeded[parts] & mask
    seeds = np.where(seedless, parts + int(seeds.max()), seeds)
    labels = watershed(probabilities[BORDER] - inside, seeds, mask=mask)
    return _drop_small(labels, min_area_px)


def _drop_specks(seeds: NDArray[np.int32], count: int, fraction: float = 0.1) -> NDArray[np.int32]:
    """Drop seeds of one or two pixels that lie right beside a seed ten times as large: noise, not an object."""
    areas = np.bincount(seeds.ravel(), minlength=count + 1)
    small = np.flatnonzero(areas <= 2)
    for seed in small[small > 0]:
        rows, columns = np.nonzero(seeds == seed)
        window = (
            slice(max(rows.min() - 2, 0), rows.max() + 3),
            slice(max(columns.min() - 2, 0), columns.max() + 3),
        )
        beside = np.unique(seeds[window])
        if any(areas[seed] < fraction * areas[other] for other in beside if other not in (0, seed)):
            seeds[rows, columns] = 0
    return seeds


def _drop_small(labels: NDArray[np.int32], min_area_px: int) -> NDArray[np.int32]:
    """Remove small objects, then number the rest from 1 without gaps."""
    areas = np.bincount(labels.ravel())
    keep = areas >= min_area_px
    keep[0] = False
    new_ids = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    result: NDArray[np.int32] = new_ids[labels]
    return result
