"""Training of the U-Net: weighted cross entropy and soft Dice."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from .._fit._crops import DIAMETERS_PX
from .._fit._torch import TorchTrainer
from .._fit._trainer import Crop
from .._normalise import PERCENTILES
from .net import BORDER, INSIDE, WIDTHS, UNet
from .targets import three_classes, weights
from .weights import WEIGHTS, save_weights

CLASS_WEIGHTS = (1.0, 1.0, 1.5)


class UNetTrainer(TorchTrainer[UNet]):
    """Crops of 256 px at 8 to 80 px an object; bfloat16 where the device has it."""

    steps: ClassVar[int] = 6000
    learning_rate: ClassVar[float] = 2e-3
    batch: ClassVar[int] = 8

    def network(self) -> UNet:
        """A network with random weights."""
        return UNet()

    def lesson(self, crop: Crop) -> tuple[Tensor, Tensor, Tensor]:
        """Pixels, classes, weights."""
        classes = three_classes(crop.labels).astype(np.int64)
        return torch.from_numpy(crop.pixels), torch.from_numpy(classes), torch.from_numpy(weights(crop.labels))

    def loss(self, batch: Any) -> Tensor:
        """Of a batch of crops."""
        pixels, classes, weight = (x.to(self.device, non_blocking=True) for x in batch)
        with self.in_bfloat16():
            logits = self.net(pixels.to(memory_format=torch.channels_last))
        return loss(logits.float(), classes, weight)

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
