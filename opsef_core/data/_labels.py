"""Label images: instances whose ids are stable for life."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import BadLabels
from ._act import Act
from ._datum import Datum, Pixels
from ._image import Image


@dataclass(frozen=True, eq=False)
class Labels(Datum):
    """A label image: int32, 0 = background, every other value one instance; ids need not be contiguous.

    Ids are stable for life: tiling, filtering, editing and export keep them; a new object gets the largest id + 1.

    Attributes:
        objects: one row an object, index = id, columns as known (score, class, ...).
    """

    objects: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        if set(self.axes) - set("ZYX"):
            raise BadLabels(f"{self.name}: labels have the axes YX or ZYX, not {self.axes!r}.")
        object.__setattr__(self, "pixels", _as_ids(self.name, self.axes, self.pixels))
        super().__post_init__()
        ids = self.ids
        if not self.objects.index.isin(ids).all():
            extra = sorted(set(self.objects.index) - set(ids.tolist()))[:5]
            raise BadLabels(f"{self.name}: the object table has ids that are not in the image: {extra}.")
        if len(self.objects) != len(ids) or not np.array_equal(self.objects.index, ids):
            object.__setattr__(self, "objects", self.objects.reindex(pd.Index(ids, name="id")))

    def __repr__(self) -> str:
        return f"Labels({self.name!r}, {self.count} objects, {' x '.join(map(str, self.pixels.shape))})"

    @cached_property
    def _census(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        x = self.pixels.ravel()
        if x.size and int(x.max()) > 50 * x.size + 1_000_000:  # a few huge ids: counting by index would waste memory
            ids, areas = np.unique(x[x > 0], return_counts=True)
            return ids.astype(np.int64), areas
        areas = np.bincount(x)
        areas[:1] = 0
        ids = np.flatnonzero(areas)
        return ids, areas[ids]

    @property
    def ids(self) -> NDArray[np.int64]:
        """The ids present, ascending."""
        return self._census[0]

    @property
    def areas_px(self) -> NDArray[np.int64]:
        """Number of pixels of each object, in the order of `ids`."""
        return self._census[1]

    @property
    def count(self) -> int:
        """Number of objects."""
        return len(self.ids)

    @cached_property
    def scattered(self) -> NDArray[np.int64]:
        """Ids, ascending, of objects in more than one piece: their pixels do not all touch, not even at corners.

        That is legal (something may lie across a cell), but often it is a mistake: two objects that were given one id,
        or crumbs that an edit left behind.
        """
        from skimage.measure import label

        pieces, count = label(self.pixels, background=0, connectivity=self.pixels.ndim, return_num=True)
        owner = np.zeros(count + 1, np.int64)
        owner[pieces.ravel()] = self.pixels.ravel()
        ids, times = np.unique(owner[1:], return_counts=True)
        return np.asarray(ids[times > 1], np.int64)

    def compact(self) -> NDArray[np.int32]:
        """The same objects numbered 1 to n in the order of `ids`: for functions that need small ids."""
        if self.count and int(self.ids[-1]) == self.count:
            return np.asarray(self.pixels, np.int32)
        return np.asarray(np.searchsorted(self.ids, self.pixels, side="right"), np.int32)

    def intensities(self, image: Image) -> Pixels:
        """The pixels of an image under these labels, (C, Y, X) or (C, Z, Y, X); C = 1 for a grey image.

        Raises:
            BadLabels: the image is a time series, or of another size.
        """
        size = {axis: n for axis, n in image.shape.items() if axis != "C"}
        if size != self.shape:
            raise BadLabels(
                f"The labels {self.name} have the size {self.shape}, the image {image.name} has {size}. "
                "Measure on the image that was segmented, projected and binned in the same way."
            )
        return image.array() if "C" in image.axes else image.array()[None]

    @classmethod
    def of(cls, image: Image, pixels: Any, act: Act, objects: pd.DataFrame | None = None) -> Labels:
        """Labels found in an image: same name, place and pixel size, its history and one more act."""
        axes = "".join(a for a in image.axes if a in "ZYX")
        if np.shape(pixels) != tuple(image.shape[a] for a in axes):
            raise BadLabels(
                f"{image.name}: {act.name} returned labels of shape {np.shape(pixels)} for an image of {image.shape}."
            )
        return cls(
            pixels=pixels,
            axes=axes,
            name=image.name,
            spacing_um=image.spacing_um,
            source=image.source,
            history=(*image.history, act),
            parent=image.parent,
            origin=image.origin,
            parent_shape=image.parent_shape,
            objects=pd.DataFrame() if objects is None else objects,
        )

    def then(self, act: Act, pixels: Any, objects: pd.DataFrame | None = None) -> Labels:
        """New labels with other pixels and one more act in the history."""
        table = self.objects if objects is None else objects
        ids = np.unique(pixels)
        table = table[table.index.isin(ids[ids > 0])]
        return replace(self, pixels=pixels, history=(*self.history, act), objects=table)

    def keep(self, ids: Iterable[int], act: Act) -> Labels:
        """Only these objects, with their ids."""
        kept = np.isin(self.pixels, np.fromiter(ids, np.int64))
        return self.then(act, np.where(kept, self.pixels, 0))

    def outlines(self) -> NDArray[np.bool_]:
        """(Y, X) pixels of an object beside another object or background: for drawing over the image."""
        edge = np.zeros(self.pixels.shape, bool)
        for axis in range(self.pixels.ndim - 2, self.pixels.ndim):
            differs = np.diff(self.pixels, axis=axis) != 0
            before: list[slice] = [slice(None)] * self.pixels.ndim
            after = list(before)
            before[axis], after[axis] = slice(None, -1), slice(1, None)
            edge[tuple(before)] |= differs
            edge[tuple(after)] |= differs
        edge &= self.pixels > 0
        return edge


def _as_ids(name: str, axes: str, pixels: Any) -> NDArray[np.int32]:
    """Check that an array holds ids, and return it as int32."""
    x = np.asarray(pixels)
    if x.ndim == len(axes) + 1 and x.shape[-1] in (3, 4):
        raise BadLabels(
            f"{name}: an array of shape {x.shape} is a colour picture, not a label image. Give one number a pixel: "
            "0 for background, and an id of its own for every object."
        )
    if x.dtype.kind == "b":
        return x.astype(np.int32)
    if x.dtype.kind == "f":
        raise BadLabels(f"{name}: {_why_not(x)}")
    if x.dtype.kind not in "ui":
        raise BadLabels(f"{name}: labels are whole numbers, not {x.dtype}.")
    if x.size and int(x.min()) < 0:
        raise BadLabels(f"{name}: labels are 0 or positive, the smallest here is {int(x.min())}.")
    if x.size and int(x.max()) > np.iinfo(np.int32).max:
        raise BadLabels(f"{name}: the id {int(x.max())} does not fit into 32 bits; renumber the objects first.")
    return x.astype(np.int32, copy=False)


def _why_not(x: NDArray[np.floating[Any]]) -> str:
    """What to do with real numbers that were given as labels."""
    unknown = int((~np.isfinite(x)).sum())
    if unknown:
        return (
            f"labels are whole numbers; {unknown} pixels are NaN or infinite. Decide what they are, for background: "
            "numpy.nan_to_num(array, posinf=0, neginf=0).astype(int)."
        )
    if (x == np.floor(x)).all():
        return f"labels are whole numbers, not {x.dtype}. If these are ids, convert them: array.astype(int)."
    return (
        f"labels are whole numbers, not {x.dtype}, and these have fractions. Probabilities are made into labels by a "
        "threshold, then by numbering the pieces: skimage.measure.label(array > 0.5)."
    )
