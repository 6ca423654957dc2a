"""The folder of annotations: images, labels at the start and now, and how long it took. It is written edit by edit.

docs/file-formats.md has the layout. Every file is whole or not there. Of two files that belong together the label image
is written first: after a crash in between the edits are sent again, and change nothing.
"""

from __future__ import annotations

import io
import json
import secrets
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...atomic import make_folder, write_whole
from ...data import Act, Image, Labels
from ...errors import BadImage, BadLabels, BadRunFolder, OpsefError, UnreadableFile
from ...refine import facts, file_stem, labels_from
from .sheet import Sheet

NOTE = "annotations.json"
FORMAT, VERSION = "opsef annotations", 1
FULL = (
    "The annotations could not be stored: the disk is full. Make room; what is not stored yet is kept in the browser."
)


class AnnotationFolder:
    """A folder of annotations, new or begun earlier.

    Args:
        folder: where it is or will be.
        classes: names to choose from; those of an earlier time are kept.

    Attributes:
        token: tells this folder from all others, also when it was moved.
        classes: all names.

    Raises:
        BadRunFolder: the folder holds something else, or its note was damaged.
    """

    def __init__(self, folder: str | Path, classes: Iterable[str] = ()) -> None:
        self.folder = Path(folder).expanduser()
        note = self._note()
        self.token = str(note["token"])
        self.stems: dict[str, str] = dict(note["images"])
        self._noted = [str(name) for name in note["classes"]]
        self.classes = list(dict.fromkeys([*self._noted, *classes]))

    @property
    def names(self) -> list[str]:
        """Names of the images that are in it, in the order in which they were begun."""
        return list(self.stems)

    def store(self, sheet: Sheet) -> None:
        """Write one image's labels, and what they began with if they are new.

        Raises:
            DiskFull: it could not be stored; what was stored before is still there.
        """
        name = sheet.image.name
        if name not in self.stems:
            self._begin(sheet)
        elif self.classes != self._noted:
            self._write_note()
        stem = self.stems[name]
        labels = sheet.labels
        state = {"largest_id": sheet.largest, "revision": sheet.revision, "editor": sheet.editor}
        state |= {"finished": sheet.finished, "classes": {str(k): v for k, v in sheet.classes.items()}}
        self._put(f"labels/{stem}.ome.tif", tiff(labels))
        self._put(f"labels/{stem}.json", _json({**facts(labels), **state}))

    def sheet(self, name: str) -> Sheet:
        """What is stored of an image.

        Raises:
            UnreadableFile, BadLabels, BadImage: a file is broken or does not fit the others.
        """
        stem = self.stems[name]
        about = self._json(f"images/{stem}.json")
        image = _image(self._pixels(f"images/{stem}.ome.tif"), about, self.folder / f"images/{stem}.json")
        began, now = self._json(f"start/{stem}.json"), self._json(f"labels/{stem}.json")
        try:
            start = labels_from(began, self._pixels(f"start/{stem}.ome.tif"))
            labels = labels_from(now, self._pixels(f"labels/{stem}.ome.tif"))
            classes = {int(number): str(text) for number, text in now["classes"].items()}
            numbers = int(now["largest_id"]), int(now["revision"])
            said = str(now["editor"]), bool(now["finished"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UnreadableFile(f"The annotations of {name} in {self.folder} are damaged: {error}") from None
        size = {axis: image.shape[axis] for axis in "YX"}
        if labels.shape != size or start.shape != size:
            raise BadLabels(f"The annotations of {name} in {self.folder} do not have the size of their image, {size}.")
        return Sheet(image, start, labels.array(), classes, *numbers, *said)

    def resumed(self, image: Image, start: Labels) -> Sheet:
        """What is stored of an image, or a new beginning.

        Raises:
            BadRunFolder: the folder has another image of this name.
        """
        if image.name not in self.stems:
            return Sheet.begun(image, start)
        stored = self.sheet(image.name)
        if stored.image.fingerprint != image.fingerprint:
            raise BadRunFolder(
                f"{self.folder} holds annotations of another image that is called {image.name!r}, too. Choose another "
                "folder."
            )
        return stored

    def state(self, name: str) -> Mapping[str, Any]:
        """What is known of an image's annotations without reading its pixels; empty before the first edit."""
        return self._json(f"labels/{self.stems[name]}.json") if name in self.stems else {}

    def _begin(self, sheet: Sheet) -> None:
        """Write image and start, then name them in the note."""
        name = sheet.image.name
        stem = file_stem(len(self.stems) + 1, name)
        self._put(f"images/{stem}.ome.tif", tiff(sheet.image))
        self._put(f"images/{stem}.json", _json(_about(sheet.image)))
        self._put(f"start/{stem}.ome.tif", tiff(sheet.start))
        self._put(f"start/{stem}.json", _json(facts(sheet.start)))
        self._put(f"labels/{stem}.ome.tif", tiff(sheet.start))
        began = {"largest_id": int(sheet.start.ids.max(initial=0)), "revision": 0, "editor": "", "finished": False}
        began["classes"] = {str(k): v for k, v in Sheet.begun(sheet.image, sheet.start).classes.items()}
        self._put(f"labels/{stem}.json", _json({**facts(sheet.start), **began}))
        self.stems[name] = stem
        self._write_note()

    def _write_note(self) -> None:
        note = {
            "format": FORMAT,
            "version": VERSION,
            "token": self.token,
            "classes": self.classes,
            "images": self.stems,
        }
        self._put(NOTE, _json(note))
        self._noted = list(self.classes)

    def _note(self) -> dict[str, Any]:
        """The note, or a new one."""
        if self.folder.exists() and not self.folder.is_dir():
            raise BadRunFolder(f"{self.folder} is a file, not a folder; choose another name.")
        file = self.folder / NOTE
        if not file.exists():
            if self.folder.exists() and any(self.folder.iterdir()):
                raise BadRunFolder(f"{self.folder} holds something else than annotations; choose a new folder.")
            return {"token": secrets.token_hex(8), "classes": [], "images": {}}
        note = self._json(NOTE)
        if (note.get("format"), note.get("version")) != (FORMAT, VERSION):
            raise BadRunFolder(
                f"{file} is of {note.get('format')!r}, version {note.get('version')}, not {FORMAT!r}, "
                f"version {VERSION}."
            )
        images = note.get("images")
        named = isinstance(images, dict) and all(Path(str(stem)).name == stem for stem in images.values())
        if not named or not isinstance(note.get("classes"), list) or not note.get("token"):
            raise BadRunFolder(f"{file} cannot be understood; was it edited?")
        return note

    def _put(self, name: str, content: bytes) -> None:
        path = self.folder / name
        make_folder(path.parent)
        write_whole(path, content, FULL)

    def _json(self, name: str) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / name).read_text(encoding="utf8"))
        except (OSError, ValueError) as error:
            raise UnreadableFile(f"{self.folder / name} cannot be read: {error}") from None
        if not isinstance(found, dict):
            raise UnreadableFile(f"{self.folder / name} cannot be understood; was it edited?")
        return found

    def _pixels(self, name: str) -> np.ndarray[Any, Any]:
        from tifffile import imread

        try:
            return np.asarray(imread(self.folder / name))
        except Exception as error:  # a broken file raises whatever the decoder met
            raise UnreadableFile(f"{self.folder / name} cannot be read as TIFF: {error}") from None


