"""Outlines as Fourier descriptors: from a mask, to points, to features, to pixels.

An outline is walked once at even pace, x + iy as a function of the way; its Fourier coefficients are the elliptic
descriptors of Kuhl & Giardina 1982 (doi 10.1016/0146-664X(82)90034-X) in complex form: the pair of coefficients k and
-k is an ellipse that is walked k times. Coefficient 0, the position, is left out. All shapes here have the area 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ._objects import DIRECTIONS, hull_area

ORDER = 12  # harmonics kept; nuclei have no finer shape at the sizes of microscopy
HARMONICS = np.concatenate([np.arange(-ORDER, 0), np.arange(1, ORDER + 1)])
POINTS = 64
FEATURES = ("elongation", "circularity", "solidity")
Coefficients = NDArray[np.complex128]
Numbers = NDArray[np.float64]


def of_mask(mask: NDArray[np.bool_]) -> Coefficients:
    """(2 ORDER,) coefficients of the outline of one connected object, (Y, X); holes are not seen."""
    from skimage.measure import find_contours

    line = max(find_contours(np.pad(mask, 1).astype(float), 0.5), key=len)
    z = line[:, 1] + 1j * line[:, 0]
    found: Coefficients = of_points(_at_even_pace(z, 4 * POINTS)[None])[0]
    return found


def of_points(z: Coefficients) -> Coefficients:
    """(n, 2 ORDER) coefficients of closed outlines of area 1, walked so that the area is positive.

    Args:
        z: (n, points) x + iy, the first point not repeated.
    """
    all_of = np.fft.fft(z, axis=1) / z.shape[1]
    found = all_of[:, HARMONICS]
    backwards = signed_area(found) < 0
    found[backwards] = found[backwards, ::-1]
    return np.asarray(found / np.sqrt(np.abs(signed_area(found)))[:, None], np.complex128)


def signed_area(coefficients: Coefficients) -> Numbers:
    """(n,) area within the outlines; negative if they are walked the other way round."""
    return np.asarray(np.pi * (np.abs(coefficients) ** 2 @ HARMONICS), np.float64)


def points(coefficients: Coefficients, count: int = POINTS) -> Coefficients:
    """(n, count) points x + iy of the outlines."""
    whole = np.zeros((len(coefficients), count), np.complex128)
    whole[:, HARMONICS] = coefficients
    return np.asarray(np.fft.ifft(whole, axis=1) * count, np.complex128)


def features(coefficients: Coefficients) -> Numbers:
    """(n, 3) elongation, circularity, solidity of the figures within the outlines, as `shape_table` defines them."""
    z = points(coefficients)
    x, y = z.real, z.imag
    x1, y1 = np.roll(x, -1, 1), np.roll(y, -1, 1)
    cross = x * y1 - x1 * y
    area = cross.sum(1) / 2
    cx, cy = ((x + x1) * cross).sum(1) / 6 / area, ((y + y1) * cross).sum(1) / 6 / area
    xx = ((x * x + x * x1 + x1 * x1) * cross).sum(1) / 12 / area - cx**2
    yy = ((y * y + y * y1 + y1 * y1) * cross).sum(1) / 12 / area - cy**2
    xy = ((x * y1 + 2 * x * y + 2 * x1 * y1 + x1 * y) * cross).sum(1) / 24 / area - cx * cy
    spread, middle = np.sqrt((xx - yy) ** 2 / 4 + xy**2), (xx + yy) / 2
    elongation = np.sqrt((middle + spread) / np.maximum(middle - spread, 1e-6))
    perimeter = np.hypot(x1 - x, y1 - y).sum(1)
    turns = np.exp(-2j * np.pi * np.arange(DIRECTIONS) / DIRECTIONS)
    reach = np.array([(z * turn).real.max(1) for turn in turns])
    solidity = np.minimum(1.0, area / hull_area(reach))
    return np.stack([elongation, np.minimum(1.0, 4 * np.pi * area / perimeter**2), solidity], axis=1)


def filled(outline: Coefficients) -> NDArray[np.bool_]:
    """The pixels whose centres lie within an outline, cut to their bounding box; never empty.

    Args:
        outline: (points,) x + iy in pixels.

    Returns:
        (Y, X) mask of one object whose pixels hang together over sides; what does not is left out.
    """
    from scipy.ndimage import label

    mask = _inside(outline)
    pieces, count = label(mask)
    if not count:
        return np.ones((1, 1), bool)
    if count > 1:
        mask = pieces == np.argmax(np.bincount(pieces.ravel())[1:]) + 1
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    return mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def _inside(outline: Coefficients) -> NDArray[np.bool_]:
    """Pixels around whose centre the outline goes; where it crosses itself nothing becomes a hole."""
    y, x = outline.imag - np.floor(outline.imag.min()), outline.real - np.floor(outline.real.min())
    height, width = int(y.max()) + 2, int(x.max()) + 2
    y1, x1 = np.roll(y, -1), np.roll(x, -1)
    row, edge = np.nonzero((y <= np.arange(height)[:, None]) != (y1 <= np.arange(height)[:, None]))
    share = (row - y[edge]) / (y1[edge] - y[edge])
    column = np.ceil(x[edge] + share * (x1[edge] - x[edge])).astype(np.intp)
    downwards = np.where(y1[edge] > y[edge], 1.0, -1.0)
    turns = np.bincount(row * width + column, downwards, height * width).reshape(height, width).cumsum(1)
    return np.asarray(turns != 0)


def _at_even_pace(z: Coefficients, count: int) -> Coefficients:
    """Points of a closed line, its first repeated at its end, at equal distances along it."""
    way = np.concatenate([[0.0], np.cumsum(np.abs(np.diff(z)))])
    at = np.arange(count) * way[-1] / count
    return np.asarray(np.interp(at, way, z.real) + 1j * np.interp(at, way, z.imag), np.complex128)
