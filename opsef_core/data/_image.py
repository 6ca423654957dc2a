"""Images: pixels that know their axes, their scale and their past."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadImage
from ._act import Act, digest
from ._datum import Datum

RGB = ("red", "green", "blue")


@dataclass(frozen=True, eq=False)
class Image(Datum):
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

    @property
    def is_tile(self) -> bool:
        """Whether it is a tile of an image of the same axes; a plane of a stack has a parent, too, but is whole."""
        return self.parent is not None and set(self.parent_shape) == set(self.axes) & set("ZYX")

    @cached_property
    def fingerprint(self) -> str:
        """Checksum of the pixel values alone, 16 hexadecimal digits: tells whether two images are the same picture.

        Equal values in an equal shape give an equal fingerprint, whatever the file's name and format, the pixel size,
        the history, and the number type (uint8, uint16, int32, or whole numbers in float32). An image whose channels
        are all equal has the fingerprint of one of them: a grey picture saved in colour is the grey picture. A single
        plane, time point or channel counts as none. Any change of a value, a border, an orientation gives another
        one. Read once, then remembered; a lazy image is read whole for it.
        """
        x = self.array()
        if "C" in self.axes:
            channels = np.moveaxis(x, self._position("C"), 0)
            if len(channels) and all(np.array_equal(c, channels[0], equal_nan=True) for c in channels):
                x = channels[0]
        return digest(_smallest(x.reshape([n for n in x.shape[:-2] if n > 1] + [*x.shape[-2:]])))

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
        if self.is_rgb and (x == x[:1]).all():  # grey, stored in three channels
            x = x[:1]
        elif self.is_rgb and self.pixels.dtype == np.uint8:
            return np.moveaxis(x, 0, -1).astype(np.uint8)
        x = np.nan_to_num(x[:3])
        groups = [slice(None)] if self.is_rgb or len(x) == 1 else [slice(c, c + 1) for c in range(len(x))]
        for group in groups:
            low, high = np.percentile(x[group], (0.5, 99.8)) if x.size else (0.0, 1.0)
            if not high > low and self.pixels.dtype == np.uint8:
                low, high = 0.0, 255.0  # one grey value stays that grey
            x[group] = np.clip((x[group] - low) / max(high - low, 1e-9), 0, 1)
        x = np.repeat(x, 3, axis=0) if len(x) == 1 else np.concatenate([x, np.zeros((3 - len(x), *x.shape[1:]))])
        return (255 * np.moveaxis(x, 0, -1)).astype(np.uint8)

    def _position(self, axis: str) -> int:
        return self.axes.index(axis)


def _smallest(x: NDArray[Any]) -> NDArray[Any]:
    """The same values in the smallest number type that holds them, so that equal values have equal bytes."""
    if x.dtype.kind == "f":
        if not (np.isfinite(x).all() and float(np.abs(x).max(initial=0)) < 2**53 and (x == np.trunc(x)).all()):
            x = x + 0  # -0 becomes 0
            with np.errstate(over="ignore"):
                short = x.astype("<f4")
            return short if np.array_equal(short, x, equal_nan=True) else x.astype("<f8")
        x = x.astype("<i8")
    if x.size and x.min() < 0:
        return x.astype("<i8")
    return x.astype(np.min_scalar_type(int(x.max(initial=0))).newbyteorder("<"), copy=False)


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
