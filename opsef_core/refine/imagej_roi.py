"""ImageJ ROI sets: a zip of outlines an image, as ImageJ's ROI Manager opens and saves it."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

from ..errors import BadImage, UnreadableFile
from ._drawing import Drawing, Sketch
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._format import format_kind
from ._outlines import outlines
from ._roi import draw, roi_bytes
from ._zip import members

FARTHEST_PX = 32767  # 16-bit coordinates


@format_kind
class ImagejRoi(FileFormat):
    """A folder with one ROI set an image, `0001_<name>_RoiSet.zip`; exact to the pixel, with holes.

    The name of a ROI is its id with at least four digits, its group (1 to 255) is its class, its position the plane of
    a stack, from 1; an object of a stack has a ROI on each of its planes (`0007_z0003`). An image without objects has
    no zip, because ImageJ cannot open an empty one.

    `back` and `read` take every kind of ROI that has an area: polygon, freehand, traced, oval, ellipse, rectangle,
    composite, and points, each of which is a pixel. A ROI whose name is no number gets a new id.
    """

    most_classes: ClassVar[int] = 255
    stacks: ClassVar[bool] = True

    def files(self, sheet: Sheet) -> list[str]:
        """The zip."""
        return [f"{sheet.stem}_RoiSet.zip"]

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The zip, if the image has objects.

        Raises:
            BadImage: the image is larger than the format's coordinates.
        """
        if sheet.labels.count:
            yield self.files(sheet)[0], roi_set(sheet.labels.pixels, sheet.groups)

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The ROIs of an image."""
        return drawn_if_any(folder / entry["file"], entry, opened)

    def read(self, path: Path, size: Mapping[str, int], classes: Mapping[str, Any] | None = None) -> Drawing:
        """The objects of any ROI set, or of a single .roi file.

        Args:
            path: of the zip or .roi file.
            size: of its image, by axis: {"Y": 512, "X": 512}, with "Z" first for a stack.
            classes: group, as text -> class; without it a group is the class.

        Raises:
            UnreadableFile: no zip, or one that unpacks to far more than a person draws.
        """
        return read_rois(Path(path), size, classes or {})


def roi_set(pixels: Any, groups: Mapping[int, int]) -> bytes:
    """A zip with one ROI an object (and plane), ascending by id.

    Args:
        pixels: (Y, X) or (Z, Y, X) label image.
        groups: id -> group.

    Raises:
        BadImage: the image is larger than the format's coordinates.
    """
    if max(pixels.shape[-2:]) > FARTHEST_PX:
        raise BadImage(
            f"ImageJ's outlines reach {FARTHEST_PX} pixels, not {max(pixels.shape[-2:])}; "
            "export tiles, or as 'ome_tiff'."
        )
    planes = [(None, pixels)] if pixels.ndim == 2 else list(enumerate(pixels))
    found = [(i, z, loops) for z, plane in planes for i, loops in outlines(plane).items()]
    found.sort(key=lambda one: (one[0], one[1] or 0))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, z, loops in found:
            name = f"{number:04d}" if z is None else f"{number:04d}_z{z + 1:04d}"
            entry = zipfile.ZipInfo(f"{name}.roi")  # a fixed date: the same labels give the same bytes
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, roi_bytes(name, loops, groups.get(number, 0), z))
    return buffer.getvalue()


def read_rois(path: Path, size: Mapping[str, int], classes: Mapping[str, Any]) -> Drawing:
    """The objects of a ROI set or of a single .roi file; see `ImagejRoi.read`."""
    sketch = Sketch(path.name, size)
    if path.suffix.lower() == ".roi":
        try:
            draw(sketch, path.stem, path.read_bytes(), classes)
        except OSError as error:
            raise UnreadableFile(f"{path} cannot be read: {error}") from None
        return sketch.drawing()
    for name, content in members(path, ".roi"):
        draw(sketch, name, content, classes)
    return sketch.drawing()


def drawn_if_any(path: Path, entry: Entry, classes: Mapping[str, Any]) -> Drawing | None:
    """The ROIs of an entry; none if there is no file and the image had no objects; None if the file was deleted."""
    if path.exists():
        return read_rois(path, entry["size"], classes)
    return None if entry["objects"]["ids"] else Drawing(path.name, entry["size"], ())
