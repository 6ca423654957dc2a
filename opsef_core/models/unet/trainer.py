"""Training of the U-Net: AdamW on weighted cross entropy and soft Dice, with a running average of the weights."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from .._device import has_bfloat16
from .._fit import Trainer
from .._fit._crops import DIAMETERS_PX, Crops
from .._fit._trainer import Tensors
from .._normalise import PERCENTILES
from .net import BORDER, INSIDE, WIDTHS, UNet
from .targets import three_classes, weights
from .weights import WEIGHTS, save_weights

AVERAGE = 0.998  # decay of the running average of the weights
CLASS_WEIGHTS = (1.0, 1.0, 1.5)
CROP_PX = 256


class UNetTrainer(Trainer):
    """Crops of 256 px at 8 to 80 px an object; bfloat16 where the device has it."""

    steps: ClassVar[int] = 6000
    learning_rate: ClassVar[float] = 2e-3
    batch: ClassVar[int] = 8
    crop_px: ClassVar[int] = CROP_PX

    def begin(self, start: Any | None) -> None:
        """Network, its running average, optimiser."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            net, mean = UNet(), UNet()
        self.net = net.to(self.device).to(memory_format=torch.channels_last)
        self.mixed = has_bfloat16(self.device)
        if start is not None:
            self.net.load_state_dict(start.weights_of_network())
        self.mean = mean.to(self.device).eval()
        self.mean.load_state_dict(self.net.state_dict())
        self.optimiser = torch.optim.AdamW(self.net.parameters(), weight_decay=1e-4)
        self.lessons = _Lessons(Crops(self.examples, self.seed, self.crop_px))

    def block(self, first: int, steps: int, rate: Callable[[int], float]) -> float:
        """Some steps; crops are made in other processes meanwhile, where these are cheap."""
        numbers = range(first * self.batch, (first + steps) * self.batch)
        many = 1 if self.device == "cpu" else max(1, min(8, (os.cpu_count() or 1) - 1))
        workers = many if steps > 8 and sys.platform == "linux" else 0  # elsewhere each would load everything anew
        context = "fork" if workers else None
        chosen = Subset(self.lessons, numbers)
        batches = DataLoader(chosen, self.batch, num_workers=workers, multiprocessing_context=context)
        losses = [self._step(batch, first + i, rate(first + i)) for i, batch in enumerate(batches)]
        return float(np.mean(losses))

    def _step(self, batch: list[Tensor], number: int, rate: float) -> float:
        pixels, classes, weight = (x.to(self.device, non_blocking=True) for x in batch)
        self.net.train()
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        with torch.autocast(torch.device(self.device).type, torch.bfloat16, enabled=self.mixed):
            logits = self.net(pixels.to(memory_format=torch.channels_last))
        value = loss(logits.float(), classes, weight)
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward(value)
        nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
        self.optimiser.step()
        decay = min(AVERAGE, (2 + number) / (11 + number))
        with torch.no_grad():
            for mean, new in zip(self.mean.state_dict().values(), self.net.state_dict().values(), strict=True):
                mean.copy_(new if not new.is_floating_point() else decay * mean + (1 - decay) * new)
        return float(value.detach())

    def state(self) -> Tensors:
        """Network, its running average, and what the optimiser remembers."""
        tensors = {f"net.{k}": v for k, v in self.net.state_dict().items()}
        tensors |= {f"mean.{k}": v for k, v in self.mean.state_dict().items()}
        for i, p in enumerate(self.net.parameters()):
            tensors |= {f"optimiser.{i}.{k}": v for k, v in self.optimiser.state.get(p, {}).items()}
        return {k: v.detach().cpu().contiguous().numpy() for k, v in tensors.items()}

    def restore(self, state: Tensors) -> None:
        """Go on from there."""
        tensors = {k: torch.from_numpy(np.array(v)).to(self.device) for k, v in state.items()}
        self.net.load_state_dict({k[4:]: v for k, v in tensors.items() if k.startswith("net.")})
        self.mean.load_state_dict({k[5:]: v for k, v in tensors.items() if k.startswith("mean.")})
        for i, p in enumerate(self.net.parameters()):
            head = f"optimiser.{i}."
            known = {k[len(head) :]: v for k, v in tensors.items() if k.startswith(head)}
            if known:
                self.optimiser.state[p] = {k: v.cpu() if k == "step" else v for k, v in known.items()}

    def write(self, folder: Path) -> str:
        """The averaged network, in half precision (the score does not change)."""
        save_weights(self.mean, folder / WEIGHTS, half=True)
        return WEIGHTS

    def about(self) -> dict[str, Any]:
        """Architecture and input."""
        return {
            "architecture": f"U-Net, widths {', '.join(map(str, WIDTHS))}; classes outside, inside, border",
            "input": {
                "object_diameter_px": list(DIAMETERS_PX),
                "channels": 3,
                "normalisation": f"percentiles {PERCENTILES[0]:g} and {PERCENTILES[1]:g} over all channels to 0 and 1",
            },
        }


def loss(logits: Tensor, classes: Tensor, weight: Tensor) -> Tensor:
    """Weighted cross entropy plus soft Dice (1 - overlap) of the classes inside and border.

    Args:
        logits: (N, 3, Y, X) float.
        classes: (N, Y, X) int64.
        weight: (N, Y, X) float32.
    """
    by_class = torch.tensor(CLASS_WEIGHTS, device=logits.device)
    entropy = nn.functional.cross_entropy(logits, classes, reduction="none", weight=by_class)
    p = logits.softmax(1)
    dice = logits.new_zeros(())
    for kind in (INSIDE, BORDER):
        truth = (classes == kind).to(p.dtype)
        dice = dice + 1 - (2 * (p[:, kind] * truth).sum() + 1) / (p[:, kind].sum() + truth.sum() + 1)
    return (entropy * weight).mean() + 0.5 * dice


class _Lessons(Dataset[tuple[Tensor, Tensor, Tensor]]):
    """Crop and what the network is taught about it, by its number."""

    def __init__(self, crops: Crops) -> None:
        self.crops = crops

    def __getitem__(self, number: int) -> tuple[Tensor, Tensor, Tensor]:
        crop = self.crops[number]
        classes = three_classes(crop.labels).astype(np.int64)
        return torch.from_numpy(crop.pixels), torch.from_numpy(classes), torch.from_numpy(weights(crop.labels))
