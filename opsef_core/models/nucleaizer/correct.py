"""Correct the contours of Mask R-CNN by the foreground probability of a U-Net; merge and remove what cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.segmentation import expand_labels, find_boundaries

from .correction import Correction

Ids = NDArray[np.int32]


def correct(labels: Ids, foreground: NDArray[np.floating[Any]] | None, rules: Correction) -> Ids:
    """Corrected instances; ids of objects that stay are kept.

    Args:
        labels: (Y, X) int32.
        foreground: (Y, X) probability of being any object's; None: only merging and removing by size.
        rules: how.
    """
    if not labels.any():
        return labels
    labels = drop_small(merge_surrounded(labels, rules.merge_surrounded), rules.min_area)
    if foreground is None or not labels.any():
        return labels
    diameter = 2 * np.sqrt(np.median(_areas(labels)[1]) / np.pi)
    moved = move_contours(
        labels,
        foreground,
        rules.inwards * diameter,
        rules.outwards * diameter,
        rules.foreground_threshold,
        rules.softness,
    )
    return drop_small(_drop_unlikely(moved, foreground, rules.min_mean_foreground), rules.min_area)


def move_contours(
    labels: Ids,
    foreground: NDArray[np.floating[Any]],
    inwards_px: float,
    outwards_px: float,
    threshold: float,
    softness: float,
) -> Ids:
    """Let the probability decide in a band along each contour; objects that touch stay apart.

    A pixel stays or becomes an object's where foreground + softness * depth >= threshold; depth runs from 1 at the
    inner edge of the band over 0 at the contour to -1 at its outer edge.
    """
    grown = expand_labels(labels, outwards_px) if outwards_px >= 1 else labels
    # Borders between touching objects count as outlines, too: the band lies inside of each of them.
    edge = find_boundaries(labels, connectivity=1, mode="inner")
    inside = ndimage.distance_transform_edt(~edge) + 0.5
    outside = ndimage.distance_transform_edt(labels == 0) - 0.5
    depth = np.where(labels > 0, inside / max(inwards_px, 0.5), -outside / max(outwards_px, 0.5))
    kept = (depth > 1) | (foreground + softness * np.clip(depth, -1, 1) >= threshold)
    return _whole(np.where(kept, grown, 0).astype(np.int32))


def merge_surrounded(labels: Ids, part: float) -> Ids:
    """Merge each object, smallest first, into the neighbour that makes up more than a part of its outline."""
    pairs = _contacts(labels)
    if not pairs:
        return labels
    ids, areas = _areas(labels)
    area = dict(zip(ids.tolist(), areas.tolist(), strict=True))
    outline: dict[int, int] = {}
    for (a, _), n in pairs.items():
        outline[a] = outline.get(a, 0) + n
    into: dict[int, int] = {}
    for small in sorted((i for i in outline if i), key=lambda i: (area[i], i)):
        touching = {b: n for (a, b), n in pairs.items() if a == small and b and (area[b], b) > (area[small], small)}
        if touching:
            largest = max(touching, key=lambda b: (touching[b], -b))
            if touching[largest] > part * outline[small]:
                into[small] = largest
    if not into:
        return labels
    table = np.arange(int(labels.max()) + 1, dtype=np.int32)
    for small in into:
        end = small
        while end in into:  # always a larger one, so this ends
            end = into[end]
        table[small] = end
    return table[labels]


def drop_small(labels: Ids, part: float) -> Ids:
    """Drop objects smaller than a part of the median object."""
    ids, areas = _areas(labels)
    return _without(labels, ids[areas < part * np.median(areas)]) if ids.size else labels


def _drop_unlikely(labels: Ids, foreground: NDArray[np.floating[Any]], least: float) -> Ids:
    ids, _ = _areas(labels)
    means = ndimage.mean(foreground, labels, ids) if ids.size else np.zeros(0)
    return _without(labels, ids[np.asarray(means) < least])


def _contacts(labels: Ids) -> dict[tuple[int, int], int]:
    """How many sides of pixels each object has in common with each other one, and with the background (0)."""
    padded = np.pad(labels, 1, mode="edge")
    found: dict[tuple[int, int], int] = {}
    for a, b in ((padded[1:], padded[:-1]), (padded[:, 1:], padded[:, :-1])):
        differ = a != b
        pairs, counts = np.unique(np.stack([a[differ], b[differ]]), axis=1, return_counts=True)
        for (x, y), n in zip(pairs.T.tolist(), counts.tolist(), strict=True):
            for key in ((x, y), (y, x)):
                found[key] = found.get(key, 0) + n
    return {key: n for key, n in found.items() if key[0]}


def _areas(labels: Ids) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Ids that are there, and their areas."""
    areas = np.bincount(labels.ravel())
    ids = np.flatnonzero(areas)
    ids = ids[ids > 0]
    return ids, areas[ids]


def _without(labels: Ids, ids: NDArray[np.int64]) -> Ids:
    return np.where(np.isin(labels, ids), 0, labels).astype(np.int32) if ids.size else labels


def _whole(labels: Ids) -> Ids:
    """Of each object the largest connected piece, its holes filled where no other object is."""
    result = np.zeros_like(labels)
    for number, place in enumerate(ndimage.find_objects(labels), 1):
        if place is None:
            continue
        pieces, count = ndimage.label(labels[place] == number)
        if count > 1:
            pieces = pieces == np.argmax(np.bincount(pieces.ravel())[1:]) + 1
        filled = ndimage.binary_fill_holes(pieces > 0)
        window = result[place]
        window[filled & ((labels[place] == 0) | (labels[place] == number))] = number
    return result
