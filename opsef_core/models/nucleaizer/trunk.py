"""Features for Mask R-CNN: the lower part of the U-Net (light), or ResNet-50 with a feature pyramid (full)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ..unet.net import WIDTHS, UNet

Maps = dict[str, Tensor]
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)  # of ImageNet, which ResNet-50 has seen


class LightTrunk(nn.Module):
    """The U-Net of this package down to stride 16 and up again to stride 2, with two sets of maps made of it.

    Its tensors have the U-Net's names, so that a trained U-Net is a place to start from.

    Attributes:
        out_channels: of the maps "4", "8", "16", "32" (named by their stride), in which objects are found.
        mask_channels: of the maps "2", "4", "8", from which masks are made.
        stride: sides of images are multiples of this.
    """

    out_channels = 96
    mask_channels = 64
    stride = 32

    def __init__(self) -> None:
        super().__init__()
        whole = UNet()
        self.down = whole.down
        self.up = whole.up[:3]  # to strides 8, 4, 2; the last one, to stride 1, costs as much as all others
        self.lateral = nn.ModuleDict(
            {s: nn.Conv2d(w, self.out_channels, 1) for s, w in zip("48", WIDTHS[2:4], strict=True)}
        )
        self.lateral["16"] = nn.Conv2d(WIDTHS[4], self.out_channels, 1)
        self.fine = nn.ModuleDict(
            {s: nn.Conv2d(w, self.mask_channels, 1) for s, w in zip("248", WIDTHS[1:4], strict=True)}
        )
        self.frozen = False

    def train(self, mode: bool = True) -> LightTrunk:
        """As usual; but batch statistics stay as they are once `frozen` is set."""
        super().train(mode)
        if self.frozen:
            for module in self.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()
        return self

    def forward(self, x: Tensor) -> tuple[Maps, Maps]:
        """Maps to find objects in, and maps to make masks from; (N, 3, Y, X) in."""
        skips: list[Tensor] = []
        for depth, block in enumerate(self.down):
            x = block(x if depth == 0 else nn.functional.max_pool2d(x, 2))
            skips.append(x)
        maps = {"16": x}
        for stride, block, skip in zip("842", self.up, skips[3:0:-1], strict=True):
            x = nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            x = maps[stride] = block(torch.cat([x, skip], dim=1))
        found = {stride: self.lateral[stride](maps[stride]).float() for stride in ("4", "8", "16")}
        found["32"] = nn.functional.max_pool2d(found["16"], 2)
        return found, {stride: self.fine[stride](maps[stride]).float() for stride in "248"}


class FullTrunk(nn.Module):
    """ResNet-50 with a feature pyramid, as in torchvision's Mask R-CNN, whose COCO weights it can take."""

    out_channels = mask_channels = 256
    stride = 64

    def __init__(self) -> None:
        super().__init__()
        from torchvision.models import resnet50
        from torchvision.models.detection.backbone_utils import _resnet_fpn_extractor
        from torchvision.ops import FrozenBatchNorm2d

        net: Any = resnet50(weights=None, norm_layer=FrozenBatchNorm2d)
        self.backbone = _resnet_fpn_extractor(net, 5)
        self.frozen = True

    def forward(self, x: Tensor) -> tuple[Maps, Maps]:
        """Maps with the strides 4 to 64, and of these the ones masks are made from."""
        mean, std = (x.new_tensor(values)[:, None, None] for values in (MEAN, STD))
        maps = self.backbone((x - mean) / std)
        found = {s: m.float() for s, m in zip(("4", "8", "16", "32", "64"), maps.values(), strict=True)}
        return found, {s: found[s] for s in ("4", "8", "16", "32")}
