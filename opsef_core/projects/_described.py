"""What the dataset.yml of a new project says: its images, each with its truth."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data import Image
from ..errors import BadParameter, UnknownName, UnreadableFile
from ..ingest import dataset, find, images
from ._place import check_style

SAMPLE, KIND = "bbbc038_sample", "small_fluorescent"
LABEL_SUFFIXES = (".png", ".tif", ".tiff")
BEHIND = "_-. "  # what may stand between the name of an image and what its truth has behind it
SHOWN = 3


@dataclass(frozen=True)
class Described:
    """What a project is about.

    Attributes:
        about: source, licence, ... as in a dataset.yml.
        files: one entry an image, as in a dataset.yml.
        reading: options of `dataset`.
        where: in words where the images lie.
        notes: what else there is to tell.
    """

    about: dict[str, Any]
    files: list[dict[str, Any]]
    reading: dict[str, Any]
    where: str
    notes: tuple[str, ...] = ()

    @property
    def n_truth(self) -> int:
        """How many images have truth."""
        return sum("truth" in entry for entry in self.files)


def sample(folder: Path) -> Described:
    """Copy some of the sample images, with their truth, into a project.

    Raises:
        BadParameter: they are not installed.
    """
    try:
        data = dataset(SAMPLE, where={"image_class": KIND})
    except UnknownName:
        raise BadParameter("The sample images are not here. Say which images are yours: --images FOLDER.") from None
    files = [f.model_dump(exclude_none=True, exclude_defaults=True) for f in data.files]
    for file in (part for f in data.files for part in (f.image, f.truth) if part):
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(data.folder / file, folder / file)
    about = data.info.model_dump(include={"source", "url", "licence", "cite", "doi"}, exclude_none=True)
    note = "These are sample images. Begin one with yours: opsef new NAME --images FOLDER [--truth FOLDER]"
    return Described(about | {"classes": list(data.info.classes)}, files, {}, "in this folder: sample images", (note,))


def own(where: Any, truth: str | Path | None, name: str) -> Described:
    """Describe somebody's images, which stay where they are.

    Raises:
        UnreadableFile: no image there.
        BadParameter: truth that belongs to no image, or to several; files with no folder in common.
    """
    paths = [_absolute(path) for path in find(where)]
    masks = {} if truth is None else _matched(paths, _label_images(Path(truth).expanduser()))
    place = _common([*paths, *masks.values()])
    files = [{"image": path.relative_to(place).as_posix()} for path in paths]
    for path, entry in zip(paths, files, strict=True):
        if path in masks:
            entry["truth"] = masks[path].relative_to(place).as_posix()
    reading, notes = _reading(paths, stacks=truth is not None)
    if truth is not None and len(masks) < len(paths):
        notes.append(f"Without truth: {_some(p.name for p in paths if p not in masks)}.")
    about: dict[str, Any] = {"source": f"images of {name}", "licence": "not stated", "cite": None, "classes": []}
    return Described(about, files, {"folder": place.as_posix(), **reading}, f"in {place.as_posix()}", tuple(notes))


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100 - takes .. out without following links


def _common(paths: Sequence[Path]) -> Path:
    """The folder that all files lie in."""
    try:
        return Path(os.path.commonpath([path.parent for path in paths]))
    except ValueError:
        raise BadParameter("Images and truth lie on different drives; put them into one folder.") from None


def _label_images(folder: Path) -> list[Path]:
    """Label images in a folder.

    Raises:
        BadParameter: no such folder.
        UnreadableFile: none in it.
    """
    check_style(str(folder), "truth")
    if not folder.is_dir():
        raise BadParameter(f"There is no folder {folder} with truth.")
    there = [p for p in folder.iterdir() if not p.name.startswith(".")]
    found = sorted(_absolute(p) for p in there if p.suffix.lower() in LABEL_SUFFIXES)
    if not found:
        counts = Counter(p.suffix.lower() or "without a suffix" for p in there)
        holds = ", ".join(f"{n} {suffix}" for suffix, n in sorted(counts.items())) or "nothing"
        raise UnreadableFile(
            f"No label image in the folder {folder}. It holds {holds}. Label images end in {', '.join(LABEL_SUFFIXES)}."
        )
    return found


def _matched(paths: Iterable[Path], masks: Iterable[Path]) -> dict[Path, Path]:
    """The label image of each image that has one, by their names.

    Raises:
        BadParameter: a label image belongs to two images, an image has two, or none belongs to any.
    """
    images_by_stem: dict[str, list[Path]] = {}
    for path in paths:
        images_by_stem.setdefault(_stem(path), []).append(path)
    found: dict[Path, Path] = {}
    alone = []
    for mask in masks:
        owners = images_by_stem.get(_owner(_stem(mask), images_by_stem), [])
        owners = [path for path in owners if path != mask]
        if len(owners) > 1:
            raise BadParameter(f"The truth {mask.name} could belong to {_some(p.name for p in owners)}; rename one.")
        if not owners:
            alone.append(mask)
        elif owners[0] in found:
            raise BadParameter(f"The image {owners[0].name} has two truths: {found[owners[0]].name} and {mask.name}.")
        else:
            found[owners[0]] = mask
    if not found:
        names = [p.name for group in images_by_stem.values() for p in group]
        raise BadParameter(
            f"No truth belongs to any image. The images are {_some(names)}; the truth is "
            f"{_some(p.name for p in alone)}. A truth is called like its image, or like it with something behind: "
            "cells_07.tif, cells_07_mask.png."
        )
    return found


def _owner(stem: str, stems: Iterable[str]) -> str:
    """The longest name that a truth of this name begins with; "" if none."""
    fitting = (s for s in stems if stem == s or (stem.startswith(s) and stem[len(s)] in BEHIND))
    return max(fitting, key=len, default="")


def _stem(path: Path) -> str:
    return path.stem.removesuffix(".ome")


def _reading(paths: Sequence[Path], stacks: bool) -> tuple[dict[str, Any], list[str]]:
    """How images must be read so that every model takes them, and why: by the first one that can be read."""
    readable: Image | None = next((i for path in paths for i in images(path).readable), None)
    if readable is None:
        return {}, []
    options: dict[str, Any] = {}
    notes = []
    if "T" in readable.axes:
        options["t"] = 0
        notes.append("These are time series: the first time point is read (t).")
    if "C" in readable.axes and not readable.is_rgb:
        options["channel"] = readable.channels[0]
        notes.append(f"The images have the channels {', '.join(readable.channels)}: the first one is read (channel).")
    if "Z" in readable.axes and not stacks:
        options["project"] = "max"
        notes.append("These are stacks: they are projected, the brightest of all planes counts (project).")
    return options, notes


def _some(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join(every[:SHOWN]) + (f" and {len(every) - SHOWN} more" if len(every) > SHOWN else "")
