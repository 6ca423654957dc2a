"""Formats that write files of their own for each image: the way out and back that they share.

Such a format says which files it writes (`files`, `contents`, `shared`) and how to read an image's objects from them
(`drawn`); the rest is here. `read` opens a file that no export wrote, given the size of its image.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

from ..data import Act, Image, Labels, digest
from ..errors import BadLabels
from ._classes import class_of, numbered, with_classes
from ._drawing import Drawing
from ._facts import Entry, checked_pairs, facts, labels_from, read_entries
from ._folder import Outbox, checksum, file_stem, read_note
from ._format import Format, Returned, gathered


@dataclass(frozen=True)
class Sheet:
    """One image of an export: the start of its file names, and the numbers of all classes of the export."""

    stem: str
    image: Image
    labels: Labels
    numbers: Mapping[Any, int]

    @property
    def groups(self) -> dict[int, int]:
        """Id -> class number, of the objects that have a class."""
        return {i: self.numbers[c] for i, c in class_of(self.labels).items()}


class FileFormat(Format):
    """A format with files of its own for each image, which the note beside names."""

    most_classes: ClassVar[int] = 10_000
    first_class: ClassVar[int] = 1
    stacks: ClassVar[bool] = False  # whether a stack fits
    has_classes: ClassVar[bool] = True  # whether the files hold classes

    @property
    def in_order(self) -> bool:
        """Whether objects stand in the files in the order of their ids."""
        return True

    @property
    def loses(self) -> str:
        """What its files cannot hold, for a person who corrected them; "" if objects come back to the pixel."""
        return ""

    def files(self, sheet: Sheet) -> list[str]:
        """All files of an image; first the one that holds the objects."""
        raise NotImplementedError

    def contents(self, sheet: Sheet) -> Iterator[tuple[str, bytes]]:
        """Name and content of the files that are written; objects ascending by id."""
        raise NotImplementedError

    def shared_files(self) -> list[str]:
        """Files that belong to all images."""
        return []

    def shared(self, sheets: Sequence[Sheet]) -> Iterator[tuple[str, bytes]]:
        """Name and content of the shared files."""
        yield from ()

    def opened(self, folder: Path, classes: Mapping[str, Any]) -> Any:
        """What all images have in common, read once; `classes`: class number, as text -> class, of the note."""
        return classes

    def drawn(self, folder: Path, entry: Entry, opened: Any) -> Drawing | None:
        """The objects of an image as they are in its files now; None if these were deleted.

        Args:
            folder: of the export.
            entry: of the note.
            opened: from `opened`.
        """
        raise NotImplementedError

    def out(self, folder: Path, pairs: Sequence[tuple[Image, Labels]]) -> Path:
        """Write the folder; returns the first file.

        Raises:
            BadRunFolder: the folder holds something else, or files somebody changed.
            BadLabels: labels that do not fit their image or the format.
        """
        pairs = checked_pairs(pairs)
        for _, labels in pairs:
            if "Z" in labels.axes and not self.stacks:
                raise BadLabels(
                    f"{labels.name} is a stack, and {self.name!r} is for planes. Project it, or export as 'ome_tiff'."
                )
        numbers = numbered((labels for _, labels in pairs), self.most_classes, self.first_class)
        sheets = [
            Sheet(file_stem(n, labels.name), image, labels, numbers) for n, (image, labels) in enumerate(pairs, start=1)
        ]
        box = Outbox(Path(folder), self.name, [*(f for s in sheets for f in self.files(s)), *self.shared_files()])
        notes = []
        for sheet in sheets:
            written = []
            for name, content in self.contents(sheet):
                box.put(name, content)
                written.append(name)
            place = {"file": self.files(sheet)[0], "files": written}
            notes.append({**facts(sheet.labels), **place, "image_name": sheet.image.name, "image_key": sheet.image.key})
        for name, content in self.shared(sheets):
            box.put(name, content)
        classes = {str(number): name for name, number in numbers.items()}
        box.close({"options": self.model_dump(mode="json"), "classes": classes, "images": notes})
        first = box.folder / self.files(sheets[0])[0]
        return first if first.exists() else box.folder

    def back(self, folder: Path) -> Returned:
        """Read the labels again, as they were written or as somebody changed them since.

        A changed file adds an act of kind "hand" to the history. An image whose files were deleted is left out.

        Raises:
            BadRunFolder: the folder holds no such export.
            UnreadableFile, BadLabels: no file can be read.
        """
        folder = Path(folder)
        note = read_note(folder, self.name)
        reader = self._as_written(note)
        classes = note.get("classes")
        opened = reader.opened(folder, classes if isinstance(classes, dict) else {})

        def read(entry: Entry) -> tuple[Labels | None, Sequence[str]]:
            drawing = reader.drawn(folder, entry, opened)
            if drawing is None:
                return None, [f"{entry['file']} was deleted; the image {entry['name']!r} is left out."]
            return _returned(drawing, entry, self._change(folder, entry, note["files"]), reader)

        found = gathered(read_entries(folder, note, "file"), read)
        return found if self.has_classes else replace(found, unclassed=frozenset(one.name for one in found.labels))

    def _as_written(self, note: Mapping[str, Any]) -> FileFormat:
        """This format with the options the export was made with."""
        try:
            return type(self).model_validate(note.get("options", {}))
        except ValueError:
            return self

    def object_files(self, folder: Path, entry: Entry) -> list[str]:
        """Files of an entry that hold objects, as they are now; a change in them is a person's work."""
        return [entry["file"], *self.shared_files()]

    def _change(self, folder: Path, entry: Entry, written: Mapping[str, Any]) -> Act | None:
        """What a person did to the objects of an image, if anything."""
        files = sorted(set(self.object_files(folder, entry)))
        now = {f: checksum(folder / f) if (folder / f).is_file() else None for f in files}
        if all(now[f] == written.get(f) for f in files):
            return None
        return Act("hand", self.name, {"sha256": digest(now)})


def _returned(drawing: Drawing, entry: Entry, change: Act | None, reader: FileFormat) -> tuple[Labels, tuple[str, ...]]:
    """A drawing as the labels of an entry.

    Objects without ids have those of the note if nothing was changed; else nothing the note says of objects is theirs.
    """
    known = entry["objects"]["ids"]
    numbers = sorted(set(drawing.ids))
    same = change is None and reader.in_order and len(known) == len(numbers)
    if drawing.nameless and same:
        named = dict(zip(numbers, known, strict=True))
        shapes = tuple(replace(s, id=named[i]) for s, i in zip(drawing.shapes, drawing.ids, strict=True))
        drawing = replace(drawing, shapes=shapes)
    pixels, classes, lost = drawing.flat()
    if drawing.nameless and not same and drawing.shapes:
        entry = {**entry, "objects": {"ids": [], "columns": {}}}
        lost = (*lost, f"{drawing.source}: its objects have no ids; they are numbered in the order of the file.")
    if change and reader.loses and drawing.shapes:
        lost = (*lost, f"{drawing.source}: {reader.loses}")
    labels = labels_from(entry, pixels, *([change] if change else []))
    if reader.has_classes:
        labels = replace(labels, objects=with_classes(labels.objects, classes))
    return labels, (*drawing.problems, *lost)
