"""The contact sheet: one image as every method sees it."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data import Image, Labels
from ._overlay import FOUND, TRUE, Colour, Crop, Picture, overlays

PANEL_PX = 420  # how wide a panel is, about


def contact_sheet(
    image: Image,
    results: Sequence[tuple[str, Labels]],
    truth: Labels | None = None,
    crop: Crop | None = None,
    columns: int = 4,
) -> NDArray[Any]:
    """Draw the image, the truth if there is one, and the outlines of each result over the image, side by side.

    Args:
        image: what is shown under the outlines; of a stack the middle plane.
        results: (title, labels), in the order of the panels; the number of objects is added to the title.
        truth: true labels, outlined in blue; results are outlined in lime.
        crop: top, left, height, width in pixels, the same for all panels; None shows all.
        columns: panels side by side.

    Returns:
        Array of the axes used, in order; `[0].figure` is the figure. Nothing is shown.

    Raises:
        BadLabels: labels are not of the image's size.
        BadImage: the crop lies outside of the image.
    """
    layers: list[tuple[Labels | None, Colour]] = [(None, FOUND)]
    titles = [image.name]
    if truth is not None:
        layers.append((truth, TRUE))
        titles.append(f"truth\n{_objects(truth)}")
    layers += [(labels, FOUND) for _, labels in results]
    titles += [f"{textwrap.fill(title, 38, max_lines=3)}\n{_objects(labels)}" for title, labels in results]
    zoom, line_px = lens(image, crop)
    pictures = overlays(image, layers, crop, zoom, line_px)
    axes = _panels(pictures, columns, lines=max(title.count("\n") + 1 for title in titles))
    for ax, picture, title in zip(axes, pictures, titles, strict=True):
        if picture.size:
            ax.imshow(picture, interpolation="antialiased")
        ax.set_title(title, fontsize=9, color="#222222")
    return axes


def lens(image: Image, crop: Crop | None, panel_px: int = PANEL_PX) -> tuple[int, int]:
    """Zoom and width of outlines for a picture that will be shown about `panel_px` wide.

    Small crops are enlarged, eightfold at most; on large ones outlines get wider, as they will be shrunk.
    """
    _, _, height, width = crop if crop is not None else (0, 0, image.shape["Y"], image.shape["X"])
    scale = panel_px / max(height, width, 1)
    return (1, max(1, round(1.5 / scale))) if scale < 1.3 else (int(min(np.ceil(scale), 8)), 3)


def _panels(pictures: Sequence[Picture], columns: int, lines: int) -> NDArray[Any]:
    """One empty panel a picture, in a figure with room for titles of so many lines."""
    import matplotlib.pyplot as plt

    across = min(columns, len(pictures))
    down = -(-len(pictures) // across)
    height, width = pictures[0].shape[:2]
    tall = 3.5 * float(np.clip(height / max(width, 1), 0.4, 2.5)) + 0.18 * lines + 0.15
    figure = plt.figure(figsize=(3.6 * across, tall * down), layout="constrained")
    figure.get_layout_engine().set(h_pad=0.12)
    axes = figure.subplots(down, across, squeeze=False)
    for ax in axes.flat:
        ax.set_axis_off()
    used: NDArray[Any] = axes.ravel()[: len(pictures)]
    return used


def _objects(labels: Labels) -> str:
    return f"{labels.count} object{'s' * (labels.count != 1)}"
