"""Without truth: do the objects look as if each were one?"""

from __future__ import annotations

import numpy as np

from ...data import Labels

LEAST_SOLIDITY = 0.9  # of its convex hull; of two discs that touch in a point it is 0.88
SIZES = (1 / 6, 6.0)  # of the median area: less is a crumb, more a clump


def plausibility(labels: Labels) -> float:
    """Share of objects that look like one object each: in one piece, hardly notched, and of no odd size; 0 to 1.

    An object counts if its pixels hang together, fill at least 0.9 of their convex hull, and its area is between a
    sixth and six times the median of its image. Of those that touch the border only piece and size are asked, since a
    cut changes the shape. Made for nuclei and other roundish things; of branched cells it says nothing.

    It stands beside agreement and does not enter the estimate, for alone it does not rank methods (a Spearman of -0.1
    over 44 grid points, `benchmarks/without_truth.py`): one that finds three perfect discs in a field of hundreds is
    plausible, too. It tells where shapes are odd.

    Args:
        labels: axes YX or ZYX.

    Returns:
        NaN for an image without objects.
    """
    from skimage.measure import regionprops

    if not labels.count:
        return float("nan")
    ids = labels.compact()
    scattered = np.isin(labels.ids, labels.scattered)
    median = float(np.median(labels.areas_px))
    good = 0
    for region, torn in zip(regionprops(ids), scattered, strict=True):
        sized = SIZES[0] <= region.area / median <= SIZES[1]
        cut = any(s.start == 0 or s.stop == n for s, n in zip(region.slice, ids.shape, strict=True))
        good += bool(sized and not torn and (cut or _whole(region)))
    return good / labels.count


def _whole(region: object) -> bool:
    """Whether it is hardly notched; what is too thin for a hull is not asked."""
    import warnings

    box = region.bbox  # type: ignore[attr-defined]
    half = len(box) // 2
    if min(b - a for a, b in zip(box[:half], box[half:], strict=True)) < 3:
        return True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a flat object has no hull; its solidity is then infinite
        return bool(region.solidity >= LEAST_SOLIDITY)  # type: ignore[attr-defined]
