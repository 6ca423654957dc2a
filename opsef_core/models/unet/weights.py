"""The U-Net's weights file: safetensors, float32 or float16."""

from __future__ import annotations

from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor, nn

from ...atomic import write_whole
from .net import UNet

WEIGHTS = "weights.safetensors"


def load_weights(path: Path) -> UNet:
    """Read a weights file (float16 or float32 safetensors) into a network in evaluation mode."""
    with safe_open(path, framework="pt") as file:
        net = UNet()
        names = file.keys()
        net.load_state_dict({k: _full(file.get_tensor(k)) for k in names})
    return net.eval()


def save_weights(net: nn.Module, path: Path, half: bool = False) -> None:
    """Write a network's weights, atomically; `half` stores floats as float16."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()}
    if half:
        tensors = {k: v.half() if v.is_floating_point() else v for k, v in tensors.items()}
    write_whole(path, save(tensors))


def _full(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor
