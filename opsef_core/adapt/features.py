"""What an image looks like, in 248 numbers: size, intensity, colour, texture of the whole image.

Source: Hollandi et al. 2020, Cell Systems 10, 453-458, doi:10.1016/j.cels.2020.04.003, after the whole-image features
of CellProfiler (Carpenter et al. 2006, Genome Biology 7, R100). Where this differs from what was published:

- Minimum and maximum are the 0.1 % and 99.9 % percentiles, so that a hot pixel counts no more than others.
- Levels of red, green, blue are shares of the number type's full scale: 255, 65535 for longer whole numbers, 1 for
  floats. All else is told on the image's own scale, from 0 at the lowest to 1 at the highest value but for a
  thousandth, one scale for all three colours. So texture and colour do not depend on a camera's gain or bit depth.
- At most `WINDOWS` windows are looked at, at full resolution, evenly spread over the image.
- Gabor responses are taken in every window, not at the image's centre alone, and their root mean square is told.
- Mass displacement is a share of the root of the area, not a number of pixels.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Image, Unreadable
from ..errors import BadParameter, OpsefError
from ._texture import GABOR, HARALICK, SCALES_PX, gabor, haralick

log = logging.getLogger(__name__)

Floats = NDArray[np.float32]
WINDOW_PX, WINDOWS = 64, 32  # 131 072 pixels: all of 256 x 256, a third of 520 x 696
LEAST_PX = 8  # a thinner image is mirrored at its edge until it is so wide, so that texture has neighbours
BORDER_PX = 4096  # of the outermost pixels, evenly spread
PERCENT = (0.1, 99.9)
LARGEST = 1e100  # larger floats are no intensities; their squares would not be finite
CHANNELS = ("red", "green", "blue", "lab_l", "lab_a", "lab_b")
LEVELS = ("integrated", "mean", "std", "min", "max")
SIZE = ("height_px", "width_px")
NAMES: tuple[str, ...] = (
    *SIZE,
    *(f"{c}_{level}" for level in LEVELS for c in CHANNELS),
    *(f"{c}_border_{level}" for level in LEVELS for c in CHANNELS),
    *(f"{c}_mass_displacement" for c in CHANNELS),
    *(f"{c}_{name}_{s}px" for s in SCALES_PX for name in (*HARALICK, *GABOR) for c in CHANNELS),
)


def features(image: Image) -> pd.Series[float]:
    """Describe an image by 248 numbers, all finite, whatever its number type, size or content.

    Of a stack the middle plane is used, of a series the first time point. Of an image with other channels than red,
    green, blue the first three stand for these, each on a scale of its own. An 8-bit image and the same in 16 bit
    (times 257) have equal features; as floats from 0 to 1 nearly so. About 30 ms on one core for an image of any size,
    reading not counted.

    Returns:
        Float64 by name: `height_px`, `width_px`; for red, green, blue, lab_l, lab_a, lab_b (CIE L*a*b*, D65, here from
        0 to 1) integrated, mean, std, min, max, the same of the border, and mass_displacement (distance of the centre
        of mass from the middle / root of the area); 13 of Haralick and 2 of Gabor at scales of 3 and 5 pixels.

    Raises:
        BadImage: no pixels, not numbers, or NaN or infinite values.
    """
    colours, own_scales = _plane(image)
    height, width = colours[0].shape
    at, windows = _windows(colours)
    edge = np.stack([_border(c) for c in colours])
    area, outline = height * width, max(2 * (height + width) - 4, 1)
    full_scale = _full_scale(windows.dtype)
    windows, edge = (np.clip(x.astype(float), -LARGEST, LARGEST) for x in (windows, edge))
    plain, plain_edge = windows / full_scale, edge / full_scale
    windows, edge = (_with_lab(x) for x in _on_own_scale(windows, edge, own_scales))
    spans = _spans(windows)
    parts: list[Any] = [
        np.array([height, width]),
        np.concatenate([_levels(plain, _spans(plain), area), _levels(windows[3:], spans[3:], area)], axis=1).ravel(),
        np.concatenate([_levels(x, _spans(x), outline) for x in (plain_edge, edge[3:])], axis=1).ravel(),
        _mass_displacement(windows, at) / np.sqrt(area),
        _texture(windows, spans),
    ]
    return pd.Series(np.concatenate(parts).astype(float), NAMES, name=image.name)


def feature_table(images: Iterable[Image | Unreadable], progress: bool = False) -> pd.DataFrame:
    """The features of many images, one row an image, sorted by name.

    An image that cannot be used is left out, with its reason as a warning in the log. One image is in memory at a time.

    Args:
        images: any order; their names are the index.
        progress: show a bar.

    Raises:
        BadParameter: two images have the same name.
    """
    from tqdm.auto import tqdm

    rows: dict[str, NDArray[np.float64]] = {}
    for image in tqdm(images, desc="features", unit="image", disable=not progress):
        if isinstance(image, Unreadable):
            log.warning("%s is left out: %s", image.name, image.reason)
            continue
        if image.name in rows:
            raise BadParameter(f"Two images are called {image.name!r}; every image needs a name of its own.")
        try:
            rows[image.name] = features(image).to_numpy()
        except OpsefError as error:
            log.warning("%s is left out: %s", image.name, error)
    table = pd.DataFrame.from_dict(rows, orient="index", columns=list(NAMES), dtype=float)
    return table.sort_index().rename_axis("image")


def _plane(image: Image) -> tuple[list[NDArray[Any]], bool]:
    """Red, green, blue (Y, X) of one plane, and whether each has a scale of its own."""
    pixels, axes = image.pixels, image.axes
    for axis in "TZ":
        if axis in axes and pixels.shape[axes.index(axis)]:
            at = 0 if axis == "T" else pixels.shape[axes.index(axis)] // 2
            pixels = pixels[(slice(None),) * axes.index(axis) + (at,)]
            axes = axes.replace(axis, "")
    x = replace(image, pixels=pixels, axes=axes).checked().array()
    if "C" not in axes:
        return [x] * 3, False
    if len(x) == 1:
        return [x[0]] * 3, False
    nothing = [np.zeros_like(x[0])] * (3 - len(x))
    return [*x[:3], *nothing], not image.is_rgb


def _windows(colours: Sequence[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Top left corners (n, 2) of the windows, and their pixels (colours, n, Y, X)."""
    height, width = colours[0].shape
    rows, columns = _fewer(_places(height), _places(width))
    high, wide = (min(WINDOW_PX, max(n, LEAST_PX)) for n in (height, width))
    at = np.array([(r, c) for r in rows for c in columns])
    padded = [_mirrored(c) for c in colours]
    return at, np.stack([np.stack([p[r : r + high, c : c + wide] for r, c in at]) for p in padded])


