"""What is done for each proposal: class and box, and a mask of 28 x 28 px; mask targets come from the label image."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torchvision.models.detection.faster_rcnn import FastRCNNPredictor, TwoMLPHead
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss
from torchvision.ops import MultiScaleRoIAlign

from .trunk import Maps

MASK_PX = 28


class Heads(RoIHeads):
    """Torchvision's heads with maps of their own for the masks, and targets read from a label image.

    torchvision keeps a full-size mask for each object of a crop and resamples it for each proposal; with a hundred
    nuclei a crop that costs more than the network. A label image answers the same question by one look-up.
    """

    def forward(
        self,
        maps: tuple[Maps, Maps],
        proposals: list[Tensor],
        shapes: list[tuple[int, int]],
        targets: list[dict[str, Tensor]] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        """Detections (evaluation) or losses (training).

        Args:
            maps: of the trunk.
            proposals: (n, 4) boxes of each image.
            shapes: (Y, X) of each image.
            targets: for training, of each image: `boxes` (n, 4), `labels` (n,) of ones, `ids` (n,) the objects' ids in
                `image`, an int32 label image (Y, X).
        """
        if targets is not None:
            proposals, matched, labels, regression = self.select_training_samples(proposals, targets)
        pooled = self.box_head(self.box_roi_pool(maps[0], proposals, shapes))
        scores, offsets = self.box_predictor(pooled)
        if targets is None:
            boxes, found, _ = self.postprocess_detections(scores, offsets, proposals, shapes)
            logits = self._masks(maps[1], boxes, shapes)
            masks = logits[:, 1].sigmoid().split([len(b) for b in boxes])
            return [{"boxes": b, "scores": s, "masks": m} for b, s, m in zip(boxes, found, masks, strict=True)], {}
        loss_class, loss_box = fastrcnn_loss(scores, offsets, labels, regression)
        positive = [torch.where(kinds > 0)[0] for kinds in labels]
        boxes = [p[chosen] for p, chosen in zip(proposals, positive, strict=True)]
        wanted = [
            mask_targets(t["image"], b, t["ids"][m[chosen]])
            for t, b, m, chosen in zip(targets, boxes, matched, positive, strict=True)
            if len(t["ids"])
        ]
        loss_mask = pooled.sum() * 0.0
        if sum(len(w) for w in wanted):
            logits = self._masks(maps[1], boxes, shapes)[:, 1]
            loss_mask = nn.functional.binary_cross_entropy_with_logits(logits, torch.cat(wanted))
        return [], {"class": loss_class, "box": loss_box, "mask": loss_mask}

    def check_targets(self, targets: list[dict[str, Tensor]] | None) -> None:
        """Nothing to check: targets are made here, and masks are not among them."""

    def _masks(self, maps: Maps, boxes: list[Tensor], shapes: list[tuple[int, int]]) -> Tensor:
        """(n, 2, 28, 28) logits of all boxes."""
        logits: Tensor = self.mask_predictor(self.mask_head(self.mask_roi_pool(maps, boxes, shapes)))
        return logits


def mask_targets(image: Tensor, boxes: Tensor, ids: Tensor) -> Tensor:
    """(n, 28, 28) float32: where in its box each object is, read from a label image (Y, X)."""
    steps = (torch.arange(MASK_PX, device=boxes.device) + 0.5) / MASK_PX
    x = boxes[:, None, 0] + steps * (boxes[:, None, 2] - boxes[:, None, 0])
    y = boxes[:, None, 1] + steps * (boxes[:, None, 3] - boxes[:, None, 1])
    columns = x.long().clamp(0, image.shape[1] - 1)
    rows = y.long().clamp(0, image.shape[0] - 1)
    return (image[rows[:, :, None], columns[:, None, :]] == ids[:, None, None]).float()


def light_heads(channels: int, mask_channels: int) -> Heads:
    """Small ones: 5 x 5 pooling and 256 units for class and box, two convolutions of 64 channels for the mask."""
    box_pool = MultiScaleRoIAlign(["4", "8", "16"], 5, 2, canonical_scale=28, canonical_level=3)
    mask_pool = MultiScaleRoIAlign(["2", "4", "8"], 14, 2, canonical_scale=40, canonical_level=2)
    return _heads(box_pool, mask_pool, channels * 25, 256, mask_channels, (64, 64), rois=96)


def full_heads(channels: int, mask_channels: int) -> Heads:
    """Those of torchvision's Mask R-CNN, whose COCO weights they can take."""
    names = ["4", "8", "16", "32"]
    box_pool = MultiScaleRoIAlign(names, 7, 2, canonical_scale=56, canonical_level=3)
    mask_pool = MultiScaleRoIAlign(names, 14, 2, canonical_scale=56, canonical_level=3)
    return _heads(box_pool, mask_pool, channels * 49, 1024, mask_channels, (256,) * 4, rois=256)


def _heads(
    box_pool: MultiScaleRoIAlign,
    mask_pool: MultiScaleRoIAlign,
    pooled: int,
    units: int,
    mask_channels: int,
    mask_layers: tuple[int, ...],
    rois: int,
) -> Heads:
    return Heads(
        box_pool,
        TwoMLPHead(pooled, units),
        FastRCNNPredictor(units, 2),
        fg_iou_thresh=0.5,
        bg_iou_thresh=0.5,
        batch_size_per_image=rois,
        positive_fraction=0.5,
        bbox_reg_weights=None,
        score_thresh=0.1,  # what is below is not worth a mask
        nms_thresh=0.5,  # the user's own, smaller threshold is applied to what is left
        detections_per_img=2000,
        mask_roi_pool=mask_pool,
        mask_head=MaskRCNNHeads(mask_channels, mask_layers, 1),
        mask_predictor=MaskRCNNPredictor(mask_layers[-1], mask_layers[-1], 2),
    )
