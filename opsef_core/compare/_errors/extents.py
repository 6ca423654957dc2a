"""Where each object of a label image lies, how large it is, and what stands beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data import Labels

Numbers = NDArray[np.float64]
Counts = NDArray[np.int64]


def extents(labels: Labels) -> pd.DataFrame:
    """Describe every object by the label image alone.

    Args:
        labels: axes YX or ZYX.

    Returns:
        One row an object, index = id:

        - area_px: pixels (voxels in a stack); diameter_px: of the disc (ball) of this area;
        - centroid_y_px, centroid_x_px (and centroid_z_px of a stack), pixel centres at whole numbers;
        - top_px, left_px, height_px, width_px: bounding box in the plane, as a crop is given;
        - touching: shares a pixel edge with another object; on_border: touches the image's border in the plane;
        - neighbour_distance: to the nearest other centre, in own diameters; NaN if alone.
    """
    ids = labels.compact()
    flat = "Z" not in labels.axes
    area = labels.areas_px.astype(np.float64)
    diameter = np.sqrt(4 * area / np.pi) if flat else np.cbrt(6 * area / np.pi)
    centres = _centres(ids, labels.areas_px)
    box = _boxes(ids, labels.count)
    high, wide = labels.shape["Y"], labels.shape["X"]
    on_border = (box[:, 0] == 0) | (box[:, 1] == 0) | (box[:, 0] + box[:, 2] == high) | (box[:, 1] + box[:, 3] == wide)
    columns: dict[str, Any] = {"area_px": labels.areas_px, "diameter_px": diameter}
    columns |= {f"centroid_{axis.lower()}_px": centres[:, i] for i, axis in enumerate(labels.axes)}
    columns |= {name: box[:, i] for i, name in enumerate(("top_px", "left_px", "height_px", "width_px"))}
    columns |= {"touching": _touching(ids, labels.count), "on_border": on_border}
    columns["neighbour_distance"] = _nearest(centres) / diameter
    return pd.DataFrame(columns, index=pd.Index(labels.ids, name="id"))


def _touching(ids: NDArray[np.int32], count: int) -> NDArray[np.bool_]:
    """Which objects have another one on the other side of a pixel edge."""
    touching = np.zeros(count + 1, bool)
    for axis in range(ids.ndim):
        along = np.moveaxis(ids, axis, 0)
        here, there = along[:-1], along[1:]
        both = (here != there) & (here > 0) & (there > 0)
        touching[here[both]] = touching[there[both]] = True
    return touching[1:]


def _centres(ids: NDArray[np.int32], areas: Counts) -> Numbers:
    """(n, axes) mean position of each object."""
    where = np.nonzero(ids)
    of = ids[where] - 1
    return np.stack([np.bincount(of, along, len(areas)) / areas for along in where], axis=1).reshape(-1, ids.ndim)


def _boxes(ids: NDArray[np.int32], count: int) -> Counts:
    """(n, 4) top, left, height, width of each object in the plane."""
    from scipy.ndimage import find_objects

    found = [slices[-2:] for slices in find_objects(ids, count) if slices is not None]
    box = [(y.start, x.start, y.stop - y.start, x.stop - x.start) for y, x in found]
    return np.array(box, np.int64).reshape(-1, 4)


def _nearest(centres: Numbers) -> Numbers:
    """Distance from each centre to the nearest other one; NaN for a single one."""
    from scipy.spatial import KDTree

    if len(centres) < 2:
        return np.full(len(centres), np.nan)
    distance, _ = KDTree(centres).query(centres, k=2)
    nearest: Numbers = distance[:, 1]
    return nearest
