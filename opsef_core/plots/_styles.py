"""The styles that unlabelled images were sorted into, a row each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ..data import Image, Unreadable
from ..errors import NothingToShow
from ._board import INK, MARK
from ._overlay import Picture
from ._thumbnail import MARGIN

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SIDE_PX = 256
PICTURE_IN, NAME_IN, CAPTION_IN, TITLE_IN = 1.35, 0.2, 1.15, 0.5


class Group(Protocol):
    """Images that look alike; a `Style` is one."""

    @property
    def name(self) -> str:
        """Of the style."""

    @property
    def members(self) -> Sequence[str]:
        """Names of all its images."""

    @property
    def shown(self) -> Sequence[str]:
        """Names of those to be shown, the medoid first."""


def styles(
    found: Iterable[Group], images: Iterable[Image | Unreadable], side_px: int = SIDE_PX, rows: int = 24
) -> NDArray[Any]:
    """Draw a row of images for each style: the medoid in a frame, then members that differ from it and each other.

    Every picture shows the same number of pixels, from the middle of its image, so objects have their true proportions;
    what is beyond a smaller image is grey. Brightness is stretched image by image.

    Args:
        found: of `find_styles`, in the order of the rows.
        images: they have names; only those shown are read, and one that is not among them leaves its place empty.
        side_px: height and width of what is shown of an image.
        rows: styles shown, at most; the title says how many there are.

    Returns:
        (styles, pictures) array of axes, None where a style has fewer; `[0, 0].figure` is the figure. Nothing is shown.

    Raises:
        NothingToShow: there is no style, or none of its images is there.
    """
    every = list(found)
    groups = every[:rows]
    wanted = {name for group in groups for name in group.shown}
    pictures = {i.name: _middle(i.for_display(), side_px) for i in images if isinstance(i, Image) and i.name in wanted}
    if not pictures:
        raise NothingToShow("There is no style to show, or the images given are not those the styles were found in.")
    across = max(len(group.shown) for group in groups)
    figure, places = _figure(len(groups), across)
    axes = np.full((len(groups), across), None, object)
    total = sum(len(group.members) for group in every)
    for row, group in enumerate(groups):
        caption = figure.add_subplot(places[row, 0])
        caption.set_axis_off()
        share = f"{len(group.members)} image{'s' * (len(group.members) != 1)}\n{len(group.members) / total:.0%}"
        caption.text(0.95, 0.5, f"{group.name}\n{share}", ha="right", va="center", fontsize=9, color=INK)
        for column, name in enumerate(group.shown):
            axes[row, column] = ax = figure.add_subplot(places[row, 1 + column])
            _draw(ax, pictures.get(name), name, framed=column == 0)
    more = f", the largest {len(groups)} of them here" if len(groups) < len(every) else ""
    title = f"{len(every)} style{'s' * (len(every) != 1)} in {total} image{'s' * (total != 1)}{more}"
    crop = f"the most typical image in its frame, then unlike ones; {side_px} x {side_px} pixels of each"
    figure.text(0.01, 1 - 0.06 / figure.get_figheight(), f"{title}\n{crop}", va="top", fontsize=10, color=INK)
    return axes


def _figure(down: int, across: int) -> tuple[Figure, Any]:
    """A figure with a place for a caption and pictures in each row."""
    import matplotlib.pyplot as plt

    width, height = CAPTION_IN + PICTURE_IN * max(across, 4), TITLE_IN + (PICTURE_IN + NAME_IN) * down
    figure = plt.figure(figsize=(width, height))
    places = figure.add_gridspec(
        down,
        1 + max(across, 4),
        width_ratios=[CAPTION_IN, *[PICTURE_IN] * max(across, 4)],
        left=0.005,
        right=0.995,
        top=1 - TITLE_IN / height,
        bottom=NAME_IN / height,
        wspace=0.04,
        hspace=NAME_IN / PICTURE_IN,
    )
    return figure, places


def _draw(ax: Any, picture: Picture | None, name: str, framed: bool) -> None:
    if picture is None:
        ax.set_axis_off()
        ax.text(0.5, 0.5, "not given", ha="center", va="center", transform=ax.transAxes, fontsize=7, color=INK)
    else:
        ax.imshow(picture, interpolation="antialiased")
        ax.set(xticks=[], yticks=[])
        for side in ax.spines.values():
            side.set(visible=framed, color=MARK, linewidth=2)
    ax.text(0.5, -0.03, _short(name), va="top", ha="center", transform=ax.transAxes, fontsize=6, color=INK)


def _short(name: str) -> str:
    """Both ends of a long name."""
    return name if len(name) <= 26 else f"{name[:14]}...{name[-9:]}"


def _middle(picture: Picture, side: int) -> Picture:
    """A square from the middle; what lies outside of the image is grey."""
    piece = np.full((side, side, 3), MARGIN, np.uint8)
    height, width = (min(n, side) for n in picture.shape[:2])
    top, left = ((n - m) // 2 for n, m in zip(picture.shape[:2], (height, width), strict=True))
    to = (side - height) // 2, (side - width) // 2
    piece[to[0] : to[0] + height, to[1] : to[1] + width] = picture[top : top + height, left : left + width]
    return piece
