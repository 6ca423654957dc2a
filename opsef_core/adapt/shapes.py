"""Shapes of annotated nuclei, to be drawn from: as many of each kind as the images ask for."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..atomic import write_whole
from ..data import Labels
from ..errors import BadLabels, NothingToShow, UnknownName
from ._outlines import Coefficients, features, of_mask
from .layout import planes_of, specks

SHIPPED = "shapes.npz"
STEP = 1 / 16384  # of the stored whole numbers; the largest coefficient of a shape of area 1 is about 1


@dataclass(frozen=True, eq=False)
class ShapeBank:
    """Outlines of single nuclei, scaled to the area 1.

    Attributes:
        outlines: (n, 24) Fourier coefficients of the outlines.
        kinds: (n,) the class of the image each comes from ("purple_tissue", ...), "own" or "parametric".
        images: (n,) name of that image.
    """

    outlines: Coefficients
    kinds: NDArray[np.str_]
    images: NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.outlines)

    def __repr__(self) -> str:
        return f"ShapeBank({len(self)} shapes of {', '.join(sorted(set(self.kinds.tolist()))) or 'no kind'})"

    @cached_property
    def features(self) -> NDArray[np.float64]:
        """(n, 3) elongation, circularity and solidity of the outlines that are stored."""
        return features(self.outlines)

    @classmethod
    @cache
    def shipped(cls) -> ShapeBank:
        """6000 nuclei of the training images of BBBC038 (CC0), as evenly spread over its image classes as can be.

        No shape is from an image that is kept for validation (datasets/bbbc038/split.csv); make_shapes.py beside that
        list made the file.
        """
        with np.load(io.BytesIO(files(__package__).joinpath(SHIPPED).read_bytes()), allow_pickle=False) as stored:
            parts = stored["outlines"].astype(np.float64) * STEP
            kinds, images = stored["kind_names"][stored["kinds"]], stored["image_names"][stored["images"]]
            return cls(parts[..., 0] + 1j * parts[..., 1], kinds, images)

    @classmethod
    def of(cls, labels: Sequence[Labels | NDArray[Any]], kind: str = "own") -> ShapeBank:
        """The shapes of your own annotations: every id is one shape, also if it touches others.

        Objects that are cut by the border, in several pieces, or specks (less than a tenth of the median area) are
        left out; holes are filled.

        Args:
            labels: planes (YX), or (Y, X) integer arrays.
            kind: what to call them.

        Raises:
            BadLabels: no whole object, or a stack.
        """
        planes = planes_of(labels)
        areas = pd.Series(np.concatenate([p.areas_px for p in planes]))
        speck = np.split(specks(areas).to_numpy(), np.cumsum([p.count for p in planes])[:-1])
        found, names = [], []
        for plane, small in zip(planes, speck, strict=True):
            outlines = [of_mask(mask) for mask in _whole(plane.compact(), ~small)]
            found += outlines
            names += [plane.name] * len(outlines)
        if not found:
            raise BadLabels(
                f"None of the {len(areas)} objects lies whole within its image, so there is no shape to learn. Give "
                "larger images, or use ShapeBank.shipped()."
            )
        return cls(np.array(found), np.full(len(found), kind), np.array(names))

    def only(self, *kinds: str) -> ShapeBank:
        """The shapes of these kinds.

        Raises:
            UnknownName: there is no such kind.
        """
        return self._of(np.isin(self.kinds, self._known(kinds)))

    def without(self, *kinds: str) -> ShapeBank:
        """A bank that has not seen these kinds, for an honest test on images of them.

        Raises:
            UnknownName: there is no such kind.
            NothingToShow: nothing would be left.
        """
        return self._of(~np.isin(self.kinds, self._known(kinds)))

    def save(self, path: Path) -> Path:
        """Write the bank as .npz: whole numbers of 16 bit and names, nothing that is executed when read."""
        parts = np.stack([self.outlines.real, self.outlines.imag], axis=-1)
        kind_names, kinds = np.unique(self.kinds, return_inverse=True)
        image_names, images = np.unique(self.images, return_inverse=True)
        content = io.BytesIO()
        np.savez_compressed(
            content,
            outlines=np.rint(parts / STEP).clip(-32768, 32767).astype(np.int16),
            kinds=kinds.astype(np.uint8),
            kind_names=kind_names,
            images=images.astype(np.uint16),
            image_names=image_names,
        )
        return write_whole(path, content.getvalue())

    def _known(self, kinds: Sequence[str]) -> list[str]:
        known = sorted(set(self.kinds.tolist()))
        for kind in kinds:
            if kind not in known:
                raise UnknownName("kind of shape", kind, known)
        return list(kinds)

    def _of(self, these: NDArray[np.bool_]) -> ShapeBank:
        if not these.any():
            raise NothingToShow(f"No shape is left of {self!r}. Leave fewer kinds out.")
        return ShapeBank(self.outlines[these], self.kinds[these], self.images[these])


def _whole(ids: NDArray[np.int32], wanted: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """The mask of each wanted object by itself, cut to its box, if it is in one piece and not cut by the border."""
    from scipy.ndimage import find_objects, label

    for number, box in enumerate(find_objects(ids), start=1):
        inside = all(side.start > 0 and side.stop < n for side, n in zip(box, ids.shape, strict=True))
        if inside and wanted[number - 1]:
            mask = ids[box] == number
            if label(mask)[1] == 1:
                yield mask
