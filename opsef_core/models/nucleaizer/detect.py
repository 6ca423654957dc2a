"""A network on an image of any size: in tiles with overlap, each object once and whole."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from .._device import with_smaller_batches
from ..unet.resize import resize
from .detections import Detections
from .net import MaskRCNN
from .seams import Place, Tile, joined

Pixels = NDArray[np.float32]
TILE_PX = 1024
MARGIN_PX = 128  # on each side of what a tile answers for; wider than a half of any object the network knows


def detect(net: MaskRCNN, pixels: Pixels, scale: float, device: str) -> Detections:
    """Objects of a normalised (3, Y, X) image, found after resizing it by a factor; boxes in the image's own pixels."""
    seen = resize(pixels, scale)
    tile = min(TILE_PX, max(seen.shape[-2:]))
    found = with_smaller_batches(lambda side: _in_tiles(net, seen, side, device), tile, "tiles of %d px", 4 * MARGIN_PX)
    exact = np.array(pixels.shape[:0:-1]) / np.array(seen.shape[:0:-1])  # x, y: sides are whole pixels after resizing
    boxes = found.boxes * np.tile(exact, 2).astype(np.float32)
    return Detections(boxes.astype(np.float32), found.scores, found.masks)


def _in_tiles(net: MaskRCNN, pixels: Pixels, side: int, device: str) -> Detections:
    """Objects of an image, boxes in its pixels."""
    parts = []
    for core, window in tiles(pixels.shape[1:], side):
        found = _forward(net, pixels[:, window[0], window[1]], device)
        parts.append(Tile(found.moved(window[1].start, window[0].start), core, window))
    return joined(parts, pixels.shape[1:])


def tiles(shape: tuple[int, ...], side: int) -> Iterator[tuple[Place, Place]]:
    """(core, window) pairs: cores cover the image without overlap, windows are cores with a margin."""
    spans = [list(_spans(n, side)) for n in shape]
    for core_y, window_y in spans[0]:
        for core_x, window_x in spans[1]:
            yield (core_y, core_x), (window_y, window_x)


def _spans(length: int, side: int) -> Iterator[tuple[slice, slice]]:
    count = 1 if length <= side else -(-length // (side - 2 * MARGIN_PX))
    edges = np.linspace(0, length, count + 1).round().astype(int)
    for start, stop in pairwise(edges):
        margin = slice(max(0, start - MARGIN_PX), min(length, stop + MARGIN_PX))
        # A box may be centred a hair outside of the image.
        yield slice(start if start else -side, stop if stop < length else length + side), margin


def _forward(net: MaskRCNN, pixels: Pixels, device: str) -> Detections:
    """Objects of one tile, mirrored out to a multiple of the network's stride."""
    height, width = pixels.shape[1:]
    padded = np.pad(pixels, ((0, 0), (0, -height % net.stride), (0, -width % net.stride)), mode="symmetric")
    with torch.inference_mode():
        batch = torch.from_numpy(padded[None]).to(device, memory_format=torch.channels_last)
        found: dict[str, Any] = {k: v.float().cpu().numpy() for k, v in net(batch)[0].items()}
    boxes = found["boxes"].clip(0, np.array([width, height] * 2, np.float32))
    kept = ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1)  # not those in what was mirrored
    masks = (255 * found["masks"] + 0.5).astype(np.uint8)
    return Detections(found["boxes"], found["scores"], masks)[kept]
