"""AnnotatorJ (ImageJ/Fiji): a folder its importer opens, with images, label images, contours and pair lists.

    00_InputRaw/            8-bit images, grey or RGB
    02_SegMasks/            16-bit label images
    07_ClassifiedSegMasks/  the same, one file a class (where objects have classes)
    10_ImportExport/        pair lists: open one of these in AnnotatorJ
    11_SegMasksFromFiji/    empty; AnnotatorJ writes here, and classes into 13_ClassifiedSegMasksFromFiji
    12_TmpRoisFromFiji/     contours with ids and classes; AnnotatorJ opens these rather than the label images

The importer wants images of one size and type in a list, so there is a list for each (docs/file-formats.md). The way
back is in `_annotatorj_back.py`.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from ..data import Image, Labels
from ..errors import BadImage, BadLabels
from ._annotatorj_back import read_back
from ._classes import class_of, numbered
from ._facts import checked_pairs, facts
from ._folder import Outbox, file_stem, read_note, safe
from ._format import Format, Returned, format_kind
from .imagej_roi import roi_set

IMAGES, MASKS, CLASS_MASKS = "00_InputRaw", "02_SegMasks", "07_ClassifiedSegMasks"
LISTS, RETURNED, CONTOURS = "10_ImportExport", "11_SegMasksFromFiji", "12_TmpRoisFromFiji"
LARGEST_ID = 65535
MOST_CLASSES = 9  # AnnotatorJ has nine colours


@format_kind
class Annotatorj(Format):
    """A folder for correction in AnnotatorJ; open the file it returns there (Import from OpSeF).

    Args:
        dataset: the first part of the lists' names.
        run: the second part.
        rois: also write the objects as ImageJ contours. Default: if objects have classes, which would otherwise be
            seen only in the list of classes.
        contours: on the way back take saved contours for images that were not exported from AnnotatorJ.

    Ids up to 65535 are kept; larger ones get free numbers, and the note maps them back. A column `class` of
    `Labels.objects` becomes class numbers 1 to 9: whole numbers in this range as they are, anything else in
    sorted order (names in the note). Objects without a class are in the class lists only through their contours.
    """

    dataset: str = Field("opsef", min_length=1)
    run: str = Field("001", min_length=1)
    rois: bool | None = None
    contours: bool = False

    def out(self, folder: Path, pairs: Sequence[tuple[Image, Labels]]) -> Path:
        """Write the folder; returns the first pair list.

        Raises:
            BadRunFolder: the folder holds something else, or a person's work.
            BadImage: a stack or a time series; AnnotatorJ knows planes only.
            BadLabels: labels that do not fit their image, or more than 65535 objects or 9 classes.
        """
        sheets = [_Sheet(n, image, labels) for n, (image, labels) in enumerate(checked_pairs(pairs), start=1)]
        classes = numbered((labels for _, labels in pairs), MOST_CLASSES)
        rois = bool(classes) if self.rois is None else self.rois
        columns = _class_columns(classes)
        lists = dict(self._lists(sheets, columns))
        files = [name for sheet in sheets for name in sheet.files(columns)]
        box = Outbox(Path(folder), self.name, [*files, *lists])
        (box.folder / RETURNED).mkdir(exist_ok=True)
        notes = [sheet.write(box, classes, columns, rois) for sheet in sheets]
        for name, lines in lists.items():
            box.put(name, "".join(line + "\n" for line in lines).encode("ascii"))
        names = {str(number): name for name, number in classes.items()}
        options = {**self.model_dump(mode="json"), "rois": rois}
        box.close({"options": options, "lists": list(lists), "classes": names, "images": notes})
        return box.folder / next(iter(lists))

    def back(self, folder: Path) -> Returned:
        """Read what AnnotatorJ exported; see `_annotatorj_back.read_back`.

        Raises:
            BadRunFolder: the folder holds no such export.
            UnreadableFile, BadLabels: nothing at all can be read.
        """
        return read_back(Path(folder), read_note(Path(folder), self.name), self.contours)

    def _lists(self, sheets: Sequence[_Sheet], columns: Sequence[int]) -> Iterator[tuple[str, list[str]]]:
        """Name and lines of every list: for each size and type the masks, then for each the classes."""
        groups: dict[str, list[_Sheet]] = {}
        for sheet in sheets:
            groups.setdefault(sheet.look, []).append(sheet)
        tail = f"{safe(self.dataset)}_{safe(self.run)}"
        for look, members in groups.items():
            suffix = f"_{look}" if len(groups) > 1 else ""
            yield f"{LISTS}/FilePairList_{tail}{suffix}.txt", [f"/{s.image_file};/{s.mask_file}" for s in members]
        for look, members in groups.items() if columns else ():
            suffix = f"_{look}" if len(groups) > 1 else ""
            lines = [";".join(f"/{f}" for f in (s.image_file, *s.class_files(columns))) + ";" for s in members]
            yield f"{LISTS}/FilePairList_Classes_{tail}{suffix}.txt", lines


@dataclass
class _Sheet:
    """One image with its labels, and the files it becomes."""

    position: int
    image: Image
    labels: Labels
    stem: str = field(init=False)

    def __post_init__(self) -> None:
        self.stem = file_stem(self.position, self.image.name)
        if "Z" in self.image.axes or "T" in self.image.axes:
            raise BadImage(
                f"{self.image.name} has the axes {self.image.axes}, and AnnotatorJ knows planes only. "
                "Project it when reading (project='max'), choose a plane (z=0), or export to='ome_tiff'."
            )
        if self.labels.count > LARGEST_ID:
            raise BadLabels(
                f"{self.labels.name} has {self.labels.count} objects, and an AnnotatorJ label image holds "
                f"{LARGEST_ID}; export tiles, or export to='ome_tiff'."
            )

    @property
    def image_file(self) -> str:
        """The image, relative to the folder."""
        return f"{IMAGES}/{self.stem}.tif"

    @property
    def mask_file(self) -> str:
        """The label image, relative to the folder."""
        return f"{MASKS}/{self._named('Mask')}.tif"

    @property
    def look(self) -> str:
        """What must be equal within a list."""
        height, width = self.labels.pixels.shape
        return f"{width}x{height}_{'rgb' if 'C' in self.image.axes else 'grey'}"

    def class_files(self, columns: Sequence[int]) -> list[str]:
        """One file a class of the export, in the order of the columns."""
        return [f"{CLASS_MASKS}/{self._named(f'MaskClass{number:02d}')}.tif" for number in columns]

    def contour_files(self, columns: Sequence[int]) -> list[str]:
        """Contours belong to the first label image of a line, in the list of masks and in the list of classes."""
        return [f"{CONTOURS}/{Path(f).stem}_ROIs.zip" for f in (self.mask_file, *self.class_files(columns)[:1])]

    def files(self, columns: Sequence[int]) -> list[str]:
        """All of them."""
        return [self.image_file, self.mask_file, *self.class_files(columns), *self.contour_files(columns)]

    def _named(self, marker: str) -> str:
        number, name = self.stem.split("_", 1)
        return f"{number}_{marker}_{name}"

    def write(self, box: Outbox, classes: Mapping[Any, int], columns: Sequence[int], rois: bool) -> dict[str, Any]:
        """Write its files; returns what the note says of it."""
        numbers = short_numbers(self.labels.ids)
        mask = renumbered(self.labels.pixels, numbers)
        group = {numbers[i]: classes[name] for i, name in class_of(self.labels).items()}
        box.put(self.image_file, _tiff(eight_bit(self.image)))
        box.put(self.mask_file, _tiff(mask))
        for number, file in zip(columns, self.class_files(columns), strict=True):
            members = [i for i, c in group.items() if c == number]
            box.put(file, _tiff(np.where(np.isin(mask, members), mask, np.uint16(0))))
        if rois and self.labels.count:  # ImageJ cannot open a zip without contours
            content = roi_set(mask, group)
            for file in self.contour_files(columns):
                box.put(file, content)
        return {
            **facts(self.labels),
            "look": self.look,
            "image": self.image_file,
            "mask": self.mask_file,
            "class_masks": {str(n): f for n, f in zip(columns, self.class_files(columns), strict=True)},
            "image_name": self.image.name,
            "image_key": self.image.key,
            "changed_ids": {str(number): i for i, number in numbers.items() if i != number},
        }


def _class_columns(classes: Mapping[Any, int]) -> list[int]:
    """Class numbers that get a file: never only one, because the importer reads classes from two files on."""
    numbers = sorted(classes.values())
    if len(numbers) == 1:
        numbers = sorted([*numbers, 2 if numbers == [1] else 1])
    return numbers


def short_numbers(ids: NDArray[np.int64]) -> dict[int, int]:
    """Id -> number up to 65535: itself where possible, else the smallest free one."""
    taken = {int(i) for i in ids if i <= LARGEST_ID}
    free = (n for n in itertools.count(1) if n not in taken)
    return {int(i): int(i) if i <= LARGEST_ID else next(free) for i in ids}


def renumbered(pixels: NDArray[np.int32], numbers: Mapping[int, int]) -> NDArray[np.uint16]:
    """A label image with these numbers instead of its ids."""
    ids = np.array([0, *numbers], np.int64)
    values = np.array([0, *numbers.values()], np.uint16)
    return values[np.searchsorted(ids, pixels)]


def eight_bit(image: Image) -> NDArray[np.uint8]:
    """(Y, X) or (Y, X, 3) uint8: 8-bit grey and colour as it is, all else stretched as for display."""
    if image.pixels.dtype == np.uint8 and (image.is_rgb or "C" not in image.axes):
        return np.ascontiguousarray(np.moveaxis(image.array(), 0, -1) if image.is_rgb else image.array())
    shown = image.for_display()
    return shown if "C" in image.axes else shown[..., 0]


def _tiff(pixels: NDArray[Any]) -> bytes:
    """An uncompressed TIFF, which every ImageJ opens."""
    from tifffile import imwrite

    buffer = io.BytesIO()
    imwrite(
        buffer, pixels, photometric="rgb" if pixels.ndim == 3 else "minisblack", metadata=None, software="opsef-core"
    )
    return buffer.getvalue()
