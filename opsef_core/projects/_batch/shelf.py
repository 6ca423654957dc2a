"""The folder of a batch: whose it is, one folder a data set in it, and one batch at a time."""

from __future__ import annotations

import contextlib
import json
import os
import re
import unicodedata
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ...alone import alone
from ...atomic import make_folder, write_whole
from ...errors import BadRunFolder, CannotWrite
from .sources import Source

MARK, RECORD, RUN = "batch.yml", "record.json", "run"
NOTEBOOK, FAILED, RUNNING = "notebook", "failed", "running"  # .ipynb, and .html of the first two
FORMAT = 1
LONGEST = 60  # letters of a title that become the name of a folder


@contextlib.contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Work in a batch folder alone; it is made, if it does not exist.

    Raises:
        BadRunFolder: it holds something else, is of another format, cannot be written, or another batch works in it.
    """
    _check(folder)
    try:
        make_folder(folder)
        if not (folder / MARK).exists():
            write_whole(folder / MARK, f"format: {FORMAT}  # a folder of opsef batch\n".encode())
    except CannotWrite as error:
        raise BadRunFolder(f"{error} For a batch: --out FOLDER.") from None
    taken = f"Another batch works in {folder} now. Wait for it, or choose another folder: --out FOLDER."
    with alone(folder / MARK, taken):
        yield


def _check(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise BadRunFolder(f"{folder} is a file; a batch needs a folder of its own.")
    mark = folder / MARK
    if not mark.exists():
        if folder.is_dir() and any(folder.iterdir()):
            raise BadRunFolder(
                f"The folder {folder} is not empty and holds no batch; choose another one: --out FOLDER."
            )
    elif not re.match(rf"format: {FORMAT}\b", mark.read_text(encoding="utf8", errors="replace")):
        raise BadRunFolder(
            f"{mark} is damaged, or of another version than {FORMAT}, which this version of opsef-core works with. "
            "Choose another folder."
        )


def records(folder: Path) -> dict[str, dict[str, Any]]:
    """The records of all data sets of a batch folder, by the name of their folder, sorted."""
    found = {}
    for entry in sorted(folder.iterdir()):
        if (record := read_record(entry)) is not None:
            found[entry.name] = record
    return found


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a data set; None if there is none, or only a damaged one."""
    try:
        record = json.loads((folder / RECORD).read_text(encoding="utf8"))
    except (OSError, ValueError):
        return None
    return dict(record) if isinstance(record, Mapping) and record.get("format") == FORMAT else None


def write_record(folder: Path, record: Mapping[str, Any]) -> None:
    """Keep what is known of a data set.

    Raises:
        DiskFull: no space left.
    """
    folder.mkdir(exist_ok=True)
    text = json.dumps({"format": FORMAT, **record}, indent=1, ensure_ascii=False, default=str)
    write_whole(folder / RECORD, text.encode())


def say_stopped(folder: Path) -> None:
    """Put right what records say of work that nobody does any more."""
    for name, record in records(folder).items():
        if record.get("status") in ("waiting", "running"):
            write_record(folder / name, {**record, "status": "stopped"})


def places(folder: Path, wanted: list[Source]) -> dict[Source, str]:
    """The name of the folder of each data set: safe, unique, the same in every call.

    What has a folder keeps it: the record in it says whose it is. Others get the title of their data, with a number
    behind it where that is taken.
    """
    mine = {record.get("data"): name for name, record in records(folder).items()}
    taken = {entry.name.casefold() for entry in folder.iterdir()}
    named: dict[Source, str] = {}
    for source in wanted:
        known = mine.get(identity(source, folder))
        named[source] = known or _free(safe(source.title), taken)
        taken.add(named[source].casefold())
    return named


def identity(source: Source, folder: Path) -> str:
    """What tells one data set from another: its name, or its path as seen from the batch folder."""
    if source.path is None:
        return f"data set {source.given}"
    try:
        return f"path {Path(os.path.relpath(source.path, folder.resolve())).as_posix()}"
    except ValueError:  # another drive
        return f"path {source.path.as_posix()}"


def safe(title: str) -> str:
    """A title reduced to letters and digits of any language, `_` and `-`."""
    letters = re.sub(r"[^\w-]+", "_", unicodedata.normalize("NFC", title))[:LONGEST].strip("_-")
    reserved = re.fullmatch(r"con|prn|aux|nul|com\d|lpt\d", letters, re.IGNORECASE)
    return f"{letters}_" if reserved else letters or "data"


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        free = f"{name}_{number}"
    return free
