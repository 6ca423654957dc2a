"""The weights file of a style: the painter in float16, and the tints of the images it was learned from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save
from torch import nn

from ...atomic import write_whole
from .nets import DESIGNS, Generator

Tints = dict[str, NDArray[np.float32]]


def write_painter(painter: nn.Module, tints: Tints, file: Path) -> None:
    """Write all of it, whole or not at all; the names of tints begin with `tints.`."""
    tensors = {k: v.detach().cpu().contiguous().half() for k, v in painter.state_dict().items()}
    tensors |= {k: torch.from_numpy(np.array(v, order="C")) for k, v in tints.items()}
    write_whole(file, save(tensors))


def read_painter(file: Path, design: str, channels: int, styles: int) -> tuple[Generator, Tints]:
    """A painter in evaluation mode, and the tints by name."""
    painter = Generator(DESIGNS[design].width, channels, styles)
    with safe_open(file, framework="pt") as opened:
        names = opened.keys()
        tensors = {name: opened.get_tensor(name) for name in names}
    painter.load_state_dict({k: v.float() for k, v in tensors.items() if not k.startswith("tints.")})
    return painter.eval(), {k: v.numpy() for k, v in tensors.items() if k.startswith("tints.")}
