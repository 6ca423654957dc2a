"""The way back from AnnotatorJ: label images of folder 11, classes of folder 13, contours only where asked for.

Folders 11 and 13 are what was drawn. The contours of folder 12 can be those of another image (a fault of AnnotatorJ),
so they are only counted, to say when they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Act, Labels, digest
from ..errors import BadLabels, OpsefError, UnreadableFile
from ._classes import with_classes
from ._facts import Entry, labels_from, read_entries
from ._fiji_lists import Listed, class_number, plain, read_list, unclassed
from ._folder import checksum
from ._format import Returned, gathered
from ._tiff import read_ids
from ._zip import members
from .imagej_roi import read_rois

MASKS_LIST = "10_ImportExport/FilePairList_fromFiji_Masks.txt"
CLASSES_LIST = "10_ImportExport/FilePairList_fromFiji_Classes.txt"
RETURNED, CLASSIFIED = "11_SegMasksFromFiji", "13_ClassifiedSegMasksFromFiji"
COLOURS = 9  # that AnnotatorJ has for classes
SHOWN = 5  # names in a problem

Found = tuple[Labels, list[str]]


def read_back(folder: Path, note: Mapping[str, Any], contours: bool = False) -> Returned:
    """What AnnotatorJ left in a folder; an image it did not export comes back as its label image in folder 02 is now.

    Args:
        folder: of the export.
        note: from `read_note`.
        contours: take the saved contours of folder 12 for images that were not exported from AnnotatorJ.

    Raises:
        BadRunFolder: the note was edited.
        UnreadableFile, BadLabels: nothing at all can be read.
    """
    entries = read_entries(folder, note, "image", "mask")
    desk = _Desk(folder, note, entries, contours)
    found = gathered(entries, desk.read)
    said = (*desk.problems, *found.problems, *desk.said_of_all())
    return Returned(found.labels, said, frozenset(desk.unclassed))


@dataclass
class _Desk:
    """The folder while it is read: both lists, and what was said about them."""

    folder: Path
    note: Mapping[str, Any]
    entries: Sequence[Entry]
    contours: bool
    problems: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)  # images AnnotatorJ did not export
    saved: list[str] = field(default_factory=list)  # of these, images with saved contours
    unclassed: set[str] = field(default_factory=set)  # images of which AnnotatorJ said no classes

    def __post_init__(self) -> None:
        self.masks, self.classes = self._list(MASKS_LIST), self._list(CLASSES_LIST)
        self.exported = {_look(e) for e in self.entries if _key(e) in self.masks}
        names = self.note.get("classes")
        self.names: dict[str, Any] = names if isinstance(names, dict) else {}
        known = {name.casefold() for e in self.entries for name in _returned_names(e)}
        if strange := [f for f in _tiffs(self.folder / RETURNED) if f.casefold() not in known]:
            self.problems.append(f"{RETURNED}: not read, because of no image of this export: {_some(strange)}.")

    def _list(self, name: str) -> dict[str, Listed]:
        """Lines of a list by image; of an image that is there twice the last counts."""
        if not (self.folder / name).exists():
            return {}
        try:
            lines, problems = read_list(self.folder, name)
        except UnreadableFile as error:
            self.problems.append(str(error))
            return {}
        self.problems += problems
        mine = {_key(entry) for entry in self.entries}
        found: dict[str, Listed] = {}
        for line in lines:
            key = line.image.casefold()
            if key not in mine:
                self.problems.append(f"{name}: {line.image[:80]!r} is no image of this export; it is left out.")
            elif key in found and found[key] != line:
                self.problems.append(f"{name}: {line.image!r} is listed twice; the later line counts.")
                found[key] = line
            else:
                found[key] = line
        return found

    def said_of_all(self) -> list[str]:
        """What concerns many images at once."""
        said = []
        if self.left and len(self.left) < len(self.entries):
            said.append(f"AnnotatorJ did not export {_some(self.left)}; they are as the label images in folder 02 are.")
        if self.saved:
            said.append(
                f"{_some(self.saved)}: contours were saved but not exported. Export them in AnnotatorJ (the button "
                "[^]), or read the saved ones with contours=True."
            )
        return said

    # --- one image ------------------------------------------------------------------------------------------------

    def read(self, entry: Entry) -> tuple[Labels | None, Sequence[str]]:
        """The labels of one image."""
        line = self.masks.get(_key(entry))
        if line is not None and line.masks:
            if len(line.masks) > 1:
                self.problems.append(f"{MASKS_LIST}: {line.image} has {len(line.masks)} label images; the last counts.")
            return self._masked(entry, line.masks[-1])
        there = [f"{RETURNED}/{n}" for n in _returned_names(entry) if (self.folder / RETURNED / n).is_file()]
        if line is not None or _look(entry) in self.exported:
            return self._emptied(entry, there)
        if there:
            newest = max(there, key=lambda f: (self.folder / f).stat().st_mtime_ns)
            labels, said = self._masked(entry, newest)
            if len(there) > 1:
                said.append(f"{entry['name']} was corrected twice ({', '.join(there)}); the later one counts.")
            return labels, said
        return self._not_exported(entry)

    def _masked(self, entry: Entry, file: str) -> Found:
        """From a label image of folder 11."""
        path = self.folder / file
        if not path.is_file():
            raise UnreadableFile(f"{file} is listed, but it is not there.")
        numbers = read_ids(path, entry["size"])
        groups, said = self._groups(entry, numbers)
        said += self._counted(entry, numbers)
        return self._labels(entry, numbers, groups), said

    def _emptied(self, entry: Entry, stale: Sequence[str]) -> Found:
        """An image that was exported without an object."""
        said = [f"{f} is of an earlier export: now {entry['name']!r} has no object." for f in stale]
        return self._labels(entry, np.zeros(list(entry["size"].values()), np.int32), {}), said

    def _not_exported(self, entry: Entry) -> tuple[Labels | None, Sequence[str]]:
        """From its saved contours if that is wanted, else from the label image that was exported to AnnotatorJ."""
        zips = [self.folder / z for z in _contour_files(entry)]
        if changed := [z for z in zips if z.is_file() and self.note["files"].get(self._name(z)) != checksum(z)]:
            if self.contours:
                drawing = read_rois(changed[0], entry["size"], self.names)
                flat = drawing.flat()
                groups = {i: [c] for i, c in flat.classes.items()}
                return self._labels(entry, flat.pixels, groups), [*drawing.problems, *flat.problems]
            self.saved.append(entry["name"])
        self.left.append(entry["name"])
        if not (self.folder / entry["mask"]).is_file():
            return None, [f"{entry['mask']} was deleted; the image {entry['name']!r} is left out."]
        return self._labels(entry, read_ids(self.folder / entry["mask"], entry["size"]), None), ()

    def _labels(self, entry: Entry, numbers: NDArray[Any], groups: Mapping[int, Sequence[Any]] | None) -> Labels:
        """Numbers of a file as ids, with their classes (None: as exported); a hand in the history if they differ."""
        if groups is None:
            self.unclassed.add(entry["name"])
        back = _changed_ids(entry)
        pixels = _as_exported(numbers, back)
        same = labels_from(entry, pixels)
        classes = None if groups is None else {back.get(n, n): c[0] for n, c in groups.items()}
        table = same.objects if classes is None else with_classes(same.objects, classes)
        if table is same.objects and self._as_it_was(entry, pixels):
            return same
        act = Act("hand", "annotatorj", {"digest": digest(pixels, sorted((classes or {}).items()))})
        return replace(same, objects=table, history=(*same.history, act))

    def _as_it_was(self, entry: Entry, pixels: NDArray[Any]) -> bool:
        """Whether these are the pixels of the exported label image, as far as that is still what was exported."""
        path = self.folder / entry["mask"]
        if not path.is_file() or checksum(path) != self.note["files"].get(entry["mask"]):
            return False
        return np.array_equal(_as_exported(read_ids(path, entry["size"]), _changed_ids(entry)), pixels)

    # --- classes --------------------------------------------------------------------------------------------------

    def _groups(self, entry: Entry, numbers: NDArray[Any]) -> tuple[dict[int, list[Any]] | None, list[str]]:
        """Number -> class, from the files of folder 13; None if AnnotatorJ said nothing about classes."""
        line = self.classes.get(_key(entry))
        files = list(line.masks) if line else self._class_files(entry)
        if line is None and not files:
            return None, []
        votes: dict[int, dict[int, int]] = {}
        said: list[str] = []
        present = set(np.unique(numbers).tolist()) - {0}
        for file in files:
            try:
                self._vote(entry, file, numbers, present, votes)
            except OpsefError as error:
                said.append(f"{error} The class is as if the file were not there.")
        twice = [n for n, of in votes.items() if len(of) > 1]
        if twice:
            said.append(f"{entry['name']}: {_some(twice)} are in several classes; the class with most pixels counts.")
        best = {n: min(of, key=lambda c: (-of[c], c)) for n, of in votes.items()}
        if beyond := sorted({c for c in best.values() if c > COLOURS}):
            said.append(f"{entry['name']}: class {_some(beyond)}, and AnnotatorJ has colours for {COLOURS}; kept.")
        return {n: [self._name_of(c)] for n, c in best.items()}, said

    def _vote(
        self, entry: Entry, file: str, numbers: NDArray[Any], present: set[int], votes: dict[int, dict[int, int]]
    ) -> None:
        """Count the pixels each object has in a class file."""
        number = class_number(file)
        if not number:
            raise BadLabels(f"{file} names no class from 01 on (_MaskClass01_).")
        if not (self.folder / file).is_file():
            raise UnreadableFile(f"{file} is listed, but it is not there.")
        pixels = read_ids(self.folder / file, entry["size"])
        agreed = pixels[(pixels > 0) & (pixels == numbers)]
        values, counts = np.unique(agreed, return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            votes.setdefault(int(value), {})[number] = count
        if stray := set(np.unique(pixels[pixels > 0]).tolist()) - present:
            self.problems.append(f"{file} has objects that are not in {RETURNED}: {_some(sorted(stray))}.")

    def _class_files(self, entry: Entry) -> list[str]:
        """Class files of an image by their names, for a folder without a list."""
        wanted = {unclassed(name) for name in _returned_names(entry)}
        return [f"{CLASSIFIED}/{f}" for f in _tiffs(self.folder / CLASSIFIED) if unclassed(f) in wanted]

    def _name_of(self, number: int) -> Any:
        """The class of a number; a new one is named as AnnotatorJ does if the others have names."""
        if str(number) in self.names:
            return self.names[str(number)]
        words = any(isinstance(name, str) for name in self.names.values())
        return f"Class_{number:02d}" if words else number

    def _counted(self, entry: Entry, numbers: NDArray[Any]) -> list[str]:
        """Says when folder 12 holds another number of contours than folder 11 objects."""
        objects = len(np.unique(numbers[numbers > 0]))
        for file in _contour_files(entry)[:1]:
            path = self.folder / file
            if not path.is_file() or self.note["files"].get(file) == checksum(path):
                continue
            try:
                drawn = sum(1 for _ in members(path, ".roi"))
            except UnreadableFile as error:
                return [f"{error} It is not needed: {RETURNED} counts."]
            if drawn != objects:
                return [f"{file} has {drawn} contours, the label image of {RETURNED} {objects} objects; these count."]
        return []

    def _name(self, path: Path) -> str:
        return path.relative_to(self.folder).as_posix()


def _key(entry: Entry) -> str:
    """What a line of a list calls the image."""
    return plain(entry["image"]).casefold()


def _look(entry: Entry) -> str:
    """Images of one look are in one list, and AnnotatorJ exports them together."""
    return str(entry.get("look", list(entry["size"].values())))


def _returned_names(entry: Entry) -> list[str]:
    """File names an image may have in folder 11: of the label image or, after a class list, of its first class."""
    return [Path(f).name for f in (entry["mask"], *_class_masks(entry)[:1])]


def _contour_files(entry: Entry) -> list[str]:
    return [f"12_TmpRoisFromFiji/{Path(f).stem}_ROIs.zip" for f in (entry["mask"], *_class_masks(entry)[:1])]


def _class_masks(entry: Entry) -> list[str]:
    files = entry.get("class_masks")
    return [f for f in files.values() if isinstance(f, str)] if isinstance(files, dict) else []


def _changed_ids(entry: Entry) -> dict[int, int]:
    """Number in the file -> id, where they differ."""
    found = entry.get("changed_ids")
    pairs = found.items() if isinstance(found, dict) else ()
    return {int(n): i for n, i in pairs if str(n).isdigit() and isinstance(i, int) and 0 < i < 2**31}


def _as_exported(numbers: NDArray[Any], back: Mapping[int, int]) -> NDArray[Any]:
    """Ids instead of the numbers that were too large for the file."""
    if not back or numbers.dtype.kind not in "ui":
        return numbers
    pixels = numbers.astype(np.int64)
    for number, known in back.items():
        pixels[numbers == number] = known
    return pixels


def _tiffs(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.glob("*.tif*") if f.is_file()) if folder.is_dir() else []


def _some(things: Iterable[Any]) -> str:
    names = [str(t) for t in things]
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")
