"""Which of the pixels that stand out are the object that was meant."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.feature import peak_local_max
from skimage.segmentation import watershed

from ._method import Mask

MOST_OCCUPIED = 0.4  # a piece of which more belongs to other objects is one of them
BELONGS = 0.5  # a part belongs to what was marked if more than this of it lies inside
SMOOTHED = 0.25  # of the radius of the thickest part: bumps smaller than that divide nothing
NEAR_PX = 4  # a click may miss the object by this


def choose(found: Mask, rough: Mask, occupied: Mask, is_click: bool) -> Mask:
    """(Y, X) one piece without holes, or nothing.

    Touching objects are divided at their waists. Of a click the part under it is taken, else all parts that lie mostly
    inside of what was marked; what belongs to objects that are there already is left out.

    Args:
        found: (Y, X) pixels that stand out.
        rough: (Y, X) pixels that were marked.
        occupied: (Y, X) pixels of other objects.
        is_click: whether `rough` is the disc round a click.
    """
    parts = divided(found)
    count = int(parts.max()) + 1
    areas = np.bincount(parts.ravel(), minlength=count)
    free = np.bincount(parts[occupied], minlength=count) <= MOST_OCCUPIED * areas
    free[0] = False
    if is_click:
        wanted = np.arange(count) == _under(parts, rough, free)
    else:
        marked = np.where(free, np.bincount(parts[rough], minlength=count), 0)
        wanted = marked > np.minimum(BELONGS * areas, marked.max() - 1)
    wanted &= free
    kept = ndimage.binary_fill_holes(_main(wanted[parts] & ~occupied, rough))
    return np.asarray(kept & ~occupied, bool)


def divided(found: Mask) -> NDArray[np.int32]:
    """(Y, X) parts of a mask, numbered from 1: connected, and cut at waists (watershed of the distance inside)."""
    if not found.any():
        return np.zeros(found.shape, np.int32)
    inner = ndimage.distance_transform_edt(np.pad(found, 1))[1:-1, 1:-1]
    smooth = ndimage.gaussian_filter(inner, max(1.0, SMOOTHED * float(inner.max())))
    pieces = ndimage.label(found, np.ones((3, 3)))[0]
    tops = peak_local_max(smooth, min_distance=3, labels=pieces, exclude_border=False)
    seeds = np.zeros(found.shape, np.int32)
    seeds[tuple(tops.T)] = np.arange(1, len(tops) + 1)
    return np.asarray(watershed(-smooth, seeds, mask=found, connectivity=2), np.int32)


def _under(parts: NDArray[np.int32], rough: Mask, free: Mask) -> int:
    """The part at the middle of a click, or the nearest free one close by; 0 for none."""
    row, column = np.argwhere(rough).mean(axis=0).round().astype(int)
    here = int(parts[row, column])
    if here:
        return here
    rows, columns = np.nonzero(free[parts])
    far = np.hypot(rows - row, columns - column)
    return int(parts[rows[far.argmin()], columns[far.argmin()]]) if len(far) and far.min() <= NEAR_PX else 0


def _main(mask: Mask, rough: Mask) -> Mask:
    """The connected piece with most of what was marked, or the largest one where nothing was; that differs."""
    pieces, count = ndimage.label(mask)
    if not count:
        return mask
    shared = np.bincount(pieces[rough], minlength=count + 1)
    shared[0] = 0
    if not shared.any():
        shared = np.bincount(pieces.ravel())
        shared[0] = 0
    return np.asarray(pieces == shared.argmax(), bool)
