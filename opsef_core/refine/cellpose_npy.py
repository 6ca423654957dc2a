"""Cellpose's `_seg.npy`: what its graphical interface opens and saves."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from ..data import Labels
from ..errors import UnreadableFile
from ._drawing import Drawing, from_ids
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._format import format_kind
from ._npy_dict import read_dict
from ._tiff_bytes import tiff

MOST_BYTES = 2**32
WAY_OUT = "In Cellpose choose File > Save masks as PNG/tif, and read that label image."


@format_kind
class CellposeNpy(FileFormat):
    """A folder with an image `0001_<name>.tif` and its `0001_<name>_seg.npy`, for Cellpose's graphical interface.

    Cellpose counts objects 1, 2, ... and renumbers them when one is deleted, so ids are known only while a file is as
    it was written; after a change objects are numbered anew, which is reported. Classes, overlaps and the pixel size
    are not in the file. The file is written as numpy.save does (a pickled dictionary of arrays).

    `back` and `read` never unpickle: they read the arrays in the file and run nothing of it.
    """

    stacks: ClassVar[bool] = True
    has_classes: ClassVar[bool] = False

    def files(self, sheet: Sheet) -> list[str]:
        """The dictionary and the image."""
        return [f"{sheet.stem}_seg.npy", f"{sheet.stem}.tif"]

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The dictionary and the image."""
        pixels = sheet.image.array()
        if "C" in sheet.image.axes:
            pixels = np.moveaxis(pixels, sheet.image.axes.index("C"), -1)
        yield f"{sheet.stem}_seg.npy", _seg(sheet.labels, f"{sheet.stem}.tif")
        yield f"{sheet.stem}.tif", tiff(pixels, rgb=sheet.image.is_rgb)

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The objects of an image."""
        path = folder / entry["file"]
        return _read(path, entry["size"], kept=False) if path.exists() else None

    def read(self, path: Path, size: Mapping[str, int]) -> Drawing:
        """The objects of any `_seg.npy`; the numbers in it are their ids.

        Args:
            path: of the file.
            size: of its image, by axis.

        Raises:
            UnreadableFile: no such file, or masks that are no plain array in it.
            BadLabels: another size.
        """
        return _read(Path(path), size, kept=True)


def _seg(labels: Labels, image_file: str) -> bytes:
    masks = labels.compact()
    kind: Any = np.uint16 if labels.count < 2**16 - 1 else np.uint32
    areas = labels.areas_px
    content = {
        "filename": image_file,
        "masks": masks.astype(kind),
        "outlines": np.where(labels.outlines(), masks, 0).astype(kind),
        "chan_choose": [0, 0],
        "ismanual": np.zeros(labels.count, bool),
        "diameter": float(np.median(2 * np.sqrt(areas / np.pi))) if labels.count else 30.0,
    }
    buffer = io.BytesIO()
    np.save(buffer, np.array(content, dtype=object))
    return buffer.getvalue()


def _read(path: Path, size: Mapping[str, int], kept: bool) -> Drawing:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UnreadableFile(f"it has more than {MOST_BYTES >> 30} GB")
        masks = read_dict(path.read_bytes()).get("masks")
    except (OSError, UnreadableFile) as error:
        raise UnreadableFile(f"{path} cannot be read as Cellpose's _seg.npy: {error}. {WAY_OUT}") from None
    if not isinstance(masks, np.ndarray):
        raise UnreadableFile(f"{path} has no array of masks that can be read without running the file. {WAY_OUT}")
    if masks.dtype.kind == "i" and masks.size and masks.min() == -1:  # background of old files
        masks = masks + 1
    wanted = tuple(size.values())
    return from_ids(path.name, size, masks.reshape(wanted) if masks.squeeze().shape == wanted else masks, {}, kept)
