"""Weights of Cellpose's classic network as safetensors: the network's tensors, and those of its size model.

The library's own files are pickles (of tensors); this form is what the zoo and fitted models use.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from cellpose.resnet_torch import CPnet
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from ...atomic import write_whole
from ...errors import MissingWeights

WEIGHTS = "weights.safetensors"
SIZE = "size."  # begins the names of the size model's tensors
BLOCK = "downsample.down.res_down_{}.conv.conv_0.2.weight"


def save_net(net: CPnet, size: dict[str, NDArray[Any]], path: Path) -> None:
    """Write network and size model ({} if there is none), the network's floats in half precision, atomically."""
    tensors = {k: v.detach().cpu().contiguous() for k, v in net.state_dict().items()}
    tensors = {k: v.half() if v.is_floating_point() and v.numel() > 1 else v for k, v in tensors.items()}
    tensors |= {SIZE + k: torch.from_numpy(np.atleast_1d(v).copy()) for k, v in size.items()}
    write_whole(path, save(tensors))


def load_net(path: Path) -> tuple[CPnet, dict[str, Any]]:
    """The network, float32, in evaluation mode, on the CPU, and the parameters of its size model, if it has one.

    Raises:
        MissingWeights: the file holds no such network.
    """
    try:
        with safe_open(path, framework="pt") as file:
            names = file.keys()
            tensors = {k: file.get_tensor(k) for k in names}
        widths = [tensors[BLOCK.format(n)].shape[:2] for n in range(4)]
        nbase = [widths[0][1], *(w[0] for w in widths)]
        net = CPnet(nbase, tensors["output.2.weight"].shape[0], 3, mkldnn=False, max_pool=True)
        own = {k: v.float() if v.is_floating_point() else v for k, v in tensors.items() if not k.startswith(SIZE)}
        net.load_state_dict(own)
    except (SafetensorError, KeyError, RuntimeError) as error:
        first = (str(error).splitlines() or [""])[0]
        raise MissingWeights(f"{path} holds no network of Cellpose 3: {first}") from None
    size = {k.removeprefix(SIZE): v.numpy() for k, v in tensors.items() if k.startswith(SIZE)}
    return net.eval(), {k: v if v.size > 1 else float(v[0]) for k, v in size.items()}
