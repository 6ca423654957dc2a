"""Plain label images: 16-bit TIFF, and a mask of each object by itself; any program reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Image, Labels
from ..errors import BadLabels
from ._facts import checked_pairs, facts
from ._folder import Outbox, file_stem
from ._format import format_kind
from ._tiff import TiffFormat


@format_kind
class LabelTiff(TiffFormat):
    """A folder with one TIFF label image an image, and its objects one by one as PNG masks.

    What nucleAIzer's web page gave. 16 bits, or 32 where ids are larger than 65535: ids stay what they are. Only the
    label images are read back, not the single masks.

    Attributes:
        single_masks: whether to write `masks/<image>/<id>.png`, 255 inside of the object; of planes, not of stacks.
    """

    single_masks: bool = True

    def out(self, folder: Path, pairs: Sequence[tuple[Image, Labels]]) -> Path:
        """Write the folder; returns the first file.

        Raises:
            BadRunFolder: the folder holds something else, or files somebody changed.
            BadLabels: labels that do not fit their image; single masks of a stack.
        """
        pairs = checked_pairs(pairs)
        stems = [file_stem(n, labels.name) for n, (_, labels) in enumerate(pairs, start=1)]
        masks = [list(self._names(stem, labels)) for stem, (_, labels) in zip(stems, pairs, strict=True)]
        files = [f"{stem}.tif" for stem in stems]
        box = Outbox(Path(folder), self.name, [*files, *(name for some in masks for name in some)])
        notes = []
        for file, names, (image, labels) in zip(files, masks, pairs, strict=True):
            box.put(file, _tiff(labels.pixels))
            for name, number in zip(names, labels.ids, strict=bool(names)):
                box.put(name, _png(labels.pixels == number))
            notes.append({**facts(labels), "file": file, "image_name": image.name, "image_key": image.key})
        box.close({"images": notes})
        return box.folder / files[0]

    def _names(self, stem: str, labels: Labels) -> Iterator[str]:
        """Files of the single masks."""
        if not self.single_masks:
            return
        if "Z" in labels.axes:
            raise BadLabels(
                f"{labels.name} is a stack; single masks are of planes. Export it with single_masks=False, or as "
                "'ome_tiff'."
            )
        yield from (f"masks/{stem}/{number:05d}.png" for number in labels.ids)


def _tiff(pixels: NDArray[np.int32]) -> bytes:
    from tifffile import imwrite

    kind: Any = np.uint16 if pixels.max(initial=0) <= np.iinfo(np.uint16).max else np.uint32
    buffer = io.BytesIO()
    imwrite(buffer, pixels.astype(kind), photometric="minisblack", compression="zlib", software="opsef-core")
    return buffer.getvalue()


def _png(inside: NDArray[np.bool_]) -> bytes:
    import imageio.v3 as imageio

    return bytes(imageio.imwrite("<bytes>", inside.astype(np.uint8) * 255, extension=".png"))
