"""What the painter is shown: of a label image, and of what the label image does not say."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

CHANNELS = ("inside", "border", "distance")


def condition(ids: NDArray[Any]) -> NDArray[np.float32]:
    """Channels that tell where objects are and where one ends and the next begins.

    A mask of only object and background would show two touching objects as one, and the painter would never learn the
    line between them. Here the border runs between them, too, and the distance falls to nearly 0 there.

    Args:
        ids: (Y, X) label image, 0 = background.

    Returns:
        (3, Y, X) float32 from 0 to 1: inside an object; border, the pixels that touch another object or, from either
        side, the background; distance to the object's own outline, as a part of the largest one in this object.
    """
    made = np.zeros((len(CHANNELS), *ids.shape), np.float32)
    made[0] = ids > 0
    made[1] = _border(ids)
    made[2] = _distance(ids)
    return made


def tints_of(pixels: NDArray[np.float32], ids: NDArray[Any]) -> NDArray[np.float32]:
    """Mean of each channel, and spread of the mean over channels, of the background and of every object.

    Nuclei of one image differ in brightness, and images in stain and haze, which no label image tells. Were the painter
    not told either, it would paint the mean of them all. So it learns with what is true of the image, and when it
    paints, they are drawn from what it learned from.

    Args:
        pixels: (C, Y, X).
        ids: (Y, X), 0 = background.

    Returns:
        (1 + n, C + 1) float32: the background, then the n objects by ascending id.
    """
    present, places = np.unique(np.append(ids.ravel(), 0), return_inverse=True)
    places = places[:-1]
    counts = np.maximum(np.bincount(places, minlength=len(present)), 1)

    def mean(x: NDArray[Any]) -> NDArray[Any]:
        return np.asarray(np.bincount(places, x.ravel(), len(present)) / counts)

    grey = pixels.mean(0).astype(np.float64)
    spread = np.sqrt(np.maximum(mean(grey**2) - mean(grey) ** 2, 0))
    return np.asarray(np.stack([*(mean(p) for p in pixels), spread], axis=1), np.float32)


def shown(ids: NDArray[Any], tints: NDArray[np.float32]) -> NDArray[np.float32]:
    """The condition of a label image, and the tints laid over background and objects.

    Args:
        ids: (Y, X), 0 = background.
        tints: (1 + n, C + 1) of the background and the n objects by ascending id.

    Returns:
        (3 + C + 1, Y, X) float32.
    """
    _, places = np.unique(np.append(ids.ravel(), 0), return_inverse=True)
    laid = tints[places[:-1]].reshape(*ids.shape, -1)
    return np.asarray(np.concatenate([condition(ids), np.moveaxis(laid, -1, 0)]), np.float32)


def _border(ids: NDArray[Any]) -> NDArray[np.bool_]:
    """Pixels that have a neighbour (4) with another id, on both sides of the line."""
    border = np.zeros(ids.shape, bool)
    down, right = ids[1:] != ids[:-1], ids[:, 1:] != ids[:, :-1]
    border[1:] |= down
    border[:-1] |= down
    border[:, 1:] |= right
    border[:, :-1] |= right
    return border


def _distance(ids: NDArray[Any]) -> NDArray[np.float32]:
    """Distance to what is not the object, object by object; the edge of the image is no outline."""
    from scipy.ndimage import distance_transform_edt
    from skimage.measure import regionprops

    made = np.zeros(ids.shape, np.float32)
    present, compact = np.unique(ids, return_inverse=True)
    compact = compact.reshape(ids.shape) + int(present.size > 0 and present[0] > 0)
    for region in regionprops(compact):
        place = tuple(slice(max(0, s.start - 1), s.stop + 1) for s in region.slice)
        own = compact[place] == region.label
        far = distance_transform_edt(own) if not own.all() else np.ones(own.shape)
        made[place][own] = far[own] / far[own].max()
    return made
