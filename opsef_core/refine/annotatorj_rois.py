"""AnnotatorJ's own annotations: images, and in a class folder beside them outlines, boxes or a semantic mask each."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ..errors import UnreadableFile
from ._drawing import Drawing
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._format import format_kind
from ._pictures import eight_bit
from ._regions import regions
from ._roi import roi_bytes
from ._tiff import read_ids
from ._tiff_bytes import tiff
from .imagej_roi import read_rois, roi_set

FOLDER = "masks"  # where AnnotatorJ saves once objects have classes
LOSES = {
    "bounding_box": "its objects are boxes; their shapes are not known any more.",
    "semantic": "objects that touch are one there, and none has a class.",
}
ENDINGS = {"instance": "_ROIs.zip", "bounding_box": "_bboxes.zip", "semantic": "_semantic.tiff"}


@format_kind
class AnnotatorjRois(FileFormat):
    """A folder of images as AnnotatorJ's *Open* and *Load* know it, with annotations in the folder `masks`.

    For the corrections of a run, `annotatorj` is the better choice: this is for annotation from scratch, and for
    reading what AnnotatorJ saved there: `<class>/<image>_ROIs.zip`, `_bboxes.zip` or `_semantic.tiff`.

    Attributes:
        annotation: "instance" (outlines, exact to the pixel, with holes, groups = classes), "bounding_box" (boxes
            around objects; their shapes are lost), "semantic" (one mask, 0 and 255; objects that touch become one, ids
            and classes are lost).

    `back` looks into every class folder: in `masks` an object's group is its class, in any other folder the name of the
    folder. AnnotatorJ numbers objects anew when it loads them. An image without objects has no zip.
    """

    most_classes: ClassVar[int] = 255
    annotation: Literal["instance", "bounding_box", "semantic"] = "instance"

    @property
    def in_order(self) -> bool:
        """Not the regions of a semantic mask."""
        return self.annotation != "semantic"

    @property
    def loses(self) -> str:
        """Shapes of boxes; borders and classes in a semantic mask."""
        return LOSES.get(self.annotation, "")

    def files(self, sheet: Sheet) -> list[str]:
        """The annotation and the image."""
        return [f"{FOLDER}/{sheet.stem}{ENDINGS[self.annotation]}", f"{sheet.stem}.tif"]

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The annotation, if there are objects, and the image."""
        pixels, place = sheet.labels.pixels, self.files(sheet)[0]
        if self.annotation == "semantic":
            yield place, tiff(np.where(pixels > 0, np.uint8(255), np.uint8(0)))
        elif sheet.labels.count:
            yield place, roi_set(pixels, sheet.groups) if self.annotation == "instance" else _boxes(sheet)
        picture = eight_bit(sheet.image)
        yield f"{sheet.stem}.tif", tiff(picture, rgb=picture.ndim == 3)

    def object_files(self, folder: Path, entry: Entry) -> list[str]:
        """The annotation in every class folder."""
        return [entry["file"], *(p.relative_to(folder).as_posix() for p in self._found(folder, entry))]

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The objects of an image in all class folders."""
        found = self._found(folder, entry)
        if not found:
            return None if entry["objects"]["ids"] else Drawing(entry["file"], entry["size"], ())
        drawings = [
            self._read(p, entry["size"], opened, "" if p.parent.name == FOLDER else p.parent.name) for p in found
        ]
        shapes = tuple(s for d in drawings for s in d.shapes)
        problems = tuple(p for d in drawings for p in d.problems)
        return Drawing(entry["file"], entry["size"], shapes, problems, all(d.nameless for d in drawings))

    def read(self, path: Path, size: Mapping[str, int], label: str = "") -> Drawing:
        """The objects of any file that AnnotatorJ saved; what it is, its name says.

        Args:
            path: `..._ROIs.zip`, `..._bboxes.zip` or `..._semantic.tiff`, also with a number before the ending.
            size: of the image, by axis: {"Y": 512, "X": 512}.
            label: class of objects that have no group; AnnotatorJ has it as the name of the folder.

        Raises:
            UnreadableFile, BadLabels: no such file, or of another size.
        """
        return self._read(Path(path), size, {}, label)

    def _found(self, folder: Path, entry: Entry) -> list[Path]:
        """Annotations of an image in the class folders, `masks` first; never outside of the export."""
        name, root = Path(entry["file"]).name, folder.resolve()
        found = (p for p in folder.glob(f"*/{_literal(name)}") if p.resolve().is_relative_to(root))
        return sorted(found, key=lambda p: (p.parent.name != FOLDER, p))

    def _read(self, path: Path, size: Mapping[str, int], classes: Mapping[str, Any], label: str) -> Drawing:
        if path.suffix.lower() in (".tif", ".tiff"):
            mask = read_ids(path, size)
            drawing = regions(path.name, size, np.asarray(mask) > 0)
        elif path.suffix.lower() == ".zip":
            drawing = read_rois(path, size, classes)
        else:
            raise UnreadableFile(f"{path} is none of AnnotatorJ's files: they end in {', '.join(ENDINGS.values())}.")
        if not label:
            return drawing
        return replace(drawing, shapes=tuple(replace(s, label=s.label or label) for s in drawing.shapes))


def _literal(name: str) -> str:
    """A name for `glob` with nothing special in it."""
    return "".join(f"[{c}]" if c in "*?[" else c for c in name)


def _boxes(sheet: Sheet) -> bytes:
    """A zip with the box of each object."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, place in zip(sheet.labels.ids.tolist(), find_objects(sheet.labels.compact()), strict=True):
            name = f"{number:04d}"
            archive.writestr(
                zipfile.ZipInfo(f"{name}.roi"), roi_bytes(name, [_corners(*place)], sheet.groups.get(number, 0))
            )
    return buffer.getvalue()


def _corners(rows: slice, columns: slice) -> NDArray[np.int32]:
    left, right, top, bottom = columns.start, columns.stop, rows.start, rows.stop
    return np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.int32)
