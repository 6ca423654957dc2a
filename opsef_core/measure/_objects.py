"""The table of objects: where each lies, how large, what shape, how bright."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Image, Labels

Columns = dict[str, Any]


def objects(labels: Labels, image: Image) -> pd.DataFrame:
    """Measure every object of an image: one row an object, in the order of ids; no object, no row, same columns.

    Args:
        labels: axes YX or ZYX.
        image: the image to measure intensities on, usually the unprocessed one; same Y, X (Z), any channels.

    Returns:
        A table with, in this order,

        - image: the image's name; label: the object's id;
        - area_px: pixels (voxels in a stack) of the object; area_um2 (volume_um3), if the pixel size is known;
        - centroid_y_px, centroid_x_px (centroid_z_px first): mean position, pixel centres at whole numbers, counted in
          this image (in the tile, for a tile);
        - equivalent_diameter_px: of the disc (ball; not corrected for planes farther apart than pixels) of this area;
        - planes only: perimeter_px (Crofton's, four directions), circularity (min(1, 4 pi area / perimeter^2)),
          eccentricity, solidity: as in the pass "shape";
        - mean_intensity, min_intensity, max_intensity, sum_intensity, in the image's own range; with several channels
          mean_intensity_<channel> and so on;
        - the columns the labels carry (score, class, ...); a name that is taken gets the ending "_given".

    Raises:
        BadLabels: image and labels are not of one size.
    """
    measured: Columns = {"image": [labels.name] * labels.count, "label": labels.ids, "area_px": labels.areas_px}
    measured |= _size_in_um(labels)
    measured |= _place_and_shape(labels)
    measured |= _intensities(labels, image)
    table = pd.DataFrame(measured).astype({"image": object})
    given = labels.objects.rename(columns={c: f"{c}_given" for c in labels.objects.columns if c in measured})
    return pd.concat([table, given.reset_index(drop=True)], axis=1)


def _size_in_um(labels: Labels) -> Columns:
    """Area or volume in micrometres, where every side of a pixel is known."""
    sides = [labels.spacing_um.get(axis) for axis in labels.axes]
    if None in sides:
        return {}
    pixel = float(np.prod(np.array(sides, float)))
    return {"volume_um3" if "Z" in labels.axes else "area_um2": labels.areas_px * pixel}


def _place_and_shape(labels: Labels) -> Columns:
    """Position, diameter and, for planes, shape."""
    from skimage.measure import regionprops_table

    flat = "Z" not in labels.axes
    wanted = ("centroid", "perimeter_crofton", "eccentricity", "solidity") if flat else ("centroid",)
    found = regionprops_table(labels.compact(), properties=wanted)
    columns = {f"centroid_{axis.lower()}_px": found[f"centroid-{i}"] for i, axis in enumerate(labels.axes)}
    if not flat:
        return columns | {"equivalent_diameter_px": np.cbrt(6 * labels.areas_px / np.pi)}
    return columns | {
        "equivalent_diameter_px": np.sqrt(4 * labels.areas_px / np.pi),
        "perimeter_px": found["perimeter_crofton"],
        "circularity": np.minimum(1.0, 4 * np.pi * labels.areas_px / found["perimeter_crofton"] ** 2),
        "eccentricity": found["eccentricity"],
        "solidity": found["solidity"],
    }


def _intensities(labels: Labels, image: Image) -> Columns:
    """Mean, smallest, largest and summed intensity of each object in each channel."""
    pixels = labels.intensities(image)
    endings = [f"_{name}" for name in image.channels] or [""]
    inside = labels.array() > 0
    places = labels.compact()[inside] - 1
    order = np.argsort(places, kind="stable")
    starts = np.concatenate([[0], np.cumsum(labels.areas_px)[:-1]]).astype(np.int64)[: labels.count]
    columns: Columns = {}
    for ending, channel in zip(endings, pixels, strict=True):
        columns |= {f"{k}{ending}": v for k, v in _statistics(channel[inside][order], starts, labels.areas_px).items()}
    return columns


def _statistics(values: NDArray[Any], starts: NDArray[np.int64], areas: NDArray[np.int64]) -> Columns:
    """Statistics of groups that lie one after another; sums in float64, so nothing overflows."""
    if not len(starts):
        empty = np.zeros(0)
        return {f"{k}_intensity": empty for k in ("mean", "min", "max", "sum")}
    total = np.add.reduceat(values.astype(np.float64), starts)
    return {
        "mean_intensity": total / areas,
        "min_intensity": np.minimum.reduceat(values, starts).astype(np.float64),
        "max_intensity": np.maximum.reduceat(values, starts).astype(np.float64),
        "sum_intensity": total,
    }
