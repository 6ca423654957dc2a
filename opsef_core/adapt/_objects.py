"""Size and shape of all objects of a label image at once, without a loop over objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

DIRECTIONS = 32  # in which the width of an object is measured for its convex hull
HALF_PIXEL = 0.5  # between the outermost pixel centre and the outline
COLUMNS = ("area_px", "equivalent_diameter_px", "elongation", "circularity", "solidity", "eccentricity")


def shape_table(ids: NDArray[np.int32], count: int) -> pd.DataFrame:
    """Measure objects numbered 1 to count, none missing.

    Args:
        ids: (Y, X) label image.
        count: number of objects.

    Returns:
        One row an object: area_px; equivalent_diameter_px; elongation (major / minor axis of the ellipse with the same
        second moments); circularity (min(1, 4 pi area / perimeter^2), Crofton's perimeter in four directions);
        solidity (area / area of the convex hull, at most 1); eccentricity; centroid_y_px, centroid_x_px; height_px,
        width_px (of the bounding box); cut (touches the border of the image); pieces (connected over corners).
    """
    y, x = np.nonzero(ids)
    of = ids[y, x] - 1
    area = np.bincount(of, minlength=count).astype(float)
    cy, cx = _means(of, y, area), _means(of, x, area)
    major, minor = _axes(of, y - cy[of], x - cx[of], area)
    perimeter = _perimeter(ids, count)
    hull, height, width = _hull(ids, cy, cx)
    edge = np.concatenate([ids[0], ids[-1], ids[:, 0], ids[:, -1]])
    return pd.DataFrame(
        {
            "area_px": area,
            "equivalent_diameter_px": np.sqrt(4 * area / np.pi),
            "elongation": major / minor,
            "circularity": np.minimum(1.0, 4 * np.pi * area / perimeter**2),
            "solidity": np.minimum(1.0, area / hull),
            "eccentricity": np.sqrt(np.maximum(0.0, 1 - (minor / major) ** 2)),
            "centroid_y_px": cy,
            "centroid_x_px": cx,
            "height_px": height,
            "width_px": width,
            "cut": np.bincount(edge, minlength=count + 1)[1:] > 0,
            "pieces": _pieces(ids, count),
        }
    )


def _means(of: NDArray[Any], values: NDArray[Any], area: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = np.bincount(of, values, len(area)) / area
    return found


def _axes(of: NDArray[Any], y: NDArray[Any], x: NDArray[Any], area: NDArray[np.float64]) -> tuple[Any, Any]:
    """Lengths of the axes of the ellipses with the same second moments, up to a common factor."""
    yy = _means(of, y * y, area) + 1 / 12  # a pixel is a square, not a point
    xx = _means(of, x * x, area) + 1 / 12
    xy = _means(of, x * y, area)
    spread = np.sqrt((yy - xx) ** 2 / 4 + xy**2)
    middle = (yy + xx) / 2
    return np.sqrt(middle + spread), np.sqrt(np.maximum(middle - spread, 1 / 12))


def _perimeter(ids: NDArray[np.int32], count: int) -> NDArray[np.float64]:
    """Crofton's formula: pi times the mean width, a width being runs of pixels times the distance of their lines."""
    padded = np.pad(ids, 1)
    inner = padded[1:-1, 1:-1]
    before = {1.0: (padded[1:-1, :-2], padded[:-2, 1:-1]), np.sqrt(0.5): (padded[:-2, :-2], padded[:-2, 2:])}
    total = np.zeros(count + 1)
    for apart, neighbours in before.items():
        for other in neighbours:
            total += apart * np.bincount(inner[inner != other], minlength=count + 1)
    found: NDArray[np.float64] = np.pi / 4 * total[1:]
    return found


def _hull(ids: NDArray[np.int32], cy: NDArray[np.float64], cx: NDArray[np.float64]) -> tuple[Any, Any, Any]:
    """Area of the convex hull of each object, from its extent in many directions; height and width of its box."""
    padded = np.pad(ids, 1)
    inner = padded[1:-1, 1:-1]
    edge = np.zeros(ids.shape, bool)
    for other in (padded[1:-1, :-2], padded[1:-1, 2:], padded[:-2, 1:-1], padded[2:, 1:-1]):
        edge |= inner != other
    y, x = np.nonzero(edge & (ids > 0))
    of = ids[y, x] - 1
    order = np.argsort(of, kind="stable")
    y, x, of = y[order], x[order], of[order]
    if not len(of):
        return np.zeros(0), np.zeros(0), np.zeros(0)
    starts = np.searchsorted(of, np.arange(len(cy)))
    height = np.maximum.reduceat(y, starts) - np.minimum.reduceat(y, starts) + 1
    width = np.maximum.reduceat(x, starts) - np.minimum.reduceat(x, starts) + 1
    angles = np.arange(DIRECTIONS) * 2 * np.pi / DIRECTIONS
    dy, dx = y - cy[of], x - cx[of]
    reach = [np.maximum.reduceat(dy * np.sin(a) + dx * np.cos(a), starts) for a in angles]
    return hull_area(np.array(reach) + HALF_PIXEL), height, width


def hull_area(reach: NDArray[np.float64]) -> NDArray[np.float64]:
    """Area of convex figures from how far they reach in evenly spread directions.

    Args:
        reach: (directions, n) largest coordinate along each direction, from one origin a figure.

    Returns:
        (n,) area of the polygon around the figure whose sides have these directions; exact for discs.
    """
    step = 2 * np.pi / len(reach)
    sides = (np.roll(reach, 1, 0) + np.roll(reach, -1, 0) - 2 * np.cos(step) * reach) / np.sin(step)
    around = (reach * sides).sum(0) / 2
    return np.asarray(around * (step / 2) / np.tan(step / 2), np.float64)


def _pieces(ids: NDArray[np.int32], count: int) -> NDArray[np.int64]:
    from skimage.measure import label

    pieces, number = label(ids, background=0, connectivity=2, return_num=True)
    owner = np.zeros(number + 1, np.int64)
    owner[pieces.ravel()] = ids.ravel()
    return np.asarray(np.bincount(owner[1:], minlength=count + 1)[1:], np.int64)
