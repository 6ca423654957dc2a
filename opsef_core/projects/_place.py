"""Where a project may lie, and whether what it lists fits together."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ..backslashes import windows_hint
from ..data import Labels
from ..errors import BadLabels, BadParameter, UnreadableFile
from ..ingest import Dataset

FORBIDDEN = '<>:"|?*\\/'  # in a name; Windows refuses them, and projects travel
RESERVED = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
LONGEST = 100


def checked_place(folder: str | Path) -> Path:
    """The folder of a new project, absolute.

    Raises:
        BadParameter: a name that some file systems refuse, a Windows path where there are none, something in it, no
            folder to make it in.
    """
    if not str(folder).strip():
        raise BadParameter("A project needs a name, which becomes that of its folder: opsef new my_project.")
    check_style(str(folder), "project")
    place = Path(os.path.abspath(Path(folder).expanduser()))  # noqa: PTH100 - takes .. out without following links
    if problem := _problem(place.name):
        raise BadParameter(
            f"A project cannot be called {place.name!r}: {problem}. Letters, digits, spaces, - and _ are always fine."
        )
    if place.is_file() or (place.is_symlink() and not place.exists()):
        raise BadParameter(f"{place} is a file; a project needs a folder. Choose another name.")
    there = sorted(p.name for p in place.iterdir() if not p.name.startswith(".")) if place.is_dir() else []
    if there:
        some = ", ".join(there[:3]) + (f" and {len(there) - 3} more" if len(there) > 3 else "")
        raise BadParameter(
            f"{place} exists and is not empty: it holds {some}. Choose another name; nothing was changed."
        )
    if not place.parent.is_dir():
        raise BadParameter(f"There is no folder {place.parent} to make the project {place.name} in; make it first.")
    return place


def check_style(path: str, what: str) -> None:
    """Refuse a path of Windows on a system that takes it for one strange name.

    Raises:
        BadParameter: it is one.
    """
    if (hint := windows_hint(path)) and not Path(path).exists():
        raise BadParameter(f"The {what} {path!r} is written like a path of Windows.{hint}")


def _problem(name: str) -> str:
    """Why a name is refused by some file system; "" if by none."""
    if found := [c for c in name if c in FORBIDDEN]:
        return f"{found[0]} is not allowed in names of folders"
    if any(ord(c) < 32 or ord(c) == 127 for c in name):
        return "it holds a sign that cannot be seen"
    if name[-1:] in (".", " ") or name[:1] in (".", " ", "-"):
        return "it begins with a dot, a space or a dash, or ends with a dot or a space"
    if name.split(".")[0].lower() in RESERVED:
        return "Windows keeps this name for itself"
    if len(name.encode()) > LONGEST:
        return f"it is longer than {LONGEST} bytes"
    return "" if name else "it is empty"


def checked_truth(data: Dataset) -> None:
    """Read all truth of a data set, to see that it fits its images.

    Raises:
        UnreadableFile: not one image can be read, or a label image cannot.
        BadLabels: truth that is no label image, not of the size of its image, or only black and white.
    """
    if not data.images.readable:
        first = data.images.failed[0]
        raise UnreadableFile(f"Not one of the images can be read. {first.name}: {first.reason}")
    found = [labels for name in data.truth if (labels := data.truth[name]).count]
    if found and all(labels.count == 1 for labels in found) and any(_pieces(labels) > 1 for labels in found):
        many = max(found, key=_pieces)
        raise BadLabels(
            f"The truth is black and white: in {many.name} all {_pieces(many)} objects have the value {many.ids[0]}. "
            "In a label image every object has a number of its own; number them first, for example with "
            "skimage.measure.label, which takes what touches for one object."
        )


def _pieces(labels: Labels) -> int:
    from scipy.ndimage import label

    return int(label(labels.array() > 0, np.ones((3,) * len(labels.axes)))[1])
