"""Label images in TIFF files, read again as they were written or as somebody changed them since."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Act, Labels
from ..errors import BadLabels, UnreadableFile
from ._facts import Entry, labels_from, read_entries
from ._folder import checksum, read_note
from ._format import Format, Returned, gathered

SMALL = 2**26  # bytes that may unpack from anything
MOST_PACKED = 1100  # zlib, which label images are packed with, cannot reach more than 1032 : 1


class TiffFormat(Format):
    """A format with one TIFF label image an image, which the note beside names."""

    def back(self, folder: Path) -> Returned:
        """Read the labels again, as they were written or as somebody changed them since.

        A changed file adds an act of kind "hand" to the history. A deleted file is left out.

        Raises:
            BadRunFolder: the folder holds no such export.
            UnreadableFile, BadLabels: every file is broken, or has another size or no whole numbers.
        """
        folder = Path(folder)
        note = read_note(folder, self.name)

        def read(entry: Entry) -> tuple[Labels | None, Sequence[str]]:
            path = folder / entry["file"]
            if not path.exists():
                return None, [f"{entry['file']} was deleted; the image {entry['name']!r} is left out."]
            return _read(path, entry, note["files"].get(entry["file"]), self.name), ()

        found = gathered(read_entries(folder, note, "file"), read)
        return replace(found, unclassed=frozenset(one.name for one in found.labels))


def _read(path: Path, entry: Entry, written: str | None, format_name: str) -> Labels:
    pixels = read_ids(path, entry["size"])
    now = checksum(path)
    hand = () if now == written else (Act("hand", format_name, {"sha256": now}),)
    return labels_from(entry, pixels, *hand)


def read_ids(path: Path, size: Mapping[str, int]) -> NDArray[Any]:
    """The numbers of a TIFF label image somebody may have saved; its size is compared before anything is unpacked.

    Real numbers that are whole, as ImageJ saves 32-bit label images, are taken for ids.

    Args:
        path: of the file.
        size: that it must have, by axis.

    Raises:
        UnreadableFile: no TIFF, or a broken one.
        BadLabels: another size, or numbers that are no ids.
    """
    from tifffile import TiffFile

    shape = tuple(size.values())
    try:
        with TiffFile(path) as file:
            if not file.series:
                raise ValueError("it holds no image")
            found = tuple(int(n) for n in file.series[0].shape)
            fits = found == shape or (math.prod(found) == math.prod(shape) and _long(found) == _long(shape))
            bytes_out = file.series[0].dtype.itemsize * math.prod(found)
            if fits and bytes_out > max(SMALL, MOST_PACKED * path.stat().st_size):
                raise ValueError(f"its {path.stat().st_size} bytes would unpack to {bytes_out}")
            pixels = np.asarray(file.series[0].asarray()).reshape(shape) if fits else None
    except Exception as error:  # a broken file raises whatever the decoder met
        raise UnreadableFile(f"{path} cannot be read as TIFF: {error}") from None
    if pixels is None:
        raise BadLabels(f"{path.name} has the shape {found}, but was exported with {shape}; keep the size.")
    if pixels.dtype.kind == "f" and np.isfinite(pixels).all() and (pixels == np.floor(pixels)).all():
        low, high = (float(v) for v in (pixels.min(initial=0), pixels.max(initial=0)))
        return pixels.astype(np.int64) if low >= -1 and high < 2**62 else pixels
    return pixels


def _long(shape: Sequence[int]) -> tuple[int, ...]:
    """A shape without axes of length 1."""
    return tuple(n for n in shape if n != 1)
