"""How nuclei are laid out in label images: sizes, shapes, density, gaps, contacts, clustering."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Labels
from ..errors import BadLabels
from ._neighbours import clark_evans, clumps, gaps_px, pair_correlation
from ._objects import shape_table

log = logging.getLogger(__name__)

OF_SHAPES = ("area_px", "elongation", "circularity", "solidity", "eccentricity")
OF_IMAGES = ("density_per_mpx", "covered", "touching", "clustering")
PROPERTIES = (*OF_SHAPES, "gap_px", *OF_IMAGES)
SPECK_SHARE = 0.1  # of the median area; smaller objects are crumbs and say nothing about shape
LEAST_PX = 5  # no shape can be told from fewer pixels
FEW = 10  # objects, below which a distribution cannot be known


@dataclass(frozen=True, eq=False)
class Layout:
    """What was measured in a set of label images.

    Attributes:
        objects: one row an object: image, label, area_px, equivalent_diameter_px, elongation, circularity, solidity,
            eccentricity, height_px, width_px (bounding box), gap_px (to the nearest outline; 0 in contact, infinite if
            alone), clump (number of objects that hang together by contact, 1 if none), whole (in one piece, not cut by
            the border, no speck), weight (for whole objects: large ones are cut more often, and count for those that
            were; Lantuejoul 1978).
        images: one row an image: image, height_px, width_px, objects, density_per_mpx (a million pixels; what sticks
            out at the border is allowed for, so that images of all sizes compare), covered (share of pixels in
            objects), touching (share of objects in contact), gap_px (median), clustering (pair correlation between
            1.5 and 4 diameters: 1 random, more clustered), pairs (on which it stands), clark_evans.
    """

    objects: pd.DataFrame
    images: pd.DataFrame

    @property
    def shapes(self) -> pd.DataFrame:
        """The rows of whole objects; of all objects that are no specks if not one is whole."""
        whole = self.objects["whole"].to_numpy(bool)
        if not whole.any():
            whole = ~self.objects["speck"].to_numpy(bool)
        return self.objects[whole]

    def values(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The distribution of a property: its values, and how much each counts.

        Args:
            name: one of `PROPERTIES`. Shapes are those of whole objects; gaps those of all that are no specks; what
                belongs to an image counts by the image's size, contacts by its objects, clustering by its pairs.
        """
        if name in OF_IMAGES:
            size = self.images["height_px"] * self.images["width_px"]
            weights = {"touching": self.images["objects"], "clustering": self.images["pairs"]}.get(name, size)
            table, weight = self.images, weights.to_numpy(float)
        elif name in OF_SHAPES:
            table, weight = self.shapes, self.shapes["weight"].to_numpy(float)
        else:
            table = self.objects[~self.objects["speck"].to_numpy(bool)]
            weight = np.ones(len(table))
        values = table[name].to_numpy(float)
        good = np.isfinite(values) & (weight > 0)
        return values[good], weight[good]

    def compare(self, other: Layout) -> pd.DataFrame:
        """Each property in both: means, and how far apart the distributions are.

        Returns:
            Index = property; mean, other_mean; ks (largest difference of the weighted cumulative distributions, 0 to
            1); wasserstein (in the property's unit). NaN where one of the two has no value.
        """
        rows = {name: _apart(*self.values(name), *other.values(name)) for name in PROPERTIES}
        return pd.DataFrame.from_dict(rows, orient="index", columns=["mean", "other_mean", "ks", "wasserstein"])


def measure_layout(labels: Sequence[Labels | NDArray[Any]]) -> Layout:
    """Measure how objects are laid out. Images without objects count as empty.

    Args:
        labels: label images with the axes YX, or (Y, X) integer arrays.

    Raises:
        BadLabels: a stack, no image, or no object in any image.
    """
    planes = planes_of(labels)
    objects = pd.concat([t for p in planes if len(t := _objects(p))] or [pd.DataFrame()], ignore_index=True)
    if not len(objects):
        raise BadLabels(
            f"There is no object in any of the {len(planes)} label images, so no size, shape or density can be "
            "measured. Segment the images first, or give labels of images that look alike."
        )
    objects["speck"] = specks(objects["area_px"])
    objects["whole"] = ~objects["cut"] & ~objects["speck"] & (objects["pieces"] == 1)
    sizes = {p.name: p.pixels.shape for p in planes}
    objects["weight"] = _weights(objects, sizes)
    usual = _extent(objects)
    images = pd.DataFrame([_image(p, objects[objects["image"] == p.name], usual) for p in planes])
    layout = Layout(objects.drop(columns=["cut", "pieces"]), images)
    _say(layout)
    return layout


def planes_of(labels: Sequence[Labels | NDArray[Any]]) -> list[Labels]:
    """The label images under names of their own.

    Raises:
        BadLabels: a stack, or none.
    """
    if not len(labels):
        raise BadLabels("Nuclei are measured in label images; the list is empty. Give at least one.")
    return [_plane(one, number) for number, one in enumerate(labels, start=1)]