def tiff(datum: Image | Labels) -> bytes:
    """An image or labels as OME-TIFF, compressed without loss."""
    from tifffile import imwrite

    metadata: dict[str, Any] = {"axes": datum.axes, "Name": datum.name}
    for axis, um in datum.spacing_um.items():
        metadata |= {f"PhysicalSize{axis}": um, f"PhysicalSize{axis}Unit": "µm"}
    pixels = datum.array()
    pixels = pixels.astype(np.uint8) if pixels.dtype == bool else pixels
    buffer = io.BytesIO()
    imwrite(
        buffer,
        pixels,
        ome=True,
        photometric="minisblack",
        compression="zlib",
        compressionargs={"level": 1},  # at every edit
        metadata=metadata,
        software="opsef-core",
    )
    return buffer.getvalue()


def _about(image: Image) -> dict[str, Any]:
    """Everything about an image but its pixels."""
    return {
        "name": image.name,
        "axes": image.axes,
        "channels": list(image.channels),
        "spacing_um": {axis: float(um) for axis, um in image.spacing_um.items()},
        "source": image.source,
        "history": [act.as_dict() for act in image.history],
        "parent": image.parent,
        "origin": {axis: int(n) for axis, n in image.origin.items()},
        "parent_shape": {axis: int(n) for axis, n in image.parent_shape.items()},
    }


def _image(pixels: Any, about: Mapping[str, Any], file: Path) -> Image:
    try:
        values = dict(about) | {"history": tuple(Act.from_dict(act) for act in about["history"])}
        return Image(pixels, **(values | {"channels": tuple(about["channels"])}))
    except (KeyError, TypeError, BadImage) as error:
        raise UnreadableFile(f"{file} does not describe the image beside it: {error}") from None


def _json(values: Mapping[str, Any]) -> bytes:
    try:
        return (json.dumps(values, indent=1, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise OpsefError(f"This cannot be stored in a JSON file: {error}") from None
