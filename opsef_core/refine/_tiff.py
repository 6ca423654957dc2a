"""Label images in TIFF files, read again as they were written or as somebody changed them since."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Act, Labels
from ..errors import BadLabels, UnreadableFile
from ._facts import labels_from
from ._folder import checksum, read_note
from ._format import Format


class TiffFormat(Format):
    """A format with one TIFF label image an image, which the note beside names."""

    def back(self, folder: Path) -> list[Labels]:
        """Read the labels again, as they were written or as somebody changed them since.

        A changed file adds an act of kind "hand" to the history. A deleted file is left out.

        Raises:
            BadRunFolder: the folder holds no such export.
            UnreadableFile, BadLabels: a file is broken, or has another size or no whole numbers.
        """
        folder = Path(folder)
        note = read_note(folder, self.name)
        known = (entry for entry in note.get("images", ()) if (folder / entry["file"]).exists())
        return [_read(folder / entry["file"], entry, note["files"].get(entry["file"]), self.name) for entry in known]


def _read(path: Path, entry: Mapping[str, Any], written: str | None, format_name: str) -> Labels:
    from tifffile import imread

    try:
        pixels = np.asarray(imread(path))
    except Exception as error:  # a broken file raises whatever the decoder met
        raise UnreadableFile(f"{path} cannot be read as TIFF: {error}") from None
    size = tuple(entry["size"].values())
    if pixels.shape != size:
        raise BadLabels(f"{path.name} has the shape {pixels.shape}, but was exported with {size}; keep the size.")
    now = checksum(path)
    hand = () if now == written else (Act("hand", format_name, {"sha256": now}),)
    return labels_from(entry, pixels, *hand)
