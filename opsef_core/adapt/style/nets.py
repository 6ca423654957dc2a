"""The two networks of a style: a U-Net that paints, and a PatchGAN that says how real each patch looks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn import functional as f

from .condition import CHANNELS

TEXTURE = 4.0  # so many times what differs from the flat tints is shown to the judge, beside the image
DEPTH = 4  # times the U-Net halves its input
STRIDE = 2**DEPTH  # image sides must be a multiple of this many pixels


@dataclass(frozen=True)
class Design:
    """How large the networks are, and what they are trained on.

    Attributes:
        width: channels at full resolution.
        tile_px: side of a training tile.
        batch: tiles a step.
    """

    width: int
    tile_px: int
    batch: int


DESIGNS = {"light": Design(32, 128, 1), "full": Design(64, 256, 2), "tiny": Design(8, 32, 1)}


class ChannelNorm(nn.Module):
    """Every pixel's channels are scaled to a mean square of 1 (Karras et al. 2018, arXiv 1710.10196).

    No statistics over the image or the batch: what is painted in one corner does not depend on the other corners, on
    the size of the image, or on what is painted with it.
    """

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-6)


class Block(nn.Module):
    """Convolution, noise, norm, style code, leaky ReLU."""

    def __init__(
        self, c_in: int, c_out: int, styles: int, kernel: int = 3, stride: int = 1, noisy: bool = False
    ) -> None:
        super().__init__()
        self.conv = nn.Conv2d(c_in, c_out, kernel, stride, padding=1)
        self.norm = ChannelNorm()
        self.noise = nn.Parameter(torch.full((1, c_out, 1, 1), 0.3)) if noisy else None
        self.code = nn.Linear(styles, 2 * c_out, bias=False) if styles > 1 else None

    def forward(self, x: Tensor, code: Tensor, noise: Tensor | None = None) -> Tensor:
        """(N, c_out, Y, X)."""
        x = self.conv(x)
        if self.noise is not None and noise is not None:
            x = x + self.noise * noise
        x = self.norm(x)
        if self.code is not None:
            scale, shift = self.code(code)[:, :, None, None].chunk(2, 1)
            x = x * (1 + scale) + shift
        return f.leaky_relu(x, 0.2)


class Generator(nn.Module):
    """U-Net of label image and noise to image, after pix2pix (Isola et al. 2017, arXiv 1611.07004).

    Takes what `condition.shown` makes (N, 3 + channels + 1, Y, X), a style code (N, styles) and noise as `noise_for`
    makes it; Y and X are multiples of `STRIDE`. Gives (N, channels, Y, X) from about -1 to 1: flat tints and what it
    paints over them. Noise enters at every level, so that one label image can be painted in many ways, with the same
    noise always in the same way.
    """

    def __init__(self, width: int, channels: int, styles: int = 1) -> None:
        super().__init__()
        widths = [width * min(2**depth, 8) for depth in range(DEPTH + 1)]
        self.first = Block(_shown(channels) + 1, width, styles)
        pairs = list(pairwise(widths))
        self.down = nn.ModuleList(Block(a, b, styles, kernel=4, stride=2) for a, b in pairs)
        self.middle = Block(widths[-1], widths[-1], styles, noisy=True)
        self.up = nn.ModuleList(Block(b + a, a, styles, noisy=True) for a, b in reversed(pairs))
        self.last = nn.Conv2d(width, channels, 3, padding=1)

    def forward(self, seen: Tensor, code: Tensor, noise: Sequence[Tensor]) -> Tensor:
        """Images from about -1 to 1."""
        x = self.first(torch.cat([seen, noise[0]], 1), code)
        skips = []
        for block in self.down:
            skips.append(x)
            x = block(x, code)
        x = self.middle(x, code, noise[-1])
        for block, skip, grain in zip(self.up, reversed(skips), reversed(noise[:-1]), strict=True):
            x = f.interpolate(x, scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skip], 1), code, grain)
        out: Tensor = told(seen, self.last.out_channels) + self.last(x)
        return out


def _shown(channels: int) -> int:
    return len(CHANNELS) + channels + 1


def told(seen: Tensor, channels: int) -> Tensor:
    """The flat tints (N, channels, Y, X) in what was shown, a little blurred, as the outlines of a picture are."""
    flat = seen[:, len(CHANNELS) : len(CHANNELS) + channels]
    return f.avg_pool2d(flat, 3, 1, padding=1, count_include_pad=False)


def spread(x: Tensor, size_px: int) -> Tensor:
    """How much every pixel's neighbourhood varies: root of the blurred square of what a blur takes away."""
    fine = x - f.avg_pool2d(x, size_px, 1, padding=size_px // 2, count_include_pad=False)
    around = 2 * size_px + 1
    return (f.avg_pool2d(fine.square(), around, 1, padding=size_px, count_include_pad=False) + 1e-4).sqrt()


def noise_for(shape: tuple[int, int, int], source: torch.Generator) -> list[Tensor]:
    """Noise (N, 1, Y, X) for every level, from full resolution down; made on the CPU, so alike on every device."""
    n, height, width = shape
    sides = [(height >> depth, width >> depth) for depth in range(DEPTH + 1)]
    return [torch.randn(n, 1, y, x, generator=source) for y, x in sides]


class Discriminator(nn.Module):
    """PatchGAN: how real each patch of 34 px, about an object, looks beside what was shown (Isola et al. 2017).

    Its group norm knows the whole tile, so that a patch is judged in the light that its tile is in.

    Takes images (N, channels, Y, X), what was shown (N, 3 + channels + 1, Y, X), code (N, styles); gives logits
    (N, 1, ~Y/4, ~X/4).
    """

    def __init__(self, width: int, channels: int, styles: int = 1) -> None:
        super().__init__()
        self.styles = styles
        c = [2 * channels + _shown(channels) + (styles if styles > 1 else 0), width, 2 * width, 4 * width]
        layers: list[nn.Module] = []
        for i, (a, b) in enumerate(pairwise(c)):
            layers.append(nn.Conv2d(a, b, 4, 2 if i < 2 else 1, padding=1))
            layers += [nn.GroupNorm(min(8, b // 4), b)] if i else []
            layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers, nn.Conv2d(c[-1], 1, 4, padding=1))

    def forward(self, image: Tensor, seen: Tensor, code: Tensor) -> Tensor:
        """Logits, above 0 where it looks real."""
        parts = [image, TEXTURE * (image - told(seen, image.shape[1])), seen]
        if self.styles > 1:
            parts.append(code[:, :, None, None].expand(-1, -1, *image.shape[2:]))
        out: Tensor = self.layers(torch.cat(parts, 1))
        return out
