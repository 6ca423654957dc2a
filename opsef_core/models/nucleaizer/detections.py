"""Objects as Mask R-CNN gives them: boxes, scores, masks of 28 x 28 px; and the label image they make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
VISIBLE = 0.5  # an object of which higher-scoring ones cover more than this is the same as one of them


@dataclass(frozen=True)
class Detections:
    """Objects of one image.

    Attributes:
        boxes: (n, 4) float32, x1, y1, x2, y2 in pixels; a pixel's centre is at its index + 0.5.
        scores: (n,) float32, 0 to 1.
        masks: (n, 28, 28) uint8, 255 = surely object, of each box.
    """

    boxes: Array
    scores: Array
    masks: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.scores)

    def __getitem__(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Detections:
        return Detections(self.boxes[chosen], self.scores[chosen], self.masks[chosen])

    @classmethod
    def none(cls) -> Detections:
        """No object at all."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros((0, 28, 28), np.uint8))

    @classmethod
    def together(cls, parts: list[Detections]) -> Detections:
        """All of several."""
        if not parts:
            return cls.none()
        return cls(
            np.concatenate([p.boxes for p in parts]),
            np.concatenate([p.scores for p in parts]),
            np.concatenate([p.masks for p in parts]),
        )

    def moved(self, x: float, y: float, scale: float = 1.0) -> Detections:
        """Boxes shifted, then multiplied by a factor."""
        boxes = (self.boxes + np.array([x, y, x, y], np.float32)) * np.float32(scale)
        return Detections(boxes.astype(np.float32), self.scores, self.masks)

    def areas_px(self, mask_threshold: float = 0.5) -> NDArray[np.float64]:
        """Area of each mask in pixels, as if nothing covered it."""
        inside = (self.masks >= 255 * mask_threshold).mean(axis=(1, 2))
        sides = self.boxes[:, 2:] - self.boxes[:, :2]
        return np.asarray(inside * sides[:, 0] * sides[:, 1], np.float64)


def suppress(found: Detections, iou: float) -> Detections:
    """Keep the highest score of boxes that overlap by more than an IoU; the result is sorted, highest score first."""
    order = np.argsort(-found.scores, kind="stable")
    boxes = found.boxes[order]
    areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    alive = np.ones(len(boxes), bool)
    for i in range(len(boxes)):
        if not alive[i]:
            continue
        rest = np.flatnonzero(alive[i + 1 :]) + i + 1
        width = np.minimum(boxes[i, 2], boxes[rest, 2]) - np.maximum(boxes[i, 0], boxes[rest, 0])
        height = np.minimum(boxes[i, 3], boxes[rest, 3]) - np.maximum(boxes[i, 1], boxes[rest, 1])
        common = np.maximum(width, 0) * np.maximum(height, 0)
        alive[rest[common > iou * (areas[i] + areas[rest] - common)]] = False
    return found[order[alive]]


def paint(found: Detections, shape: tuple[int, int], mask_threshold: float) -> tuple[NDArray[np.int32], Array]:
    """A label image (Y, X) int32 and the score of each object, row i for id i + 1; the higher score wins a pixel.

    Args:
        found: highest score first.
        shape: of the image.
        mask_threshold: a pixel belongs to an object from this probability on.
    """
    labels = np.zeros(shape, np.int32)
    scores: list[float] = []
    for box, score, mask in zip(found.boxes, found.scores, found.masks, strict=True):
        window, inside = _spread(box, mask, shape, mask_threshold)
        here = labels[window]
        free = inside & (here == 0)
        visible, whole = int(free.sum()), int(inside.sum())
        if visible and visible >= VISIBLE * whole:
            scores.append(float(score))
            here[free] = len(scores)
    return labels, np.array(scores, np.float32)


def _spread(
    box: Array, mask: NDArray[np.uint8], shape: tuple[int, int], threshold: float
) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Where a mask lies in the image, and which pixels there it covers: linear interpolation between its points."""
    x1, y1, x2, y2 = (float(v) for v in box)
    rows = np.arange(max(0, int(np.floor(y1))), min(shape[0], int(np.ceil(y2))))
    columns = np.arange(max(0, int(np.floor(x1))), min(shape[1], int(np.ceil(x2))))
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)) if rows.size and columns.size else None
    if window is None:
        return (slice(0, 0), slice(0, 0)), np.zeros((0, 0), bool)
    down, across = spread_weights(rows, y1, y2, mask.shape[0]), spread_weights(columns, x1, x2, mask.shape[1])
    return window, down @ mask.astype(np.float32) @ across.T >= 255 * threshold


def spread_weights(places: NDArray[Any], start: float, stop: float, points: int) -> Array:
    """(pixels, points): how much each point of a mask counts for each pixel along one axis; 0 outside of the box."""
    at = (places + 0.5 - start) / max(stop - start, 1e-6) * points - 0.5
    weights = 1.0 - np.abs(np.clip(at, 0, points - 1)[:, None] - np.arange(points))
    weights = np.maximum(weights, 0.0)
    weights[(at < -0.5) | (at > points - 0.5)] = 0.0  # outside of the box
    return np.asarray(weights, np.float32)
