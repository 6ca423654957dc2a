"""What a sweep leaves: its label images, and the grid point somebody chose."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from ..data import Image, Labels, untile
from ..errors import NothingToShow
from ..postprocess import Pass, stitch


@dataclass(frozen=True)
class Chosen:
    """A grid point and its results: what is exported, corrected, trained on.

    Attributes:
        grid_point: its title.
        pairs: image and labels, one an image that did not fail.
        raw: the same labels before the passes, in the same order.
        passes: of the run.
        folder: of the run.
    """

    grid_point: str
    pairs: tuple[tuple[Image, Labels], ...]
    raw: tuple[Labels, ...]
    passes: tuple[Pass, ...]
    folder: Path

    def whole(self) -> Chosen:
        """The same with tiles put together: one pair a whole image, no object cut at a seam.

        The passes run on the whole image: in a tile they would judge objects that its border cut.

        Raises:
            BadLabels: a tile of an image is missing because it failed.
        """
        raw = dict(zip((i.name for i, _ in self.pairs), self.raw, strict=True))
        tiles = [image for image, _ in self.pairs if image.is_tile]
        pairs = [p for p in self.pairs if not p[0].is_tile]
        befores = [raw[image.name] for image, _ in pairs]
        for parent in dict.fromkeys(tile.parent for tile in tiles):
            mine = [tile for tile in tiles if tile.parent == parent]
            (labels,) = stitch([raw[tile.name] for tile in mine])
            image = untile(mine)
            befores.append(labels)
            for one in self.passes:
                labels = one.run(labels, image)
            pairs.append((image, labels))
        return Chosen(self.grid_point, tuple(pairs), tuple(befores), self.passes, self.folder)

    def __repr__(self) -> str:
        objects = sum(labels.count for _, labels in self.pairs)
        return f"Chosen({self.grid_point!r}, {len(self.pairs)} images, {objects} objects)"


class Results(Sequence[Labels]):
    """The labels of a run, read when asked for.

    Args:
        table: the run's `cells`.
        read: gives the labels of a key.
        computed: how many of them were missing before.
    """

    def __init__(self, table: pd.DataFrame, read: Callable[[str], Labels], computed: int) -> None:
        self._read, self.computed = read, computed
        self.table = table[table["status"] == "done"].reset_index(drop=True)
        self._failed = int((table["status"] == "failed").sum())

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        return self._read(self.table["key"].iloc[index])

    def __iter__(self) -> Iterator[Labels]:
        return (self[i] for i in range(len(self)))

    def of(self, image: str, grid_point: str) -> Labels:
        """The labels of one image at one grid point.

        Raises:
            NothingToShow: there is no such result.
        """
        rows = self.table[(self.table["image"] == image) & (self.table["grid_point"] == grid_point)]
        if rows.empty:
            raise NothingToShow(f"There is no finished result of {grid_point!r} on {image!r}; see run.cells.")
        return self._read(rows["key"].iloc[0])

    def __repr__(self) -> str:
        objects = int(self.table["n_objects"].sum()) if len(self) else 0
        failed = f", {self._failed} failed" if self._failed else ""
        there = "" if self.computed else "; all were there already, nothing was computed"
        return f"{len(self)} label images, {objects} objects{failed}{there}"