def _places(length: int) -> NDArray[np.int64]:
    """Where windows begin along a side: all pixels are covered, with overlap if need be."""
    return np.linspace(0, max(length - WINDOW_PX, 0), -(-length // WINDOW_PX)).round().astype(int)


def _fewer(rows: NDArray[np.int64], columns: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of windows, evenly thinned out until there are no more than `WINDOWS`."""
    share = min(1.0, np.sqrt(WINDOWS / (len(rows) * len(columns))))
    down = min(max(int(len(rows) * share), 1), WINDOWS)
    across = min(len(columns), WINDOWS // down)
    down = min(len(rows), WINDOWS // across)
    return _thinned(rows, down), _thinned(columns, across)


def _thinned(places: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    """So many of them, each from the middle of its part."""
    thin: NDArray[np.int64] = places[((np.arange(count) + 0.5) * len(places) / count).astype(int)]
    return thin


def _mirrored(colour: NDArray[Any]) -> NDArray[Any]:
    lack = [max(LEAST_PX - n, 0) for n in colour.shape]
    return np.pad(colour, [(0, n) for n in lack], mode="symmetric") if any(lack) else colour


def _border(colour: NDArray[Any]) -> NDArray[Any]:
    """The outermost pixels, evenly thinned out."""
    line = np.concatenate([colour[0], colour[-1], colour[1:-1, 0], colour[1:-1, -1]])
    thin: NDArray[Any] = line[:: -(-len(line) // BORDER_PX)]
    return thin


def _full_scale(dtype: np.dtype[Any]) -> float:
    """What the value 1 stands for."""
    return 1.0 if dtype.kind in "bf" else 255.0 if dtype.itemsize == 1 else 65535.0


def _on_own_scale(windows: NDArray[Any], edge: NDArray[Any], own_scales: bool) -> tuple[Floats, Floats]:
    """Values from 0 to 1; both ends are pixel values, so that rounding is the same for every number type."""
    groups = [slice(c, c + 1) for c in range(3)] if own_scales else [slice(0, 3)]
    made = np.zeros(windows.shape, np.float32), np.zeros(edge.shape, np.float32)
    for group in groups:
        low, high = (float(v) for v in np.percentile(windows[group], PERCENT, method="nearest"))
        if high > low:
            for x, out in zip((windows, edge), made, strict=True):
                out[group] = np.clip((x[group] - low) / (high - low), 0, 1)
    return made


def _with_lab(rgb: Floats) -> Floats:
    """Three more channels (L*, a*, b*), all of them from 0 to 1."""
    from skimage.color import rgb2lab

    lab = rgb2lab(rgb, channel_axis=0)
    lab[0] /= 100
    lab[1:] = (lab[1:] + 128) / 255
    return np.concatenate([rgb, lab])


def _spans(x: NDArray[Any]) -> NDArray[np.float64]:
    """Lowest and highest value of each channel but for a thousandth: (channels, 2)."""
    return np.array([np.percentile(c, PERCENT, method="nearest") for c in x])


def _levels(x: NDArray[Any], spans: NDArray[np.float64], pixels: int) -> NDArray[np.float64]:
    """Integrated, mean, std, min, max (down) of each channel (across)."""
    flat = x.reshape(len(x), -1)
    means = flat.mean(axis=1)
    return np.stack([means * float(pixels), means, flat.std(axis=1), *spans.T])


def _mass_displacement(windows: Floats, at: NDArray[np.int64]) -> NDArray[np.float64]:
    """Distance in pixels of each channel's centre of mass from the middle of what was looked at."""
    mass = windows - windows.min(axis=(1, 2, 3), keepdims=True)
    total = np.maximum(mass.sum(axis=(1, 2, 3)), 1e-9)
    shift = []
    for axis, other in ((2, 3), (3, 2)):
        place = at[:, axis - 2, None] + np.arange(windows.shape[axis])
        shift.append((mass.sum(axis=other) * (place - place.mean())).sum(axis=(1, 2)) / total)
    distance: NDArray[np.float64] = np.hypot(*shift)
    return distance


def _texture(windows: Floats, spans: NDArray[np.float64]) -> NDArray[np.float64]:
    """By scale, then feature, then channel."""
    both = [np.concatenate([haralick(w, *s), gabor(w)], axis=1) for w, s in zip(windows, spans.tolist(), strict=True)]
    texture: NDArray[np.float64] = np.stack(both, axis=-1).ravel()
    return texture
