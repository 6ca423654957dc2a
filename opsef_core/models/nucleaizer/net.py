"""Mask R-CNN for nuclei: small anchors, many proposals; from torchvision's parts, slimmed for the CPU."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.models.detection.rpn import RegionProposalNetwork, RPNHead

from .heads import full_heads, light_heads
from .trunk import FullTrunk, LightTrunk, Maps

Size = Literal["light", "full"]


@dataclass(frozen=True)
class Design:
    """What differs between the sizes.

    Attributes:
        object_px: object diameter in the network's pixels, for the final pass.
        anchors_px: side of the anchors on each map of the trunk.
    """

    object_px: float
    anchors_px: tuple[int, ...]


DESIGNS: dict[Size, Design] = {"light": Design(24.0, (10, 20, 40, 80)), "full": Design(40.0, (10, 20, 40, 80, 160))}
RATIOS = (0.5, 1.0, 2.0)


class MaskRCNN(nn.Module):
    """Mask R-CNN (He et al. 2017, doi 10.1109/ICCV.2017.322) with one class.

    Takes (N, 3, Y, X) float32, normalised, Y and X multiples of `stride`. Gives detections of each image - `boxes`
    (n, 4) as x1, y1, x2, y2, `scores` (n,), `masks` (n, 28, 28) probabilities within the box.
    """

    def __init__(self, size: Size = "light") -> None:
        super().__init__()
        self.size = size
        self.trunk = LightTrunk() if size == "light" else FullTrunk()
        self.stride = self.trunk.stride
        channels, mask_channels = self.trunk.out_channels, self.trunk.mask_channels
        anchors = DESIGNS[size].anchors_px
        self.rpn = RegionProposalNetwork(
            AnchorGenerator(tuple((a,) for a in anchors), (RATIOS,) * len(anchors)),
            RPNHead(channels, len(RATIOS)),
            fg_iou_thresh=0.6,
            bg_iou_thresh=0.3,
            batch_size_per_image=128,
            positive_fraction=0.5,
            pre_nms_top_n={"training": 500, "testing": 1500},
            post_nms_top_n={"training": 300, "testing": 1500},
            nms_thresh=0.65,
            score_thresh=0.0,
        )
        make = light_heads if size == "light" else full_heads
        self.roi_heads = make(channels, mask_channels)

    def forward(self, x: Tensor) -> list[dict[str, Tensor]]:
        """Detections of each image."""
        maps = self.trunk(x)
        shapes = [(x.shape[-2], x.shape[-1])] * len(x)
        proposals, _ = self.rpn(ImageList(x, shapes), maps[0])
        found: list[dict[str, Tensor]] = self.roi_heads(maps, proposals, shapes)[0]
        return found

    def losses(self, x: Tensor, maps: tuple[Maps, Maps], targets: list[dict[str, Tensor]]) -> dict[str, Tensor]:
        """The five losses, for images, what the trunk made of them, and their objects (see `Heads`)."""
        shapes = [(x.shape[-2], x.shape[-1])] * len(x)
        proposals, first = self.rpn(ImageList(x, shapes), maps[0], targets)
        second: dict[str, Tensor] = self.roi_heads(maps, proposals, shapes, targets)[1]
        return {**first, **second}
