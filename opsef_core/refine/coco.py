"""COCO: all objects of all images in one JSON file; what Detectron2, MMDetection, CVAT and FiftyOne read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

import numpy as np
from scipy.ndimage import find_objects

from ..errors import BadLabels, UnreadableFile
from ._classes import stand_in
from ._drawing import BROKEN, Drawing, Sketch
from ._facts import Entry
from ._file_format import FileFormat, Sheet
from ._format import format_kind
from ._json import as_id, as_list, as_map, read_json
from ._outlines import area, outlines
from ._pictures import png
from ._rle import counts_of, packed, stencil_of, unpacked

FILE = "annotations.json"


@format_kind
class Coco(FileFormat):
    """A folder with `annotations.json` and the images as PNG; exact to the pixel, with holes, classes and ids.

    The id of an object in its label image is `object_id`, because COCO's own ids count through all images. Categories
    are the classes as text; objects without a class are of the category "object". The pixel size is not kept.

    Attributes:
        masks: how objects are written: "rle" (compressed run lengths), "counts" (plain ones), or "polygon" (corners;
            objects with holes, which COCO's polygons cannot have, as plain run lengths).

    `back` and `read` take all three. Polygons of one object are put together; a pixel is inside when its centre is.
    """

    masks: Literal["rle", "counts", "polygon"] = "rle"

    def files(self, sheet: Sheet) -> list[str]:
        """The common file, and the picture."""
        return [FILE, f"images/{sheet.stem}.png"]

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """The picture."""
        yield f"images/{sheet.stem}.png", png(sheet.image)

    def shared_files(self) -> list[str]:
        """The annotations."""
        return [FILE]

    def shared(self, sheets: Sequence[Sheet]) -> Iterator[tuple[str, bytes]]:
        """The annotations of all images."""
        categories = {number: str(name) for name, number in sheets[0].numbers.items()}
        none = max(categories, default=0) + 1
        if any(len(s.groups) < s.labels.count for s in sheets) or not categories:
            categories[none] = stand_in(categories.values())
        annotations: list[dict[str, Any]] = []
        for image_id, sheet in enumerate(sheets, start=1):
            for about in self._objects(sheet):
                category = sheet.groups.get(about["object_id"], none)
                place = {"id": len(annotations) + 1, "image_id": image_id, "category_id": category, "iscrowd": 0}
                annotations.append({**place, **about})
        content = {
            "info": {"description": "opsef-core"},
            "images": [_image(n, sheet) for n, sheet in enumerate(sheets, start=1)],
            "categories": [{"id": n, "name": name} for n, name in sorted(categories.items())],
            "annotations": annotations,
        }
        yield FILE, json.dumps(content, ensure_ascii=False).encode()

    def _objects(self, sheet: Sheet) -> Iterator[dict[str, Any]]:
        """Each object: its id, mask, area and box."""
        height, width = sheet.labels.pixels.shape
        places = find_objects(sheet.labels.compact())
        loops = outlines(sheet.labels.pixels) if self.masks == "polygon" else {}
        for number, place in zip(sheet.labels.ids.tolist(), places, strict=True):
            inside = sheet.labels.pixels[place] == number
            rows, columns = place
            mask: Any = [loop.ravel().tolist() for loop in loops.get(number, ())]
            if not mask or any(area(loop) < 0 for loop in loops[number]):
                counts = counts_of(inside, rows.start, columns.start, height, width)
                mask = {"size": [height, width], "counts": packed(counts) if self.masks == "rle" else counts.tolist()}
            box = [columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start]
            yield {"object_id": number, "segmentation": mask, "area": int(inside.sum()), "bbox": box}

    def opened(self, folder: Path, classes: Mapping[str, Any]) -> _Content | None:
        """The annotations of all images."""
        path = folder / FILE
        names = {str(c): c for c in classes.values()}
        return _content(path, {**names, stand_in(names): None}) if path.exists() else None

    def drawn(self, folder: Path, entry: Entry, opened: _Content | None) -> Drawing | None:
        """The objects of one image; None if it is no longer in the file."""
        if opened is None:
            return None
        names = [PurePosixPath(f).name for f in as_list(entry.get("files")) if isinstance(f, str)]
        number = next((opened.images[name] for name in names if name in opened.images), None)
        return None if number is None else _drawn(opened, number, FILE, entry["size"])

    def read(self, path: Path, size: Mapping[str, int], image: str | None = None) -> Drawing:
        """The objects of an image in any COCO file.

        Args:
            path: of the JSON file.
            size: of the image, by axis: {"Y": 512, "X": 512}.
            image: name of the image's file; may be left out if the file knows one image only.

        Raises:
            UnreadableFile: no COCO file.
            BadLabels: the image is not in it.
        """
        content = _content(Path(path), {})
        names = list(content.images)
        wanted = PurePosixPath(image).name if image is not None else names[0] if len(names) == 1 else ""
        if wanted not in content.images:
            raise BadLabels(
                f"{path} has the objects of {len(names)} images "
                f"({', '.join(names[:3])}{', ...' if len(names) > 3 else ''}); "
                f"{'name one of them' if image is None else f'{image!r} is not among them'}."
            )
        return _drawn(content, content.images[wanted], Path(path).name, size)


@dataclass(frozen=True)
class _Content:
    """What a COCO file holds: image file -> id; image id -> annotations; category id -> class."""

    images: Mapping[str, int]
    annotations: Mapping[int, Sequence[dict[str, Any]]]
    classes: Mapping[int, Any]


def _content(path: Path, classes: Mapping[str, Any]) -> _Content:
    """A COCO file; `classes`: name of a category -> class, if it is not itself the class."""
    content = read_json(path)
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        raise UnreadableFile(f"{path} is JSON, but not COCO: there is no list `images` in it.")
    images = {}
    for one in map(as_map, content["images"]):
        if (number := as_id(one.get("id"))) is not None:
            images[PurePosixPath(str(one.get("file_name", number)).replace("\\", "/")).name] = number
    names = {}
    for one in map(as_map, as_list(content.get("categories"))):
        name = str(one.get("name"))
        if (number := as_id(one.get("id"))) is not None:
            names[number] = classes.get(name, name)
    found: dict[int, list[dict[str, Any]]] = {}
    for one in map(as_map, as_list(content.get("annotations"))):
        if (number := as_id(one.get("image_id"))) is not None:
            found.setdefault(number, []).append(one)
    return _Content(images, found, names)


def _drawn(content: _Content, image: int, source: str, size: Mapping[str, int]) -> Drawing:
    sketch = Sketch(source, size)
    for position, one in enumerate(content.annotations.get(image, ()), start=1):
        number = as_id(one.get("object_id"))
        name = str(one.get("id", position))[:20] if number is None else str(number)
        category = as_id(one.get("category_id"))
        about: dict[str, Any] = {
            "name": name,
            "id": number,
            "label": content.classes.get(category) if category is not None else None,
        }
        mask = one.get("segmentation")
        try:
            if isinstance(mask, dict):
                height, width = (as_id(n) or 0 for n in as_list(mask.get("size"))[:2])
                if (height, width) != (size["Y"], size["X"]):
                    raise BadLabels(f"a mask of {height} x {width} pixels")
                counts = mask.get("counts")
                counts = unpacked(counts) if isinstance(counts, str) else counts
                sketch.stencil(*stencil_of(counts, height, width), **about)
            else:
                sketch.outline([np.array(loop, np.float64).reshape(-1, 2) for loop in as_list(mask)], **about)
        except (BadLabels, ValueError, TypeError, OverflowError):
            sketch.tally.add(BROKEN, name)
    return sketch.drawing()


def _image(number: int, sheet: Sheet) -> dict[str, Any]:
    height, width = sheet.labels.pixels.shape
    return {"id": number, "file_name": f"images/{sheet.stem}.png", "width": width, "height": height}
