"""Images: pixels that know their axes, their scale and their past."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
