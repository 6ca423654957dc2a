"""Torchvision's COCO weights of Mask R-CNN: where the full network starts from. They find no nuclei by themselves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from ...errors import MissingWeights
from .. import _weights
from .._card import sha256_of

NAME = "coco"
URL = "https://download.pytorch.org/models/maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth"
FILE = "maskrcnn_resnet50_fpn_coco-bf2d0c1e.pth"
HASH = "bf2d0c1e"  # how the file's SHA-256 begins, as its authors put into its name
# One row a kind of object; how often batch statistics were updated, which frozen ones do not count.
OF_NO_USE = ("box_predictor", "mask_predictor.mask_fcn_logits", "num_batches_tracked")


def find_file() -> Path | None:
    """The file, in our cache or in torch's, or None."""
    home = Path(os.environ.get("TORCH_HOME", Path.home() / ".cache" / "torch"))
    found = _weights.find_official(home / "hub" / "checkpoints" / FILE)
    return found if found is not None and found.is_file() else None


def fetch_file() -> Path:
    """The file, downloaded if need be.

    Raises:
        MissingWeights: it cannot be downloaded, or is damaged.
    """
    if (found := find_file()) is None:
        found = _weights.download("The COCO weights of torchvision's Mask R-CNN", _get, URL, FILE)
    if not sha256_of(found).startswith(HASH):
        raise MissingWeights(f"The file {found} is damaged: its checksum does not begin with {HASH}. Delete it.")
    return found


def _get(folder: Path) -> Path:
    import torch

    torch.hub.download_url_to_file(URL, str(folder / FILE), hash_prefix=HASH, progress=False)
    return folder / FILE


def tensors(file: Path) -> dict[str, Any]:
    """All of the file that the full network can start from, by our names.

    Older names of layers stay: torchvision's parts know them.

    Raises:
        MissingWeights: it holds more than tensors, or another network.
    """
    import torch

    try:
        state = torch.load(file, map_location="cpu", weights_only=True)
        kept = {name: value for name, value in state.items() if not any(part in name for part in OF_NO_USE)}
        return {_ours(name): value for name, value in kept.items()}
    except Exception as error:  # torch: RuntimeError, UnpicklingError, EOFError, ...
        first = (str(error).splitlines() or [""])[0]
        raise MissingWeights(f"{file} cannot be read as tensors and is not loaded: {first}") from None


def _ours(name: str) -> str:
    """The name of a tensor here."""
    return f"trunk.{name}" if name.startswith("backbone.") else name
