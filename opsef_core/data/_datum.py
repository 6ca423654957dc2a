"""What images and labels have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import BadImage
from ._act import History, digest

AXES = "TCZYX"  # the only order; an image has some of them, always Y and X
Pixels = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Datum:
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
        if self.axes not in ALL_AXES:
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


ALL_AXES = {"".join(a for a, used in zip("TCZ", flags, strict=True) if used) + "YX" for flags in np.ndindex(2, 2, 2)}
