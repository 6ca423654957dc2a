"""What was exported, kept beside the files a person edits: the labels as they were, and where the images are.

exported/0001.tif    the label images, int32, zlib, in the order of the note
opsef_export.json    with `run` (path of the run folder from here), `grid_point`, and `exported`: file -> SHA-256
"""

from __future__ import annotations

import io
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..backslashes import windows_hint
from ..data import Labels
from ..errors import BadRunFolder, OpsefError
from ._facts import Entry, labels_from
from ._folder import EXPORTED, NOTE, checksum, inside, write
from ._tiff import read_ids


def keep_exported(folder: Path, labels: Sequence[Labels], run: Path, grid_point: str) -> None:
    """Keep the labels and where they are from, for the way back.

    Args:
        folder: of a finished export.
        labels: in the order in which they were exported.
        run: the run folder.
        grid_point: that was exported.

    Raises:
        DiskFull: no room is left.
    """
    kept = {}
    for number, one in enumerate(labels, start=1):
        name = f"{EXPORTED}/{number:04d}.tif"
        write(folder / name, _tiff(one))
        kept[name] = checksum(folder / name)
    for old in (folder / EXPORTED).glob("*.tif"):
        if f"{EXPORTED}/{old.name}" not in kept:
            old.unlink()
    try:
        way: str | None = Path(os.path.relpath(run.resolve(), folder.resolve())).as_posix()
    except ValueError:  # on another drive
        way = None
    note = json.loads((folder / NOTE).read_text(encoding="utf8"))
    note |= {"run": way, "grid_point": grid_point, "exported": kept}
    write(folder / NOTE, (json.dumps(note, indent=1, allow_nan=False) + "\n").encode())


def read_exported(
    folder: Path, note: Mapping[str, Any], entries: Sequence[Entry]
) -> tuple[dict[str, Labels], list[str]]:
    """The labels as they were exported, by name; and what is missing or changed, a sentence each."""
    known = note.get("exported")
    kept = list(known.items()) if isinstance(known, dict) else []
    found: dict[str, Labels] = {}
    problems: list[str] = []
    for entry, (name, written) in zip(entries, kept, strict=False):
        path = folder / name
        try:
            if not inside(folder, name) or not path.is_file() or checksum(path) != written:
                raise BadRunFolder(f"{name} is not as it was exported.")
            found[entry["name"]] = labels_from(entry, read_ids(path, entry["size"]))
        except OpsefError as error:
            problems.append(f"{error} What was changed in {entry['name']!r} is looked up in the run.")
    if len(kept) < len(entries):
        problems.append(
            f"{len(entries) - len(kept)} exported label images were not kept; they are looked up in the run."
        )
    return found, problems


def export_note(folder: Path) -> dict[str, Any]:
    """The note of a finished export of whatever format.

    Raises:
        BadRunFolder: there is none, or the export was interrupted.
    """
    path = folder / NOTE
    try:
        note = json.loads(path.read_text(encoding="utf8"))
    except FileNotFoundError:
        raise BadRunFolder(
            f"{folder} holds no export of opsef-core: there is no {NOTE} in it. Name the folder that export() wrote."
            f"{windows_hint(folder)}"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise BadRunFolder(f"{path} cannot be understood ({error}); was it edited?") from None
    if not isinstance(note, dict) or not isinstance(note.get("format"), str):
        raise BadRunFolder(f"{path} cannot be understood (it names no format); was it edited?")
    if not note.get("complete"):
        raise BadRunFolder(f"The export to {folder} was interrupted; export again before working on it.")
    return note


def _tiff(labels: Labels) -> bytes:
    from tifffile import imwrite

    buffer = io.BytesIO()
    imwrite(
        buffer, labels.pixels, photometric="minisblack", compression="zlib", compressionargs={"level": 1}, metadata=None
    )
    return buffer.getvalue()
