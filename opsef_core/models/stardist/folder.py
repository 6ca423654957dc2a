"""StarDist's model folders (`config.json`, weights, thresholds): by path, or as the library downloads them."""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import io
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ...errors import MissingWeights
from .. import _bioimageio, _weights
from .._card import BIOIMAGEIO, CARD, unknown
from .._official import is_official

RELEASES = "https://github.com/stardist/stardist-models/releases/download/v0.1/"


def cache(name: str) -> Path:
    """Where the library itself unpacks the official model of that name; what lies there is used, too."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "models" / "StarDist2D" / name


def find_folder(name: str) -> Path | None:
    """The model folder of that name or path, if it is on this machine."""
    found = _weights.find("stardist", name, cache(name))
    return found if found is not None and (found / "config.json").is_file() else None


def fetch_folder(name: str) -> Path:
    """The model folder of that name or path, downloaded if need be.

    Raises:
        MissingWeights: an unknown name, or it cannot be downloaded.
    """
    if (found := find_folder(name)) is not None:
        return found
    if name.startswith(BIOIMAGEIO):
        return _bioimageio.fetch_stardist(name)
    if not is_official("stardist", name):  # the library may know more; importing it takes seconds
        known = list(_registered())
        if name not in known:
            raise unknown("stardist", name, known, "StarDist")

    def get(folder: Path) -> Path:
        import pooch

        facts = _registered()[name]
        kind = "sha256" if len(facts["hash"]) == 64 else "md5"
        pooch.get_logger().setLevel("WARNING")  # we say it ourselves
        unzip = pooch.Unzip(extract_dir=name)
        pooch.retrieve(facts["url"], f"{kind}:{facts['hash']}", f"{name}.zip", folder, processor=unzip)
        return folder / name

    return _weights.download(f"The StarDist weights {name!r}", get, f"{RELEASES}python_{name}.zip", name)


def _registered() -> dict[str, Any]:
    """The library's own list of its 2D models: address and checksum by name."""
    with library():
        from csbdeep.models.pretrained import get_model_details, get_registered_models
        from stardist.models import StarDist2D

    names = [n for n in get_registered_models(StarDist2D, return_aliases=False) if n != "2D_demo"]
    return {name: get_model_details(StarDist2D, name)[-1] for name in names}


def weights_file(folder: Path) -> Path:
    """The one weights file in a model folder: the card's, else weights_best.h5, weights_last.h5, the only .h5.

    Raises:
        MissingWeights: there is none, or it is not clear which.
    """
    if (folder / CARD).is_file():
        return _weights.main_file(folder)
    for usual in ("weights_best.h5", "weights_last.h5"):
        if (folder / usual).is_file():
            return folder / usual
    found = sorted(folder.glob("*.h5"))
    if len(found) != 1:
        which = f"several ({', '.join(f.name for f in found)})" if found else "none"
        raise MissingWeights(
            f"The StarDist model folder {folder} should hold weights_best.h5; of .h5 files it has {which}."
        )
    return found[0]


def files(folder: Path) -> list[Path]:
    """What decides the result: configuration, weights, thresholds."""
    return [folder / "config.json", weights_file(folder), *folder.glob("thresholds.json")]


def read_config(folder: Path) -> dict[str, Any]:
    """The model's configuration.

    Raises:
        MissingWeights: it is no JSON, or not of a 2D model.
    """
    file = folder / "config.json"
    try:
        config = dict(json.loads(file.read_text(encoding="utf8")))
    except (ValueError, TypeError) as error:
        raise MissingWeights(f"{file} is not the configuration of a StarDist model: {error}.") from None
    if config.get("n_dim") != 2:
        raise MissingWeights(f"{folder} is no 2D StarDist model: its n_dim is {config.get('n_dim')!r}.")
    return config


@contextlib.contextmanager
def library() -> Iterator[None]:
    """Around every import and call of StarDist: Keras 2 (it cannot do with 3), repeatable GPU kernels, no chatter."""
    os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("TF_CUDNN_DETERMINISTIC", "1")
    _load_triton()
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@functools.cache
def _load_triton() -> None:
    """Load Triton before TensorFlow: the other way round (torch.optim loads it) the process dies in their LLVMs."""
    if importlib.util.find_spec("triton") is not None:
        with contextlib.suppress(ImportError):
            importlib.import_module("triton._C.libtriton")
