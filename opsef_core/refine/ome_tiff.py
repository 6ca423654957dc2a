"""OME-TIFF label images: int32, one file an image, with axes and pixel size; read by Fiji, napari, QuPath and bioio."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..data import Image, Labels
from ._facts import checked_pairs, facts
from ._folder import Outbox, file_stem
from ._format import format_kind
from ._tiff import TiffFormat


@format_kind
class OmeTiff(TiffFormat):
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
