"""The datum: images, label images, and the history that says how each came to be."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .errors import BadImage, BadLabels

AXES = "TCZYX"  # the only order; an image has some of them, always Y and X
RGB = ("red", "green", "blue")
Pixels = NDArray[Any]


def digest(*parts: Any, length: int = 16) -> str:
    """Short hexadecimal hash of JSON-able values and arrays, the same on every machine."""
    h = hashlib.blake2b(digest_size=length // 2)
    for part in parts:
        if isinstance(part, np.ndarray):
            h.update(f"{part.dtype.str}{part.shape}".encode())
            h.update(np.ascontiguousarray(part).data)
        else:
            h.update(json.dumps(part, sort_keys=True, default=str).encode())
        h.update(b"\x00")
    return h.hexdigest()


@dataclass(frozen=True)
class Act:
    """One thing that was done to an image or its labels.

    Attributes:
        kind: "read", "tile", "project", "step", "model", "pass", "hand", ...
        name: of the step, model, pass.
        parameters: JSON-able values, all of them, defaults included.
        version: of whatever did it; another version is another result.
        weights: checksum of the model's weights, if it has any.
    """

    kind: str
    name: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    version: str = "1"
    weights: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The act as JSON-able values."""
        return {
            "kind": self.kind,
            "name": self.name,
            "parameters": dict(self.parameters),
            "version": self.version,
            "weights": self.weights,
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Act:
        """The act that `as_dict` wrote."""
        return cls(**values)


History = tuple[Act, ...]


@dataclass(frozen=True, eq=False)
class _Datum:
    """What images and labels share: array, axes, name, pixel size, place in a larger image, history.

    Attributes:
        pixels: a numpy or dask array, one dimension an axis.
        axes: one letter a dimension, in the order TCZYX; Y and X always.
        name: what people call it: `file`, `file/scene`, `file/scene/tile`. Unique in a data set.
        spacing_um: size of a pixel along Z, Y, X in micrometres, as far as known.
        source: checksum of what it was read from.
        history: every act since.
        parent: name of the image it is a tile of.
        origin: first pixel of a tile in its parent, by axis.
        parent_shape: size of the parent, by axis.
    """

    pixels: Any
    axes: str
    name: str
    spacing_um: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    history: History = ()
    parent: str | None = None
    origin: Mapping[str, int] = field(default_factory=dict)
    parent_shape: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.axes not in _ALL_AXES:
            raise BadImage(
                f"{self.name}: axes {self.axes!r} are not possible; they are letters of {AXES} in this order, "
                "with Y and X, for example 'YX', 'CYX', 'ZYX', 'TCZYX'."
            )
        if np.ndim(self.pixels) != len(self.axes):
            raise BadImage(
                f"{self.name}: an array of shape {np.shape(self.pixels)} does not have the axes {self.axes!r}: "
                f"{np.ndim(self.pixels)} dimensions against {len(self.axes)}."
            )
        if not self.source:
            object.__setattr__(self, "source", digest(self.axes, self.array()))

    @property
    def shape(self) -> dict[str, int]:
        """Size by axis, for example {"Y": 520, "X": 696}."""
        return dict(zip(self.axes, (int(n) for n in self.pixels.shape), strict=True))

    @property
    def key(self) -> str:
        """Short hash of source and history: file name in the store, cache test, join column of every table."""
        return digest(self.source, [act.as_dict() for act in self.history])

    @property
    def lazy(self) -> bool:
        """Whether the pixels are still on disk (a dask array)."""
        return not isinstance(self.pixels, np.ndarray)

    def array(self) -> Pixels:
        """The pixels in memory; a lazy array is read now."""
        return self.pixels if isinstance(self.pixels, np.ndarray) else np.asarray(self.pixels.compute())


_ALL_AXES = {"".join(a for a, used in zip("TCZ", flags, strict=True) if used) + "YX" for flags in np.ndindex(2, 2, 2)}


@dataclass(frozen=True, eq=False)
class Image(_Datum):
    """Pixels with axes, pixel size, channel names, a name and a history. Pixels are never changed in place.

    Attributes:
        channels: one name a channel; empty without a C axis. A colour image has ("red", "green", "blue").
    """

    channels: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        n = self.shape.get("C", 0)
        if len(self.channels) not in (0, n):
            raise BadImage(f"{self.name}: {len(self.channels)} channel names {self.channels} for {n} channels.")
        if n and not self.channels:
            object.__setattr__(self, "channels", tuple(str(i) for i in range(n)))

    def __repr__(self) -> str:
        size = " x ".join(f"{n} {a}" for a, n in self.shape.items())
        past = " + ".join(act.name for act in self.history)
        return f"Image({self.name!r}, {size}, {self.pixels.dtype}{', ' + past if past else ''})"

    @property
    def is_rgb(self) -> bool:
        """Whether the channels are red, green, blue."""
        return self.channels == RGB

    def then(self, act: Act, pixels: Any, axes: str | None = None, **changes: Any) -> Image:
        """A new image with other pixels and one more act in its history."""
        axes = self.axes if axes is None else axes
        if "C" not in axes:
            changes.setdefault("channels", ())
        return replace(self, pixels=pixels, axes=axes, history=(*self.history, act), **changes)

    def checked(self) -> Image:
        """Itself in memory, if it can be worked with.

        Raises:
            BadImage: no pixels at all, not numbers, or NaN or infinite values.
        """
        pixels = self.array()
        if pixels.size == 0:
            raise BadImage(f"{self.name} has no pixels: its shape is {self.shape}.")
        if pixels.dtype.kind not in "buif":
            raise BadImage(f"{self.name} has pixels of type {pixels.dtype}; whole or real numbers are needed.")
        if pixels.dtype.kind == "f" and not np.isfinite(pixels).all():
            bad = int(pixels.size - np.isfinite(pixels).sum())
            raise BadImage(
                f"{self.name} has {bad} pixels of {pixels.size} that are NaN or infinite. "
                "Read it with replace_nan=0 (or another number) to fill them."
            )
        return replace(self, pixels=pixels)

    def for_display(self) -> NDArray[np.uint8]:
        """(Y, X, 3) uint8 for looking at: middle plane, first time point, percentiles 0.5 to 99.8 stretched.

        A colour image keeps its colours; up to three other channels become red, green and blue.
        """
        x = self.array()
        for axis in "TZ":
            if axis in self.axes:
                x = np.take(x, 0 if axis == "T" else x.shape[self._position(axis)] // 2, axis=self._position(axis))
                return replace(self, pixels=x, axes=self.axes.replace(axis, "")).for_display()
        x = np.asarray(x, np.float32) if "C" in self.axes else np.asarray(x, np.float32)[None]
        if self.is_rgb and self.pixels.dtype == np.uint8:
            return np.moveaxis(x, 0, -1).astype(np.uint8)
        x = np.nan_to_num(x[:3])
        groups = [slice(None)] if self.is_rgb or len(x) == 1 else [slice(c, c + 1) for c in range(len(x))]
        for group in groups:
            low, high = np.percentile(x[group], (0.5, 99.8)) if x.size else (0.0, 1.0)
            x[group] = np.clip((x[group] - low) / max(high - low, 1e-9), 0, 1)
        x = np.repeat(x, 3, axis=0) if len(x) == 1 else np.concatenate([x, np.zeros((3 - len(x), *x.shape[1:]))])
        return (255 * np.moveaxis(x, 0, -1)).astype(np.uint8)

    def _position(self, axis: str) -> int:
        return self.axes.index(axis)


@dataclass(frozen=True, eq=False)
class Labels(_Datum):
    """A label image: int32, 0 = background, every other value one instance; ids need not be contiguous.

    Ids are stable for life: tiling, filtering, editing and export keep them; a new object gets the largest id + 1.

    Attributes:
        objects: one row an object, index = id, columns as known (score, class, ...).
    """

    objects: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __post_init__(self) -> None:
        if set(self.axes) - set("ZYX"):
            raise BadLabels(f"{self.name}: labels have the axes YX or ZYX, not {self.axes!r}.")
        object.__setattr__(self, "pixels", _as_ids(self.name, self.pixels))
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


def _as_ids(name: str, pixels: Any) -> NDArray[np.int32]:
    """Check that an array holds ids, and return it as int32."""
    x = np.asarray(pixels)
    if x.dtype.kind == "b":
        return x.astype(np.int32)
    if x.dtype.kind not in "ui":
        raise BadLabels(f"{name}: labels are whole numbers, not {x.dtype}.")
    if x.size and int(x.min()) < 0:
        raise BadLabels(f"{name}: labels are 0 or positive, the smallest here is {int(x.min())}.")
    if x.size and int(x.max()) > np.iinfo(np.int32).max:
        raise BadLabels(f"{name}: the id {int(x.max())} does not fit into 32 bits; renumber the objects first.")
    return x.astype(np.int32, copy=False)


@dataclass(frozen=True)
class Unreadable:
    """Stands for an image that could not be read, so that it gets its row with the reason."""

    name: str
    reason: str
    source: str = ""

    @property
    def key(self) -> str:
        """A key of its own, so that it has its place in every table."""
        return digest("unreadable", self.name, self.source)
