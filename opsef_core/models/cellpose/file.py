"""Cellpose's weights: which file a name means in major 3 and 4, and whether a file is what it says.

Nothing is unpickled: a weights file is read with torch's own reader for tensors alone (weights_only), and a size
model of Cellpose 3 with one for arrays alone.
"""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ...errors import MissingWeights
from .. import _weights
from .._card import unknown
from .._official import is_official

CELLPOSE_3 = "https://www.cellpose.org/models/"
CELLPOSE_4 = "https://huggingface.co/mouseland/cellpose-sam/resolve/main/"
NUMBERED = ("cyto", "cyto2", "nuclei")  # in Cellpose 3, their files are called nucleitorch_0 and so on
SIZED = {"cyto3": "size_cyto3.npy", **{name: f"size_{name}torch_0.npy" for name in NUMBERED}}  # have a size model
FIRST_LAYER = "downsample.down.res_down_0.conv.conv_0.2.weight"  # of Cellpose 3; second dimension: input channels


def major() -> int:
    """The installed library's major version."""
    return int(importlib.metadata.version("cellpose").split(".")[0])


def cache() -> Path:
    """The library's own download folder; what lies there is used, too."""
    own = os.environ.get("CELLPOSE_LOCAL_MODELS_PATH")
    return Path(own) if own else Path.home() / ".cellpose" / "models"


def find_file(name: str) -> Path | None:
    """The weights file of that name or path, if it is on this machine."""
    found = _weights.find("cellpose", name, cache() / file_name(name))
    file = None if found is None else _weights.main_file(found)
    return file if file is not None and file.is_file() else None


def fetch_file(name: str) -> Path:
    """The weights file of that name or path, downloaded by the library if need be.

    Raises:
        MissingWeights: an unknown name, or it cannot be downloaded.
    """
    if (found := find_file(name)) is not None:
        return found
    library = f"Cellpose {major()}"
    if not is_official("cellpose", name, str(major())):  # the library may know more; importing it takes seconds
        from cellpose import models

        if name not in models.MODEL_NAMES:
            raise unknown("cellpose", name, dict.fromkeys(models.MODEL_NAMES), library, kind="file")
    base = CELLPOSE_3 if major() == 3 else CELLPOSE_4
    return _download(f"The {library} weights {name!r}", _get(name), base, file_name(name))


def size_file(name: str, weights: Path) -> Path | None:
    """The size model that belongs to weights, if it is here: beside the file, or the official one of a name."""
    beside = weights.with_name(weights.name + "_size.npy")
    if beside.is_file():
        return beside
    if name not in SIZED:
        return None
    file = weights.with_name(SIZED[name])
    return file if file.is_file() else _weights.find_official(cache() / SIZED[name])


def fetch_size_file(name: str, weights: Path) -> Path | None:
    """The same, downloaded by the library if an official one is missing; None if there is none for these weights.

    Raises:
        MissingWeights: it cannot be downloaded.
    """
    if (found := size_file(name, weights)) is not None or name not in SIZED:
        return found
    what = f"The Cellpose weights {name!r} with their size model (it finds the diameter; or give diameter_px)"
    return _download(what, lambda models: models.size_model_path(name), CELLPOSE_3, SIZED[name])


def _download(what: str, get: Callable[[Any], Any], base: str, file: str) -> Path:
    """Let the library's `models` download one of its files, to where it is told."""

    def into(folder: Path) -> Path:
        from cellpose import models

        before = models.MODEL_DIR
        models.MODEL_DIR = folder
        try:
            get(models)
        finally:
            models.MODEL_DIR = before
        return folder / file

    return _weights.download(what, into, base + file, file)


def check_state(file: Path) -> dict[str, Any]:
    """The tensors in a weights file, if they are a Cellpose network of the installed major.

    Raises:
        MissingWeights: it holds more than tensors, or another network.
    """
    import torch

    try:
        state = torch.load(file, map_location="cpu", weights_only=True, mmap=True)
        names = set(state)
    except Exception as error:  # torch: RuntimeError, UnpicklingError, EOFError, ...
        first = (str(error).splitlines() or [""])[0]
        raise MissingWeights(f"{file} cannot be read as tensors and is not loaded: {first}") from None
    found = 4 if "W2" in names else 3 if FIRST_LAYER in names and "output.2.weight" in names else None
    if found != major():
        what = f"weights of Cellpose {found}" if found else "no weights of a Cellpose network this library can run"
        raise MissingWeights(f"{file} holds {what}; Cellpose {importlib.metadata.version('cellpose')} is installed.")
    return dict(state)


def file_name(name: str) -> str:
    """What the library calls the file of official weights."""
    return f"{name}torch_0" if name in NUMBERED else name


def _get(name: str) -> Callable[[Any], Any]:
    """The library's download of official weights."""
    if major() == 3:
        return lambda models: models.model_path(name)
    # Cellpose 4.0 knew one model only
    return lambda models: (
        models.cache_model_path(name) if hasattr(models, "cache_model_path") else models.cache_CPSAM_model_path()
    )
