"""What the network is taught: label image -> class image and weight image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

RIM_PX = 2.0  # width of the border class, measured inwards from the outline
GAP_PX = 6.0  # background between two objects closer than this is taught with more weight


def three_classes(labels: NDArray[Any]) -> NDArray[np.uint8]:
    """(Y, X) instances -> (Y, X) uint8 classes: 0 outside, 1 inside, 2 border.

    The border lies inside the object, so inside + border is the object's full area. Small objects get a thinner
    border, so that each keeps an inside: the place its seed is found in.
    """
    rim = inner_outline(labels)
    depth = ndimage.distance_transform_edt(~rim)
    depth[labels == 0] = 0
    ids = np.unique(labels)
    deepest = np.zeros(int(ids.max(initial=0)) + 1)
    if ids.size:
        deepest[ids] = ndimage.maximum(depth, labels, ids)
    width = np.clip(0.5 * deepest[labels], 0.0, RIM_PX)
    classes = np.where(depth >= width, 1, 2).astype(np.uint8)
    classes[labels == 0] = 0
    return classes


def inner_outline(labels: NDArray[Any]) -> NDArray[np.bool_]:
    """Object pixels with a 4-neighbour that belongs to something else; the image edge is not an outline."""
    outline = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        differs = np.diff(labels, axis=axis) != 0
        before = [slice(None)] * 2
        after = [slice(None)] * 2
        before[axis], after[axis] = slice(None, -1), slice(1, None)
        outline[tuple(before)] |= differs
        outline[tuple(after)] |= differs
    return outline & (labels > 0)


def weights(labels: NDArray[Any]) -> NDArray[np.float32]:
    """(Y, X) weights: 1, and up to 4 where a narrow gap parts two objects."""
    weight = np.ones(labels.shape, np.float32)
    if not labels.any():
        return weight
    distance, nearest = ndimage.distance_transform_edt(labels == 0, return_indices=True)
    owner = labels[tuple(nearest)]
    # Along the line where the nearest object changes, twice the distance is the width of the gap.
    seam = inner_outline(owner) & (distance < GAP_PX / 2)
    near = ndimage.binary_dilation(seam, iterations=2) & (labels == 0)
    weight[near] = 4.0
    weight[ndimage.binary_dilation(seam & (labels > 0), iterations=1)] = 2.0
    return weight
