"""What a model found in images it does not know, made whole: nuclei have no holes, no threads, and are no crumbs.

Such a model finds the right places, but ragged objects. The painter would learn that holes look like nuclei, and the
synthetic shapes would be as ragged as what was measured.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ...data import Act, Image, Labels
from ...postprocess import clean

THREAD = 1 / 6  # of the typical diameter: what is thinner is cut off
CRUMB = 1 / 8  # of the typical area: what is smaller is dropped


def tidied(labels: Labels, image: Image) -> Labels:
    """Each object with its holes filled, without threads, in one piece; crumbs dropped. Ids stay.

    Args:
        labels: YX.
        image: it belongs to.
    """
    from scipy import ndimage

    if not labels.count:
        return labels
    typical = _typical_area_px(labels)
    brush_px = max(1, round(THREAD * float(np.sqrt(typical / np.pi))))
    filled = clean("fill").run(labels, image)
    made, compact = np.zeros_like(filled.array()), np.pad(filled.compact(), 1)
    for number, box in enumerate(ndimage.find_objects(compact)):
        around = tuple(slice(max(0, side.start - 1), side.stop + 1) for side in box)
        mask = _largest_piece(_opened(compact[around] == number + 1, brush_px))
        if mask.sum() >= CRUMB * typical:
            top, left = (side.start - 1 for side in around)
            rows, columns = np.nonzero(mask)
            made[rows + top, columns + left] = labels.ids[number]
    return labels.then(Act("tidy", "tidied", {"thread": THREAD, "crumb": CRUMB}), made)


def _typical_area_px(labels: Labels) -> float:
    """Area of the object in which the middle pixel of all objects lies: a hundred crumbs do not make it small."""
    areas = np.sort(labels.areas_px)
    return float(areas[np.searchsorted(areas.cumsum(), areas.sum() / 2)])


def _opened(mask: NDArray[np.bool_], radius_px: int) -> NDArray[np.bool_]:
    """Opening by a disc, from distances: what it costs does not grow with the disc. The mask touches no edge."""
    from scipy.ndimage import distance_transform_edt

    core = distance_transform_edt(mask) > radius_px
    return np.asarray(distance_transform_edt(~core) <= radius_px) if core.any() else core


def _largest_piece(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    from scipy import ndimage

    pieces, count = ndimage.label(mask)
    return mask if count < 2 else pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
