"""Training folders of StarDist: images/ and masks/ with TIFF files of the same names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ._drawing import Drawing, from_ids
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._format import format_kind
from ._tiff import read_ids
from ._tiff_bytes import label_tiff, tiff


@format_kind
class StardistFolder(FileFormat):
    """A folder with `images/0001_<name>.tif` and `masks/0001_<name>.tif`; label images of 16 bits, 32 for larger ids.

    What StarDist's training notebooks read as pairs. Ids are the pixel values; classes, overlaps and the pixel size are
    not in the files (classes come back from the note, by id). Images keep their number type; channels are last.
    """

    stacks: ClassVar[bool] = True
    has_classes: ClassVar[bool] = False

    def files(self, sheet: Sheet) -> list[str]:
        """The label image and the image."""
        return [f"masks/{sheet.stem}.tif", f"images/{sheet.stem}.tif"]

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The label image and the image."""
        pixels = sheet.image.array()
        if "C" in sheet.image.axes:
            pixels = np.moveaxis(pixels, sheet.image.axes.index("C"), -1)
        yield f"masks/{sheet.stem}.tif", label_tiff(sheet.labels.pixels)
        yield f"images/{sheet.stem}.tif", tiff(pixels, rgb=sheet.image.is_rgb)

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The objects of an image."""
        path = folder / entry["file"]
        return self.read(path, entry["size"]) if path.exists() else None

    def read(self, path: Path, size: Mapping[str, int]) -> Drawing:
        """The objects of any TIFF label image.

        Args:
            path: of the file.
            size: of its image, by axis.

        Raises:
            UnreadableFile, BadLabels: no TIFF, another size, or numbers that are no ids.
        """
        return from_ids(Path(path).name, size, read_ids(Path(path), size), {})
