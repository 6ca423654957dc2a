"""Images at the object size of a style, in pieces as large as painted ones; factors are those of `adapt.scales_to`."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...adapt import on_painted_scale
from ...data import Act, Image


def pieces(image: Image, factor: float, side_px: int) -> Iterator[Image]:
    """The image that much larger, in square pieces as large as painted images, the rest of it mirrored out.

    The pieces are uint8 on the scale of painted images, so that their features can be compared with those of these.
    """
    from skimage.transform import resize

    pixels = on_painted_scale(image)
    pixels = pixels if "C" in image.axes else pixels[None]
    shape = (len(pixels), *(max(1, round(n * factor)) for n in pixels.shape[1:]))
    pixels = resize(pixels, shape, order=1, anti_aliasing=factor < 1, preserve_range=True)
    pixels = np.rint(pixels).astype(np.uint8)
    down, across = (max(1, round(n / side_px)) for n in shape[1:])
    missing = [(0, max(0, k * side_px - n)) for k, n in zip((down, across), shape[1:], strict=True)]
    pixels = np.pad(pixels, [(0, 0), *missing], mode="symmetric")
    for number in range(down * across):
        top, left = (side_px * n for n in divmod(number, across))
        piece = pixels[:, top : top + side_px, left : left + side_px]
        cut = {"factor": round(factor, 6), "side_px": side_px, "number": number, "colours_of": image.name}
        act = Act("cut", "piece", cut)
        yield image.then(act, piece if "C" in image.axes else piece[0], name=f"{image.name}/{number}")
