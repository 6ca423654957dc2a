"""Weights files of Mask R-CNN: safetensors, float32 or float16; the network's size stands in their header."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import load_file, save

from ...atomic import write_whole
from ...errors import BadConfig
from .net import DESIGNS, MaskRCNN, Size

FILES = {"preseg": "preseg.safetensors", "final": "final.safetensors"}


def load_net(path: Path) -> MaskRCNN:
    """Read a weights file into a network in evaluation mode.

    Raises:
        BadConfig: the file is no Mask R-CNN of this package.
    """
    net = MaskRCNN(size_of(path))
    net.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in load_file(path).items()})
    return net.eval()


def size_of(path: Path) -> Size:
    """The size of the network in a weights file.

    Raises:
        BadConfig: the file is no Mask R-CNN of this package.
    """
    with safe_open(path, framework="pt") as file:
        said = (file.metadata() or {}).get("size")
    for size in DESIGNS:
        if said == size:
            return size
    raise BadConfig(f"{path} holds no Mask R-CNN of opsef-core (its header names no size of network).")


def load_nets(folder: Path) -> dict[str, MaskRCNN]:
    """The networks in a model folder, "preseg" and "final", or one of them."""
    return {name: load_net(folder / file) for name, file in FILES.items() if (folder / file).is_file()}


def save_net(net: MaskRCNN, path: Path, half: bool = False) -> None:
    """Write a network's weights, atomically; `half` stores floats as float16."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()}
    if half:
        tensors = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    write_whole(path, save(tensors, {"size": net.size}))
