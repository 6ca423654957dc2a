"""What a batch runs on: from names, folders and patterns to data sets and images."""

from __future__ import annotations

import glob
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ...errors import BadParameter, UnknownName, UnreadableFile
from ...ingest import find, is_dataset, known_datasets
from .._place import check_style


@dataclass(frozen=True)
class Source:
    """The images of one notebook.

    Attributes:
        given: how somebody asked for it, as `ingest.load` takes it.
        path: where it lies; None for a data set that is known by name.
    """

    given: str
    path: Path | None = None

    @property
    def title(self) -> str:
        """What people call it: the data set's name, or that of the folder or file."""
        return self.given if self.path is None else _fixed(self.path).name


def sources(data: str | Path | Iterable[str | Path]) -> list[Source]:
    """What these names, folders and patterns stand for, in order, each once.

    A pattern that matches folders stands for each of them, one that matches files for these images together.

    Raises:
        BadParameter: none; a path as Windows writes it, where that is none.
        UnknownName: no data set of that name; the nearest is offered.
        UnreadableFile: no such folder, nothing matches.
    """
    entries = [data] if isinstance(data, str | Path) else list(data)
    if not entries:
        raise BadParameter("A batch needs data: names of data sets, folders with a dataset.yml, or folders of images.")
    found: dict[tuple[str, Path | None], Source] = {}
    for entry in entries:
        for source in _of(str(entry)):
            found.setdefault(("" if source.path else source.given, source.path), source)
    return list(found.values())


def _of(text: str) -> list[Source]:
    if text in known_datasets():
        return [Source(text)]
    check_style(text, "data")
    path = Path(text).expanduser()
    if path.exists():
        return [Source(text, path.resolve())]
    if glob.has_magic(text):
        matching = sorted(glob.glob(str(path)))  # noqa: PTH207 - absolute ones, too
        if folders := [p for p in matching if is_dataset(p) or _holds_images(Path(p))]:
            return [Source(p, Path(p).resolve()) for p in folders]
        find(text)  # says what is there, if nothing matches
        return [Source(text, path.absolute())]
    if len(path.parts) > 1 or text[:1] in (".", "~"):
        find(text)  # says what is there instead
    raise UnknownName("data set or folder", text, known_datasets())


def _holds_images(path: Path) -> bool:
    """Whether it is a folder, and not itself an image (.zarr)."""
    if not path.is_dir():
        return False
    try:
        return find(path) != [path]
    except UnreadableFile:  # a folder without images: what is wrong is said where it is opened
        return True


def _fixed(path: Path) -> Path:
    """The part of a path before a pattern begins."""
    if path.exists():
        return path
    magic = [n for n, part in enumerate(path.parts) if glob.has_magic(part)]
    return Path(*path.parts[: magic[0]]) if magic else path
