"""Tiles of images and their labels, all objects at one size: what a style is learned from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import Image, Labels
from ...errors import BadImage, BadLabels, NothingToShow
from .condition import shown, tints_of

Pair = tuple[Image, Labels]
Floats = NDArray[np.float32]
PERCENTILES = (1.0, 99.8)  # as the models see images: over all channels, so that the stain keeps its colour
SPAN = 0.9  # these percentiles become -0.9 and 0.9; a little room is left below and above
ENOUGH = 5  # of an image with fewer objects the size is not measured but taken from the whole style
LARGEST_SCALE = 10.0


@dataclass(frozen=True)
class Source:
    """An image of a style as it is learned.

    Attributes:
        pixels: (C, Y, X) float32, -1 to 1.
        ids: (Y, X) int32.
        tints: (1 + objects, C + 1) float32, see `tints_of`.
        seen: (3 + C + 1, Y, X) float32, what the painter is shown: see `shown`.
        levels: pixel values that -0.9 and 0.9 stand for, from 0 to 255.
        style: number of its group.
        grey: whether its channels are all alike.
        name: of the image.
    """

    pixels: Floats
    ids: NDArray[np.int32]
    tints: Floats
    seen: Floats
    levels: tuple[float, float]
    style: int
    grey: bool
    name: str


@dataclass(frozen=True)
class Tile:
    """One thing to learn: pixels (C, Y, X), what the painter is shown (3 + C + 1, Y, X), the number of the style."""

    pixels: Floats
    seen: Floats
    style: int


class Tiles:
    """Square pieces of the sources that overlap by half and hold an object, turned and mirrored on the fly.

    Tile number n of a seed is always the same one; the styles take turns, and of each style every tile comes once
    before any comes again.
    """

    def __init__(self, sources: Sequence[Source], tile_px: int, seed: int) -> None:
        self.sources, self.tile_px, self.seed = sources, tile_px, seed
        self.places: dict[int, list[tuple[int, int, int]]] = {s.style: [] for s in sources}
        for number, source in enumerate(sources):
            _, height, width = source.pixels.shape
            for y in _starts(height, tile_px):
                for x in _starts(width, tile_px):
                    if source.ids[y : y + tile_px, x : x + tile_px].any():
                        self.places[source.style].append((number, y, x))

    def __len__(self) -> int:
        return sum(map(len, self.places.values()))

    def __getitem__(self, number: int) -> Tile:
        styles = sorted(self.places)
        style, turn = styles[number % len(styles)], number // len(styles)
        places = self.places[style]
        lap, at = divmod(turn, len(places))
        source, y, x = places[np.random.default_rng((self.seed, style, lap)).permutation(len(places))[at]]
        view = int(np.random.default_rng((self.seed, number, 1)).integers(8))
        side = slice(y, y + self.tile_px), slice(x, x + self.tile_px)
        cut = (a[:, side[0], side[1]] for a in (self.sources[source].pixels, self.sources[source].seen))
        pixels, seen = (turned(a, view) for a in cut)
        return Tile(pixels, seen, style)


def turned(pixels: NDArray[Any], view: int) -> NDArray[Any]:
    """(C, Y, X) in one of the eight views of a square: mirrored (4 and up), then turned by 90 degrees 0 to 3 times."""
    mirrored = pixels[..., ::-1] if view >= 4 else pixels
    return np.ascontiguousarray(np.rot90(mirrored, view % 4, axes=(-2, -1)))


def sources_of(groups: Mapping[str, Sequence[Pair]], object_px: float, tile_px: int) -> list[Source]:
    """Images and labels of all groups at one object size, reflected at the edges up to a tile's size at least.

    An image is scaled, alike on both axes, as `scales_to` says. Images without objects, also those whose objects are
    too small to be seen at this size, are left out. If one group has colours, all get three channels.

    Raises:
        NothingToShow: no pair, or a group without any object.
        BadImage: axes other than YX or CYX, other than 1 or 3 channels, pixels that cannot be worked with.
        BadLabels: labels of another size than their image.
    """
    if not any(groups.values()):
        raise NothingToShow("No pair of an image and its labels was given; a style is learned from at least one.")
    checked = {name: [(_planes(i), _fitting(i, labels), i) for i, labels in pairs] for name, pairs in groups.items()}
    channels = max(len(planes) for pairs in checked.values() for planes, _, _ in pairs)
    made = []
    for style, (name, pairs) in enumerate(checked.items()):
        scales = scales_to(object_px, [labels for _, labels, _ in pairs])
        own = [
            _source(planes, labels, image, scale, tile_px, channels, style)
            for (planes, labels, image), scale in zip(pairs, scales, strict=True)
            if labels.count
        ]
        if not any(source.ids.any() for source in own):
            raise NothingToShow(
                f"None of the {len(pairs)} label images of {name} has an object; a style is learned from what objects "
                "look like. Use another model to find some, or give labels."
            )
        made += [source for source in own if source.ids.any()]
    return made


def scales_to(object_px: float, images: Sequence[Labels]) -> list[float]:
    """By what each image of a style is enlarged so that its typical object has a diameter.

    That is `object_px` / median diameter (of the disc of equal area) of its objects; with fewer than 5 objects, which
    may all be crumbs, of those of all the images. Nothing is enlarged more than ten times.

    Args:
        object_px: the diameter.
        images: label images of one style.

    Returns:
        A factor an image; 1 if none of them has an object.
    """
    diameters = [diameters_px(labels) for labels in images]
    every = np.concatenate([*diameters, np.empty(0)])
    if not every.size:
        return [1.0] * len(diameters)
    typical = [float(np.median(own if own.size >= ENOUGH else every)) for own in diameters]
    return [min(object_px / one, LARGEST_SCALE) for one in typical]


def diameters_px(labels: Labels) -> NDArray[np.float64]:
    """Diameter of the disc of equal area, of every object."""
    return np.asarray(2 * np.sqrt(labels.areas_px / np.pi), np.float64)


def on_painted_scale(image: Image) -> Floats:
    """The pixels as a style would paint them: on a scale from 0 to 255, whatever the number type, far ends cut.

    Real and painted pictures can be compared on this scale alone; 8-bit pixels keep their values on it.

    Args:
        image: axes YX or CYX.

    Returns:
        Float32 in the image's shape.
    """
    x = image.array().astype(np.float32)
    low, high = (float(p) for p in np.percentile(x, PERCENTILES))
    part = (x - low) / max(high - low, 1e-9)
    beyond = (1 / SPAN - 1) / 2  # what is left below and above the percentiles
    low, high = _levels(low, high, image)
    return np.asarray(np.clip(low + np.clip(part, -beyond, 1 + beyond) * (high - low), 0, 255), np.float32)


def scaled_ids(ids: NDArray[Any], scale: float, shape: tuple[int, int] | None = None) -> NDArray[np.int32]:
    """A label image (Y, X) at another size; the nearest id is taken."""
    from skimage.transform import resize

    shape = shape or _shape(ids.shape[-2:], scale)
    if shape == ids.shape:
        return np.asarray(ids, np.int32)
    made = resize(ids, shape, order=0, preserve_range=True, anti_aliasing=False)
    return np.asarray(made, np.int32)


def scaled(pixels: NDArray[Any], shape: tuple[int, int]) -> Floats:
    """(C, Y, X) at another size, linear, smoothed first where it gets smaller."""
    from skimage.transform import resize

    if shape == pixels.shape[-2:]:
        return np.asarray(pixels, np.float32)
    smaller = shape[0] < pixels.shape[-2] or shape[1] < pixels.shape[-1]
    planes = np.asarray(pixels, np.float32)
    made = [resize(p, shape, order=1, preserve_range=True, anti_aliasing=smaller) for p in planes]
    return np.asarray(np.stack(made), np.float32)


def _source(
    planes: Floats, labels: Labels, image: Image, scale: float, tile_px: int, channels: int, style: int
) -> Source:
    low, high = (float(p) for p in np.percentile(planes, PERCENTILES))
    shape = _shape(planes.shape[-2:], scale)
    pixels = (scaled(planes, shape) - low) / max(high - low, 1e-9)
    pixels = np.clip(SPAN * (2 * pixels - 1), -1, 1)
    ids = scaled_ids(labels.array(), scale)
    more = [(0, max(0, tile_px - n)) for n in shape]
    pixels = np.pad(pixels, [(0, 0), *more], mode="symmetric")
    ids = np.pad(ids, more, mode="symmetric")
    grey = len(pixels) == 1
    if len(pixels) < channels:
        pixels = np.repeat(pixels, channels, axis=0)
    pixels = pixels.astype(np.float32)
    tints = tints_of(pixels, ids)
    return Source(pixels, ids, tints, shown(ids, tints), _levels(low, high, image), style, grey, image.name)


def _levels(low: float, high: float, image: Image) -> tuple[float, float]:
    """The percentiles as values from 0 to 255: of 8-bit images their own, of others such that the upper one is 235."""
    if image.pixels.dtype == np.uint8:
        return low, max(high, low + 1)
    low, high = max(low, 0.0), max(high, low + 1e-9, 1e-9)
    return min(235 * low / high, 200.0), 235.0


def _planes(image: Image) -> Floats:
    """(C, Y, X) float32; one channel where all are alike."""
    if image.axes not in ("YX", "CYX"):
        raise BadImage(
            f"{image.name} has the axes {image.axes}; a style is learned from flat images (YX or CYX). Project it, or "
            "take planes."
        )
    x = np.asarray(image.checked().array(), np.float32)
    planes: Floats = x if image.axes == "CYX" else x[None]
    if (planes == planes[:1]).all():
        return planes[:1]
    if len(planes) != 3:
        raise BadImage(
            f"{image.name} has {len(planes)} channels; a style is learned from 1 or 3. Choose channels when reading it."
        )
    return planes


def _fitting(image: Image, labels: Labels) -> Labels:
    """The labels, if they lie on the image's pixels."""
    size = {axis: n for axis, n in image.shape.items() if axis in "YX"}
    if labels.shape != size:
        raise BadLabels(
            f"The labels {labels.name} have the size {labels.shape}, their image {image.name} has {size}. Both must be "
            "on the same pixels."
        )
    return labels


def _shape(shape: tuple[int, ...], scale: float) -> tuple[int, int]:
    return max(1, round(shape[-2] * scale)), max(1, round(shape[-1] * scale))


def _starts(length: int, tile_px: int) -> list[int]:
    """Where tiles begin that cover a length evenly and overlap by half at least."""
    count = 1 + int(np.ceil((length - tile_px) / (tile_px / 2)))
    return sorted({round(p) for p in np.linspace(0, length - tile_px, count)})
