"""OME-TIFF label images: int32, one file an image, with axes and pixel size; read by Fiji, napari, QuPath and bioio."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Act, Image, Labels
from ..errors import BadLabels, UnreadableFile
from ._facts import checked_pairs, facts, labels_from
from ._folder import Outbox, checksum, file_stem, read_note
from ._format import Format, format_kind


@format_kind
class OmeTiff(Format):
    """A folder with one compressed int32 OME-TIFF an image; ids as they are, object table in the note beside."""

    def out(self, folder: Path, pairs: Sequence[tuple[Image, Labels]]) -> Path:
        """Write the folder; returns the first file.

        Raises:
            BadRunFolder: the folder holds something else, or files somebody changed.
            BadLabels: labels that do not fit their image.
        """
        pairs = checked_pairs(pairs)
        files = [f"{file_stem(n, labels.name)}.ome.tif" for n, (_, labels) in enumerate(pairs, start=1)]
        box = Outbox(Path(folder), self.name, files)
        notes = []
        for file, (image, labels) in zip(files, pairs, strict=True):
            box.put(file, _ome_tiff(labels))
            notes.append({**facts(labels), "file": file, "image_name": image.name, "image_key": image.key})
        box.close({"images": notes})
        return box.folder / files[0]

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
        return [_read(folder / entry["file"], entry, note["files"].get(entry["file"])) for entry in known]


def _read(path: Path, entry: dict[str, Any], written: str | None) -> Labels:
    from tifffile import imread

    try:
        pixels = np.asarray(imread(path))
    except Exception as error:  # a broken file raises whatever the decoder met
        raise UnreadableFile(f"{path} cannot be read as TIFF: {error}") from None
    size = tuple(entry["size"].values())
    if pixels.shape != size:
        raise BadLabels(f"{path.name} has the shape {pixels.shape}, but was exported with {size}; keep the size.")
    now = checksum(path)
    hand = () if now == written else (Act("hand", "ome_tiff", {"sha256": now}),)
    return labels_from(entry, pixels, *hand)


def _ome_tiff(labels: Labels) -> bytes:
    from tifffile import imwrite

    metadata: dict[str, Any] = {"axes": labels.axes, "Name": labels.name}
    for axis, um in labels.spacing_um.items():
        metadata |= {f"PhysicalSize{axis}": um, f"PhysicalSize{axis}Unit": "µm"}
    buffer = io.BytesIO()
    imwrite(
        buffer,
        labels.pixels,
        ome=True,
        photometric="minisblack",
        compression="zlib",
        metadata=metadata,
        software="opsef-core",
    )
    return buffer.getvalue()
