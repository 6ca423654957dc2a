"""Who lies beside whom: gaps between outlines, objects in contact, and how positions cluster."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

RING = (1.5, 4.0)  # in diameters, where pairs are counted: beyond contact, within a patch of tissue
Numbers = NDArray[np.float64]


def gaps_px(ids: NDArray[np.int32], count: int) -> Numbers:
    """Background between the outline of each object and its nearest neighbour; 0 in contact, infinite if alone.

    Every pixel belongs to its nearest object. The shortest way between two nearest neighbours crosses from the land of
    one into that of the other, so only pixels along those borders are looked at.

    Args:
        ids: (Y, X) objects numbered 1 to count.
        count: number of objects.
    """
    from scipy.ndimage import distance_transform_edt

    gaps = np.full(count + 1, np.inf)
    if count > 1:
        nearest = distance_transform_edt(ids == 0, return_distances=False, return_indices=True).astype(np.int32)
        lands = ids[nearest[0], nearest[1]]
        for here, there in _beside(lands.shape):
            border = lands[here] != lands[there]
            a, b = lands[here][border], lands[there][border]
            apart = sum((n[here][border] - n[there][border]).astype(float) ** 2 for n in nearest)
            gap = np.where(apart <= 2, 0.0, np.sqrt(apart) - 1)
            np.minimum.at(gaps, a, gap)
            np.minimum.at(gaps, b, gap)
    return gaps[1:]


def clumps(ids: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    """Number of the clump each object belongs to: a clump is all that hangs together by contact, also at corners."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    pairs = []
    for here, there in _beside(ids.shape):
        a, b = ids[here], ids[there]
        meet = (a != b) & (a > 0) & (b > 0)
        pairs.append(np.stack([a[meet], b[meet]]) - 1)
    a, b = np.concatenate(pairs, axis=1)
    graph = coo_matrix((np.ones(len(a), bool), (a, b)), shape=(count, count))
    return np.asarray(connected_components(graph, directed=False)[1], np.int64)


def pair_correlation(y: Numbers, x: Numbers, shape: tuple[int, int], diameter_px: float) -> tuple[float, float]:
    """How many pairs lie 1.5 to 4 diameters apart, relative to positions that know nothing of each other.

    The pair correlation function averaged over that ring, with translation correction for what the border hides
    (Illian et al. 2008, Statistical Analysis and Modelling of Spatial Point Patterns, 4.3). 1 is random, more is
    clustered, less is regular.

    Returns:
        The ratio, NaN where no pair can be counted, and the number of pairs that were expected.
    """
    from scipy.spatial import cKDTree

    near, far = RING[0] * diameter_px, min(RING[1] * diameter_px, 0.5 * min(shape))
    size, n = float(np.prod(shape)), len(y)
    expected = n * (n - 1) * np.pi * (far**2 - near**2) / size / 2
    if far < 1.3 * near or expected <= 0:
        return float("nan"), 0.0
    pairs = cKDTree(np.stack([y, x], 1)).query_pairs(far, output_type="ndarray")
    dy, dx = np.abs(y[pairs[:, 0]] - y[pairs[:, 1]]), np.abs(x[pairs[:, 0]] - x[pairs[:, 1]])
    seen = size / ((shape[0] - dy) * (shape[1] - dx))
    return float(seen[np.hypot(dy, dx) >= near].sum() / expected), float(expected)


def clark_evans(y: Numbers, x: Numbers, shape: tuple[int, int]) -> float:
    """Mean distance between nearest centroids, relative to random positions; NaN for fewer than two.

    Clark & Evans 1954, Ecology 35, 445-453, with the correction for the border of Donnelly 1978.
    """
    from scipy.spatial import cKDTree

    n = len(y)
    if n < 2:
        return float("nan")
    nearest = cKDTree(np.stack([y, x], 1)).query(np.stack([y, x], 1), k=2)[0][:, 1]
    random = 0.5 * np.sqrt(np.prod(shape) / n) + (0.0514 + 0.041 / np.sqrt(n)) * 2 * sum(shape) / n
    return float(nearest.mean() / random)


def _beside(shape: tuple[int, ...]) -> list[tuple[tuple[slice, slice], tuple[slice, slice]]]:
    """Views of an image and of the same image moved by one pixel: right, down, and both diagonals."""
    first, last, all_of = slice(None, -1), slice(1, None), slice(None)
    return [
        ((all_of, first), (all_of, last)),
        ((first, all_of), (last, all_of)),
        ((first, first), (last, last)),
        ((first, last), (last, first)),
    ]
