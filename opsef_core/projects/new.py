"""A new project: a folder with a notebook, a pipeline and the description of a data set, ready to run."""

from __future__ import annotations

import errno
import json
import secrets
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..errors import BadParameter, DiskFull
from ..ingest import dataset
from ._described import Described, own, sample
from ._place import checked_place, checked_truth

TEMPLATES = Path(__file__).parent / "templates"
NOTEBOOK, PIPELINE, README, DATASET = "notebook.ipynb", "pipeline.yml", "README.md", "dataset.yml"
TEXTS = (README, PIPELINE)
READING = "reading ="  # the parameter of the notebook
HEADER = """\
# The images of this project, and what is known about them. Edit it: title, licence, source, how to cite.
# What else is known about an image goes below it, for example `columns: {day: 2, stain: DAPI}`; then
# dataset(".", where={"day": 2}) picks some.
"""


@dataclass(frozen=True)
class Project:
    """A project that was begun.

    Attributes:
        folder: where it lies.
        reading: how its images are read, as notebook and pipeline say it.
        n_images, n_truth: images in its dataset.yml, and those of them with truth.
        notes: what else there is to know, in sentences.
    """

    folder: Path
    reading: Mapping[str, Any]
    n_images: int
    n_truth: int
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        here = self.folder.relative_to(Path.cwd()) if self.folder.is_relative_to(Path.cwd()) else self.folder
        lines = [
            f"Project {here}: {self.n_images} image{'s' * (self.n_images != 1)}, {self.n_truth} with truth",
            f"  {NOTEBOOK}  step by step, in JupyterLab",
            f"  {PIPELINE}    the same as a batch: opsef run {shlex.quote(str(here / PIPELINE))}",
            f"  {DATASET}     which images, from where, how to cite",
        ]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def new_project(folder: str | Path, images: Any = None, truth: str | Path | None = None) -> Project:
    """Write a project folder: notebook.ipynb, pipeline.yml, dataset.yml, README.md. All of it or nothing.

    Images and truth stay where they are; dataset.yml lists them. Without images the project has a copy of some sample
    images, to be replaced.

    Args:
        folder: of the project; new, or empty. What its last part is called is the title of the project.
        images: folder, pattern, file, or a list of these; the sample if left out.
        truth: folder of label images (0 background, each other value one object; tif or png), each named like its
            image, or like it with something behind: cells_07.tif, cells_07_mask.png.

    Raises:
        BadParameter: the folder holds something, cannot be made, or has a name that some file systems refuse; truth
            that belongs to no image, or to several.
        UnreadableFile: no image there, or none that can be read; a label image that cannot be read.
        BadLabels: truth that is no label image, or not of the size of its image.
        DiskFull: no space left.
    """
    place = checked_place(folder)
    if images is None and truth is not None:
        raise BadParameter("Truth belongs to images; say which: --images FOLDER (in Python images=folder).")
    described = None if images is None else own(images, truth, place.name)
    empty = place.is_dir()
    part = (place if empty else place.parent) / f".{secrets.token_hex(4)}.part"
    try:
        with _in_words(place):
            part.mkdir()
            described = described or sample(part)
            _write(part, place.name, described)
        checked_truth(dataset(part, **described.reading))
        with _in_words(place):
            if empty:
                _move_all(part, place)
            else:
                part.rename(place)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return Project(place, described.reading, len(described.files), described.n_truth, described.notes)


def _write(folder: Path, name: str, described: Described) -> None:
    """The four files of a project."""
    values = {
        "name": name,
        "title": json.dumps(name, ensure_ascii=False),  # a string of JSON is one of YAML
        "reading": json.dumps(described.reading, ensure_ascii=False),  # of Python, too
        "where": described.where,
    }
    for file in TEXTS:
        _put(folder / file, _filled((TEMPLATES / file).read_text("utf8"), values))
    told = {"title": name, **described.about, "files": described.files}
    text = yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=118)
    _put(folder / DATASET, HEADER + text)
    notebook = json.loads((TEMPLATES / NOTEBOOK).read_text("utf8"))
    read = f"{READING} {values['reading']}"
    for cell in notebook["cells"]:
        cell["source"] = [_filled(line, values).replace(f"{READING} {{}}", read) for line in cell["source"]]
    _put(folder / NOTEBOOK, json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")


def _filled(text: str, values: Mapping[str, str]) -> str:
    """The text with every `$name$` replaced."""
    for name, value in values.items():
        text = text.replace(f"${name}$", value)
    return text


def _put(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf8", newline="\n")


@contextmanager
def _in_words(place: Path) -> Iterator[None]:
    """Say in words what keeps a folder from being written.

    Raises:
        BadParameter: nothing can be written there.
        DiskFull: no space left.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"The project {place} could not be written: the disk is full. Nothing is left of it."
            ) from None
        raise BadParameter(
            f"The project {place} could not be written: {error.strerror or error}. Choose a folder you may write in."
        ) from None


def _move_all(part: Path, place: Path) -> None:
    """Move what is in a folder into another one; what was moved goes back if something cannot be."""
    moved: list[Path] = []
    try:
        for entry in sorted(part.iterdir()):
            moved.append(entry.rename(place / entry.name))
    except OSError:
        for entry in moved:
            entry.rename(part / entry.name)
        raise
