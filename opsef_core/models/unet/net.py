"""The network: a slim U-Net for the CPU, three classes a pixel (outside, inside, border)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

WIDTHS = (16, 32, 64, 128, 160)
STRIDE = 2 ** (len(WIDTHS) - 1)  # image sides must be a multiple of this many pixels
OUTSIDE, INSIDE, BORDER = 0, 1, 2


def _block(c_in: int, c_out: int) -> nn.Sequential:
    """Two 3 x 3 convolutions, each with batch norm and ReLU."""
    layers: list[nn.Module] = []
    for a, b in ((c_in, c_out), (c_out, c_out)):
        layers += [nn.Conv2d(a, b, 3, padding=1, bias=False), nn.BatchNorm2d(b), nn.ReLU(inplace=True)]
    return nn.Sequential(*layers)


class UNet(nn.Module):
    """U-Net (Ronneberger et al. 2015, doi 10.1007/978-3-319-24574-4_28) with bilinear upsampling.

    Takes (N, 3, Y, X) float32, normalised, Y and X multiples of `STRIDE`; gives (N, 3, Y, X) logits.
    """

    def __init__(self, widths: tuple[int, ...] = WIDTHS) -> None:
        super().__init__()
        self.down = nn.ModuleList(_block(a, b) for a, b in zip((3, *widths[:-1]), widths, strict=True))
        pairs = zip(widths[:0:-1], widths[-2::-1], strict=True)
        self.up = nn.ModuleList(_block(deep + shallow, shallow) for deep, shallow in pairs)
        self.head = nn.Conv2d(widths[0], 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Class logits for a batch of images."""
        skips: list[Tensor] = []
        for depth, block in enumerate(self.down):
            x = block(x if depth == 0 else nn.functional.max_pool2d(x, 2))
            skips.append(x)
        for block, skip in zip(self.up, skips[-2::-1], strict=True):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = block(torch.cat([x, skip], dim=1))
        out: Tensor = self.head(x)
        return out
