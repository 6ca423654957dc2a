"""Classical baseline: a global threshold, then watershed on the distance to the background."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage as ndi

from ..errors import BadImage
from ._grey import to_grey
from ._segmenter import Found, Pixels, Raw, Segmenter, segmenter

Grey = NDArray[np.float32]
Mask = NDArray[np.bool_]
Ids = NDArray[np.int32]
BINS = 4096  # of the histogram; with 256, one hot pixel of a 16-bit image leaves none for the rest


@segmenter
class Threshold(Segmenter):
    """Global threshold (Otsu), touching objects split by watershed: the baseline every network must beat. 2D and 3D.

    The image is smoothed and thresholded; small holes are closed; every part of the mask is split where it narrows,
    by a watershed on the distance to the background. Seeds are local (h-maxima of the distance), so a small object
    keeps its seed beside a large one. A constant image has no object. Colour images are turned to luminance; of other
    images with several channels the mean is used, unless `channel` says which.

    Otsu 1979 (doi 10.1109/TSMC.1979.4310076), Li & Tam 1998 (doi 10.1016/S0167-8655(98)00057-9), triangle: Zack et al.
    1977 (doi 10.1177/25.7.70454); h-maxima and watershed: Soille, Morphological Image Analysis (2003).

    Attributes:
        channel: index of the channel to segment; None: luminance of three channels, mean of another number.
        sigma_px: Gaussian smoothing before the threshold.
        threshold: a method, or a fixed value on the image's own scale (after preprocessing).
        objects_are: whether they are brighter or darker than the background. auto: the objects are the side of the
            threshold with fewer pixels (right for 217 of 222 annotated images, every third of BBBC038 train).
        max_hole_px: holes in an object up to this size are closed (pixels; voxels in a stack).
        distance_sigma_px: Gaussian smoothing of the distance; more gives fewer pieces.
        split_depth_px: two parts of a region are separate objects if the neck between them is this much narrower
            than the thinner one, in radius; more gives fewer pieces.
        min_area_px: smaller objects are dropped (pixels; voxels in a stack).
    """

    cheap: ClassVar = frozenset(
        {"threshold", "objects_are", "max_hole_px", "distance_sigma_px", "split_depth_px", "min_area_px"}
    )
    search: ClassVar = {
        "threshold": ["otsu", "li", "triangle"],
        "distance_sigma_px": (0.0, 3.0),
        "split_depth_px": (0.1, 3.0),
        "min_area_px": (5, 60),
    }
    dimensions: ClassVar = (2, 3)

    channel: int | None = Field(None, ge=0)
    sigma_px: float = Field(1.0, ge=0)
    threshold: Literal["otsu", "li", "triangle"] | float = "otsu"
    objects_are: Literal["auto", "bright", "dark"] = "auto"
    max_hole_px: int = Field(64, ge=0)
    distance_sigma_px: float = Field(1.0, ge=0)
    split_depth_px: float = Field(0.5, gt=0)
    min_area_px: int = Field(20, ge=0)

    @property
    def trained_on(self) -> frozenset[str]:
        """Nothing: it does not learn."""
        return frozenset()

    def network(self, pixels: Pixels) -> Raw:
        """One smoothed grey channel, (Y, X) or (Z, Y, X), on the image's own scale.

        Raises:
            BadImage: the image has no channel of that index.
        """
        grey = _grey(pixels, self.channel)
        return {"grey": ndi.gaussian_filter(grey, self.sigma_px) if self.sigma_px else grey}

    def objects(self, raw: Raw) -> Found:
        """Threshold, close holes, split by watershed, drop what is too small."""
        mask = _closed(self._mask(raw["grey"]), self.max_hole_px)
        labels = _split(mask, self.distance_sigma_px, self.split_depth_px)
        return _without_small(labels, self.min_area_px), None

    def _mask(self, grey: Grey) -> Mask:
        low, high = float(grey.min()), float(grey.max())
        if low == high:
            return np.zeros(grey.shape, bool)
        limit = self.threshold if isinstance(self.threshold, float) else _limit(grey, self.threshold)
        bright = grey > limit
        if self.objects_are == "auto":
            return bright if np.count_nonzero(bright) <= bright.size / 2 else ~bright
        return bright if self.objects_are == "bright" else ~bright


def _grey(pixels: Pixels, channel: int | None) -> Grey:
    """One channel of (C, ...)."""
    if channel is not None:
        if channel >= len(pixels):
            raise BadImage(f"threshold was asked for channel {channel}; the image has {len(pixels)} (0 is the first).")
        return pixels[channel]
    return to_grey(pixels)


def _limit(grey: Grey, method: str) -> float:
    """The threshold a method finds; what is above it is bright."""
    from skimage import filters

    if method == "li":
        return float(filters.threshold_li(grey))
    find = {"otsu": filters.threshold_otsu, "triangle": filters.threshold_triangle}[method]
    return float(find(grey, nbins=BINS))


def _closed(mask: Mask, max_hole_px: int) -> Mask:
    """The mask with its small holes filled; a hole touches neither border nor, by an edge, the background outside."""
    holes, _ = ndi.label(~mask)
    sizes = np.bincount(holes.ravel())
    small = sizes <= max_hole_px
    small[0] = False
    for axis in range(mask.ndim):
        for end in (0, -1):
            small[np.take(holes, end, axis=axis)] = False
    return mask | small[holes]


def _split(mask: Mask, sigma_px: float, depth_px: float) -> Ids:
    """Ids of the parts of a mask, separated where the distance to the background has a valley."""
    from skimage.morphology import local_maxima
    from skimage.segmentation import watershed

    if not mask.any() or mask.all():
        return mask.astype(np.int32)
    distance = ndi.distance_transform_edt(mask).astype(np.float32)
    if sigma_px:
        distance = ndi.gaussian_filter(distance, sigma_px)
    distance[~mask] = 0
    seeds, n = ndi.label(local_maxima(distance, connectivity=mask.ndim) & mask, np.ones((3,) * mask.ndim))
    parts = watershed(-distance, seeds, mask=mask)
    peaks = np.zeros(n + 1, np.float32)
    np.maximum.at(peaks, parts.ravel(), distance.ravel())
    return _merged(peaks, *_necks(parts, distance), depth_px)[parts]


def _necks(parts: Ids, distance: Grey) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Pairs of neighbouring parts (n, 2), each with the largest distance where they meet, widest first."""
    pairs, widths = [], []
    for axis in range(parts.ndim):
        first, second = np.moveaxis(parts, axis, 0)[:-1], np.moveaxis(parts, axis, 0)[1:]
        meet = (first != second) & (first > 0) & (second > 0)
        pairs.append(np.sort(np.stack([first[meet], second[meet]], axis=1), axis=1))
        d = np.moveaxis(distance, axis, 0)
        widths.append(np.minimum(d[:-1][meet], d[1:][meet]))
    pair, width = np.concatenate(pairs), np.concatenate(widths)
    order = np.lexsort((pair[:, 1], pair[:, 0], -width))
    _, first_of_pair = np.unique(pair[order], axis=0, return_index=True)
    kept = order[np.sort(first_of_pair)]
    return pair[kept], width[kept]


def _merged(peaks: Grey, pairs: NDArray[np.int64], widths: Grey, depth_px: float) -> Ids:
    """For every part the number of the object it belongs to: parts are joined over necks that are not deep enough.

    Wide necks first; a joined part has the higher of the two peaks. This is the h-maxima transform, region by region.
    """
    root = np.arange(len(peaks), dtype=np.int32)
    top = peaks.copy()

    def find(part: int) -> int:
        while root[part] != part:
            root[part] = root[root[part]]
            part = int(root[part])
        return part

    for (one, other), width in zip(pairs.tolist(), widths.tolist(), strict=True):
        a, b = sorted((find(one), find(other)))
        if a != b and min(top[a], top[b]) - width < depth_px:
            root[b], top[a] = a, max(top[a], top[b])
    return np.array([find(part) for part in range(len(root))], np.int32)


def _without_small(labels: Ids, min_area_px: int) -> Ids:
    """Objects of at least this size, numbered 1, 2, ... in the order of their seeds."""
    sizes = np.bincount(labels.ravel())
    keep = sizes >= max(min_area_px, 1)
    keep[0] = False
    new = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    return new[labels]