def specks(areas_px: pd.Series) -> pd.Series:
    """Which objects are crumbs: less than five pixels, or than a tenth of the median area."""
    return areas_px < max(LEAST_PX, SPECK_SHARE * float(areas_px.median()))


def _plane(one: Labels | NDArray[Any], number: int) -> Labels:
    found = one if isinstance(one, Labels) else Labels(one, "YX" if np.ndim(one) == 2 else "ZYX", "labels")
    if found.axes != "YX":
        raise BadLabels(f"{found.name}: a layout is measured on planes (YX), not on {found.axes}. Give single planes.")
    return Labels(found.pixels, "YX", f"{number:04d} {found.name}", source=found.source)


def _objects(labels: Labels) -> pd.DataFrame:
    """Everything about the objects of one image."""
    ids = labels.compact()
    table = shape_table(ids, labels.count)
    table.insert(0, "image", labels.name)
    table.insert(1, "label", labels.ids)
    table["gap_px"] = gaps_px(ids, labels.count)
    of = clumps(ids, labels.count)
    table["clump_of"] = of
    table["clump"] = np.bincount(of, minlength=1)[of] if len(of) else of
    return table


def _weights(objects: pd.DataFrame, sizes: dict[str, tuple[int, ...]]) -> NDArray[np.float64]:
    """1 / chance that an object of this size lies whole in its image; at most 10."""
    size = np.array([sizes[name] for name in objects["image"]], float)
    room = np.maximum(size - objects[["height_px", "width_px"]].to_numpy(float), 1)
    return np.asarray(np.minimum(size.prod(1) / room.prod(1), 10.0), np.float64)


def _extent(objects: pd.DataFrame) -> float:
    """Mean side of the bounding boxes of whole objects (of all, if none is whole); 0 without any."""
    rows = objects[objects["whole"]] if objects["whole"].any() else objects
    if not len(rows):
        return 0.0
    return float(np.average(rows[["height_px", "width_px"]].mean(axis=1), weights=rows["weight"]))


def _image(labels: Labels, objects: pd.DataFrame, usual: float) -> dict[str, object]:
    """What is known of one image as a whole."""
    height, width = labels.pixels.shape
    extent = _extent(objects) if objects["whole"].any() else usual
    solid = objects[~objects["speck"].to_numpy(bool)]
    y, x = solid["centroid_y_px"].to_numpy(float), solid["centroid_x_px"].to_numpy(float)
    diameter = float(solid["equivalent_diameter_px"].median()) if len(solid) else 0.0
    clustering, pairs = pair_correlation(y, x, (height, width), diameter)
    return {
        "image": labels.name,
        "height_px": height,
        "width_px": width,
        "objects": len(objects),
        "density_per_mpx": 1e6 * len(objects) / ((height + extent) * (width + extent)),
        "covered": float((labels.pixels > 0).mean()),
        "touching": float((objects["clump"] > 1).mean()) if len(objects) else float("nan"),
        "gap_px": float(solid["gap_px"].median()) if len(solid) else float("nan"),
        "clustering": clustering,
        "pairs": pairs,
        "clark_evans": clark_evans(y, x, (height, width)),
    }


def _say(layout: Layout) -> None:
    """Say what the numbers cannot carry."""
    whole = int(layout.objects["whole"].sum())
    if not whole:
        log.warning(
            "Every object is cut by the border, in pieces or a speck; sizes and shapes are taken from cut ones, so "
            "they are too small."
        )
    elif whole < FEW:
        log.warning(
            "Only %d whole object%s to measure: how sizes and shapes vary cannot be known from so few, a usual "
            "variation (a fifth of the size) is assumed around them.",
            whole,
            "" if whole == 1 else "s",
        )


def _apart(
    a: NDArray[np.float64], a_weight: NDArray[np.float64], b: NDArray[np.float64], b_weight: NDArray[np.float64]
) -> tuple[float, float, float, float]:
    from scipy.stats import wasserstein_distance

    nan = float("nan")
    means = [float(np.average(v, weights=w)) if len(v) else nan for v, w in ((a, a_weight), (b, b_weight))]
    if not len(a) or not len(b):
        return means[0], means[1], nan, nan
    at = np.union1d(a, b)
    ks = float(np.abs(_cumulative(a, a_weight, at) - _cumulative(b, b_weight, at)).max())
    return means[0], means[1], ks, float(wasserstein_distance(a, b, a_weight, b_weight))


def _cumulative(
    values: NDArray[np.float64], weights: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    order = np.argsort(values)
    total = np.concatenate([[0.0], np.cumsum(weights[order])])
    found: NDArray[np.float64] = total[np.searchsorted(values[order], at, side="right")] / total[-1]
    return found
