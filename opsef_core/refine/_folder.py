"""The folder of an export, and the note in it: what was written, from what, and whether somebody has changed it.

The note is what makes the way back possible: names of files are for people and are never parsed.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from ..atomic import make_folder, write_whole
from ..errors import BadRunFolder

NOTE = "opsef_export.json"
VERSION = 1
LONGEST = 80  # letters of an image's name that go into a file name
# Not a person's work: what file browsers leave, and the table of objects, which every export makes anew.
_NOBODYS = {".DS_Store", "Thumbs.db", "desktop.ini", "objects.csv"}
OUTLINES = "outlines"  # folder of pictures for the eye, which every export makes anew, too
EXPORTED = "exported"  # folder of the labels as they were, see `_exported.py`


def file_stem(position: int, name: str) -> str:
    """A safe, unique start for file names: `0001_` and the ASCII letters, digits and hyphens of an image's name.

    `Mask` loses its capital, because AnnotatorJ looks for `_Mask_` and `_MaskClass` in file names.
    """
    return f"{position:04d}_{safe(name)}"


def safe(name: str) -> str:
    """A name reduced to ASCII letters, digits, `_` and `-`; "image" if nothing remains."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    cleaned = re.sub(r"[^A-Za-z0-9-]+", "_", ascii_only).replace("Mask", "mask")[:LONGEST]
    return cleaned.strip("_-") or "image"


def inside(folder: Path, name: str) -> bool:
    """Whether a relative name, links followed, stays in the folder."""
    try:
        root = folder.resolve()
        return (root / name).resolve().is_relative_to(root)
    except (OSError, ValueError, RuntimeError):  # no name at all: a zero byte, a circle of links, too long
        return False


def checksum(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        DiskFull, CannotWrite: no room is left, or the folder cannot be written.
    """
    make_folder(path.parent)
    write_whole(path, content, f"{path} could not be written: the disk is full. Make room, then export again.")


def read_note(folder: Path, format_name: str) -> dict[str, Any]:
    """The note of an export.

    Raises:
        BadRunFolder: there is none, or it belongs to another format or version.
    """
    try:
        note = json.loads((folder / NOTE).read_text(encoding="utf8"))
        written_by, version, files = note["format"], note["version"], note["files"]
    except FileNotFoundError:
        raise BadRunFolder(
            f"{folder} holds no export of opsef-core: there is no {NOTE} in it. "
            "Name the folder that export() wrote into, or for a new export a new folder."
        ) from None
    except (ValueError, KeyError, TypeError, RecursionError, OSError) as error:
        raise BadRunFolder(f"{folder / NOTE} cannot be understood ({error}); was it edited?") from None
    if (written_by, version) != (format_name, VERSION):
        raise BadRunFolder(
            f"{folder} holds an export as {written_by!r}, version {version}, not {format_name!r}, version {VERSION}. "
            "Choose another folder."
        )
    if not isinstance(files, dict) or not all(inside(folder, name) for name in files):
        raise BadRunFolder(f"{folder / NOTE} names files outside its folder; was it edited?")
    return dict(note)


class Outbox:
    """A folder that is being written: new, or an earlier export nobody has touched, which is replaced.

    Args:
        folder: where to.
        format_name: of the format.
        files: every file that may be written, relative to the folder, with forward slashes.

    Raises:
        BadRunFolder: the folder holds something else, or an export a person has worked on.
    """

    def __init__(self, folder: Path, format_name: str, files: Iterable[str]) -> None:
        self.folder, self.format_name = folder, format_name
        self.written: dict[str, str | None] = dict.fromkeys(files)
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            self._replace_earlier()
        self._note({"complete": False, "files": self.written})

    def put(self, name: str, content: bytes) -> None:
        """Write one of the announced files."""
        if name not in self.written:
            raise KeyError(f"{name} was not announced")
        write(self.folder / name, content)
        self.written[name] = hashlib.sha256(content).hexdigest()

    def close(self, facts: Mapping[str, Any]) -> None:
        """Write the final note: these facts, and the checksum of every file."""
        files = {name: done for name, done in self.written.items() if done is not None}
        self._note({"complete": True, **facts, "files": files})

    def _note(self, facts: Mapping[str, Any]) -> None:
        note = {"format": self.format_name, "version": VERSION, **facts}
        write(self.folder / NOTE, (json.dumps(note, indent=1, allow_nan=False) + "\n").encode())

    def _replace_earlier(self) -> None:
        if not self.folder.is_dir():
            raise BadRunFolder(f"{self.folder} is a file, not a folder; choose another name.")
        note = read_note(self.folder, self.format_name)
        changed = changed_files(self.folder, note)
        if changed:
            raise BadRunFolder(
                f"Somebody has worked in {self.folder} since it was exported ({', '.join(changed[:3])}"
                f"{', ...' if len(changed) > 3 else ''}), and a new export would lose that. Export to another folder."
            )
        for name in note["files"]:
            (self.folder / name).unlink(missing_ok=True)


def changed_files(folder: Path, note: Mapping[str, Any]) -> list[str]:
    """Files that are new or different since the export of this note, sorted; deleted ones do not count."""
    files = note["files"]
    changed = []
    for root, _, names in os.walk(folder):
        for name in names:
            relative = (Path(root) / name).relative_to(folder).as_posix()
            if relative == NOTE or name in _NOBODYS or name.endswith(".part"):
                continue
            if relative.startswith((f"{OUTLINES}/", f"{EXPORTED}/")):
                continue
            known = files.get(relative)
            if relative not in files or (known is not None and known != checksum(folder / relative)):
                changed.append(relative)
    return sorted(changed)
