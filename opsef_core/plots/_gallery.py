"""The gallery: images side by side, as they are and as steps leave them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from numpy.typing import NDArray

from ..data import Image
from ..errors import NothingToShow
from ._overlay import Crop, overlay
from ._sheet import _panels, lens


def gallery(images: Iterable[Image | tuple[str, Image]], crop: Crop | None = None, columns: int = 4) -> NDArray[Any]:
    """Draw images side by side: several images, the tiles of one, or one image after several recipes.

    Args:
        images: images, or (title, image); without a title the image's name is one. Any axes and sizes: each is shown
            as `Image.for_display` does it, from its own darkest to its own brightest, so what a step does to the range
            is not seen; of a stack the middle plane.
        crop: top, left, height, width in pixels, the same for all; None shows all.
        columns: panels side by side.

    Returns:
        Array of the axes used, in order; `[0].figure` is the figure. Nothing is shown.

    Raises:
        NothingToShow: no image at all.
        BadImage: the crop lies outside of an image.
    """
    named = [(one.name, one) if isinstance(one, Image) else one for one in images]
    if not named:
        raise NothingToShow("A gallery needs at least one image.")
    titles = [textwrap.fill(title, 38, max_lines=3) for title, _ in named]
    pictures = [overlay(image, None, crop, lens(image, crop)[0]) for _, image in named]
    axes = _panels(pictures, columns, lines=max(title.count("\n") + 1 for title in titles))
    for ax, picture, title in zip(axes, pictures, titles, strict=True):
        ax.imshow(picture, interpolation="antialiased")
        ax.set_title(title, fontsize=9, color="#222222")
    return axes
