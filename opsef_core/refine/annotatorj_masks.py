"""What AnnotatorJ's exporter writes: label images, stacks of single objects, binary masks, or boxes as a table."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ..errors import BadLabels, UnreadableFile
from ._drawing import BROKEN, Drawing, Sketch, from_ids
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._format import format_kind
from ._regions import regions, with_class_masks
from ._tiff import read_ids
from ._tiff_bytes import tiff

FOLDERS = {"labelled": "labelled_masks", "layered": "layered_masks", "binary": "binary_masks",
           "coordinates": "bounding_box_coordinates"}  # fmt: skip
LOSES = {
    "coordinates": "its objects are boxes; their shapes are not known any more.",
    "binary": "objects that touch are one there.",
}
COLUMNS = ("x", "y", "width", "height")
LARGEST_NUMBER = 65535
MOST_BYTES = 2**32  # of a stack of single objects
CLASS_FOLDER = re.compile(r"^Class_(\d{1,3})$")
Ids = NDArray[np.int32]


@format_kind
class AnnotatorjMasks(FileFormat):
    """A folder like those of AnnotatorJ's exporter, for training: 16-bit TIFF files, or tables.

    Objects are numbered 1, 2, ... in ascending order of their ids, as AnnotatorJ does, so ids are known only while a
    file is as it was written; after a change objects are numbered anew, which is reported. For each class there are the
    same files with its objects only, in `Class_01`, `Class_02`, ... The pixel size is not kept.

    Attributes:
        kind_of_mask: "labelled" (`labelled_masks/<image>.tiff`, the number of the object), "layered"
            (`layered_masks`, a page an object, so overlaps are kept), "binary" (`binary_masks`, 1 inside; objects that
            touch become one, ids are lost), "coordinates" (`bounding_box_coordinates/<image>.csv` with x, y, width,
            height; shapes are lost).
    """

    most_classes: ClassVar[int] = 99
    kind_of_mask: Literal["labelled", "layered", "binary", "coordinates"] = "labelled"

    @property
    def in_order(self) -> bool:
        """Not the regions of a binary mask."""
        return self.kind_of_mask != "binary"

    @property
    def loses(self) -> str:
        """Shapes of boxes, and borders in a binary mask."""
        return LOSES.get(self.kind_of_mask, "")

    def files(self, sheet: Sheet) -> list[str]:
        """The mask, and one a class of the export."""
        home, name = (
            FOLDERS[self.kind_of_mask],
            sheet.stem + (".csv" if self.kind_of_mask == "coordinates" else ".tiff"),
        )
        return [f"{home}/{name}", *(f"{home}/Class_{n:02d}/{name}" for n in sorted(sheet.numbers.values()))]

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The mask, and one a class that the image has.

        Raises:
            BadLabels: more objects than 16 bits can number, or a stack of more than 4 GB.
        """
        every, compact = sheet.labels.ids.tolist(), sheet.labels.compact()
        if len(every) > LARGEST_NUMBER:
            raise BadLabels(f"{sheet.labels.name}: {len(every)} objects do not fit into 16 bits; use 'label_tiff'.")
        write = WRITERS[self.kind_of_mask]
        main, *others = self.files(sheet)
        yield main, write(compact, len(every), range(1, len(every) + 1))
        for number, file in zip(sorted(sheet.numbers.values()), others, strict=True):
            members = [n for n, i in enumerate(every, start=1) if sheet.groups.get(i) == number]
            if members:
                yield file, write(compact, len(every), members)

    def object_files(self, folder: Path, entry: Entry) -> list[str]:
        """The mask, and those of the classes."""
        return [
            entry["file"],
            *(p.relative_to(folder).as_posix() for p in _class_files(folder / entry["file"]).values()),
        ]

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The objects of an image; the class of an object is that of the class file it is in."""
        path = folder / entry["file"]
        return _read(path, entry["size"], opened, kept=False) if path.exists() else None

    def read(self, path: Path, size: Mapping[str, int]) -> Drawing:
        """The objects of any file that AnnotatorJ exported; what it is, its folder says.

        Args:
            path: of the file; class files are looked for beside it.
            size: of the image, by axis: {"Y": 512, "X": 512}.

        Raises:
            UnreadableFile, BadLabels: no such file, or of another size.
        """
        return _read(Path(path), size, {}, kept=True)


def _labelled(compact: Ids, count: int, members: Sequence[int]) -> bytes:
    return tiff(np.where(np.isin(compact, list(members)), compact, 0).astype(np.uint16))


def _layered(compact: Ids, count: int, members: Sequence[int]) -> bytes:
    if compact.size * 2 * max(count, 1) > MOST_BYTES:
        raise BadLabels(
            f"A stack of {count} pages of {compact.shape} pixels is too large; export tiles, or as 'labelled'."
        )
    from tifffile import TiffWriter

    buffer = io.BytesIO()
    with TiffWriter(buffer) as file:
        wanted = set(members)
        for number in range(1, max(count, 1) + 1):  # a page an object, empty if it is of another class
            page = (compact == number).astype(np.uint16) * (number in wanted)
            file.write(page, photometric="minisblack", compression="zlib", metadata=None, software="opsef-core")
    return buffer.getvalue()


def _binary(compact: Ids, count: int, members: Sequence[int]) -> bytes:
    return tiff(np.isin(compact, list(members)).astype(np.uint16))


def _coordinates(compact: Ids, count: int, members: Sequence[int]) -> bytes:
    places, wanted = find_objects(compact), set(members)
    rows = [(c.start, r.start, c.stop - c.start, r.stop - r.start) for r, c in (places[n - 1] for n in sorted(wanted))]
    return "".join(",".join(map(str, row)) + "\n" for row in [COLUMNS, *rows]).encode()


WRITERS: dict[str, Callable[[Ids, int, Sequence[int]], bytes]] = {
    "labelled": _labelled,
    "layered": _layered,
    "binary": _binary,
    "coordinates": _coordinates,
}


def _class_files(path: Path) -> dict[int, Path]:
    """Class number -> the file of the same name with its objects only."""
    found = {int(m[1]): p for p in sorted(path.parent.glob("Class_*")) if (m := CLASS_FOLDER.match(p.name))}
    return {
        n: p / path.name for n, p in found.items() if (p / path.name).is_file() and not (p / path.name).is_symlink()
    }


def _read(path: Path, size: Mapping[str, int], classes: Mapping[str, Any], kept: bool) -> Drawing:
    parts = {classes.get(str(number), number): p for number, p in _class_files(path).items()}
    if path.suffix.lower() == ".csv":
        drawing, owners = _boxes(path, size), {name: _boxes(p, size) for name, p in parts.items()}
        boxes = {name: {(s.top, s.left, s.inside.shape) for s in d.shapes} for name, d in owners.items()}
        return replace(drawing, shapes=tuple(
            replace(s, label=next((n for n, b in boxes.items() if (s.top, s.left, s.inside.shape) in b), None))
            for s in drawing.shapes
        ))  # fmt: skip
    if path.parent.name == FOLDERS["layered"]:
        layers = {name: list(_pages(p, size)) for name, p in parts.items()}
        sketch = Sketch(path.name, size)
        for number, page in enumerate(_pages(path, size)):
            label = next((n for n, pages in layers.items() if number < len(pages) and pages[number].any()), None)
            sketch.stencil(page, 0, 0, name=str(number + 1), id=number + 1 if kept else None, label=label)
        return sketch.drawing()
    masks = {name: read_ids(p, size) > 0 for name, p in parts.items()}
    pixels = read_ids(path, size)
    if path.parent.name == FOLDERS["binary"]:
        return regions(path.name, size, pixels > 0, masks)
    return with_class_masks(from_ids(path.name, size, pixels, {}, kept), masks)


def _pages(path: Path, size: Mapping[str, int]) -> Iterator[NDArray[np.bool_]]:
    """The pages of a stack that are not empty."""
    from tifffile import TiffFile

    shape = tuple(size.values())
    try:
        with TiffFile(path) as file:
            for page in file.pages:
                if math.prod(page.shape) != math.prod(shape) or page.shape[-2:] != shape:
                    raise BadLabels(
                        f"{path.name} has a page of shape {page.shape}, its image has {shape}; keep the size."
                    )
                yield np.asarray(page.asarray()).reshape(shape) > 0
    except BadLabels:
        raise
    except Exception as error:  # a broken file raises whatever the decoder met
        raise UnreadableFile(f"{path} cannot be read as TIFF: {error}") from None


def _boxes(path: Path, size: Mapping[str, int]) -> Drawing:
    """The boxes of a table, each an object."""
    try:
        rows = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    except (OSError, ValueError, csv.Error) as error:
        raise UnreadableFile(f"{path} cannot be read as a table: {error}") from None
    if rows and not set(COLUMNS) <= set(rows[0]):
        raise UnreadableFile(
            f"{path} lacks some of the columns {', '.join(COLUMNS)}; it has {', '.join(map(str, rows[0]))}."
        )
    sketch = Sketch(path.name, size)
    for number, row in enumerate(rows, start=1):
        try:
            x, y, width, height = (float(row[c]) for c in COLUMNS)
        except (TypeError, ValueError):
            sketch.tally.add(BROKEN, f"row {number}")
            continue
        corners = np.array([[x, y], [x + width, y], [x + width, y + height], [x, y + height]])
        sketch.outline([corners], name=f"row {number}")
    return sketch.drawing()
