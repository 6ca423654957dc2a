"""What a person changed, over the image: one colour a kind of change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Image, Labels
from ..errors import NothingToShow, UnknownName
from ._board import INK
from ._overlay import Colour, Picture, overlay
from ._overlay import _drawn as drawn
from ._overlay import _ids as plane_of

PICTURE_IN = 3.4
LONGEST_PX = 700  # a smaller image is enlarged, so that outlines stay thin
LINES = 230  # so many outlines of a changed object fit beside each other
# Okabe and Ito's colours, which people who are colour-blind can tell apart; what did not change is grey.
COLOURS: dict[str, Colour] = {
    "unchanged": (170, 170, 170),
    "reshaped": (240, 228, 66),
    "added": (0, 200, 140),
    "deleted": (235, 60, 40),
    "split": (86, 180, 233),
    "merged": (230, 159, 0),
    "reclassified": (224, 130, 190),
}


class Changed(Protocol):
    """What is needed of corrections; `reimport` gives it."""

    @property
    def labels(self) -> Mapping[str, Labels]:
        """Labels now, by image."""

    @property
    def exported(self) -> Mapping[str, Labels]:
        """Labels before, by image."""

    @property
    def changes(self) -> pd.DataFrame:
        """One row an object: `image`, `id`, `exported_id`, `kind`."""

    @property
    def found_images(self) -> Mapping[str, Image]:
        """The images, by name."""


def changes(corrected: Changed, images: Sequence[str] | None = None, most: int = 6, columns: int = 3) -> NDArray[Any]:
    """Draw the outlines of all objects over their images, coloured by what became of them.

    Objects that are there show the outline they have now; of deleted and swallowed objects the old one is shown.
    Images with most changes come first.

    Args:
        corrected: from `reimport`.
        images: names; those with any change if left out.
        most: images, at most.
        columns: pictures side by side.

    Returns:
        Array of the axes used, in order; `[0].figure` is the figure. Nothing is shown.

    Raises:
        UnknownName: an image that did not come back.
        NothingToShow: nothing was changed, or no image was found.
    """
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch

    names = _chosen(corrected, images, most)
    columns = min(columns, len(names))
    rows = -(-len(names) // columns)
    figure, axes = plt.subplots(
        rows, columns, figsize=(PICTURE_IN * columns, PICTURE_IN * rows + 0.5), squeeze=False, layout="constrained"
    )
    for ax in axes.ravel():
        ax.set_axis_off()
    used = list(axes.ravel()[: len(names)])
    shown: dict[str, int] = {}
    for ax, name in zip(used, names, strict=True):
        table = corrected.changes[corrected.changes["image"] == name]
        ax.imshow(_drawn(corrected, name, table))
        ax.set_title(name, fontsize=8, color=INK)
        for kind, count in table.loc[~_repeated(table), "kind"].value_counts().items():
            shown[str(kind)] = shown.get(str(kind), 0) + int(count)
    handles = [
        Patch(facecolor=np.array(colour) / 255, edgecolor=INK, linewidth=0.5, label=f"{kind} ({shown[kind]})")
        for kind, colour in COLOURS.items()
        if kind in shown
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=len(handles), fontsize=8, frameon=False)
    return np.array(used, object)


def _repeated(table: pd.DataFrame) -> pd.Series[bool]:
    """Rows of what is counted already: further parts of a split object, and objects another one has swallowed."""
    return table["kind"].isin(["split", "merged"]) & (table["id"].isna() | table["exported_id"].isna())


def _chosen(corrected: Changed, images: Sequence[str] | None, most: int) -> list[str]:
    """Names of the images to draw."""
    if images is not None:
        for name in images:
            if name not in corrected.labels:
                raise UnknownName("image that came back", name, corrected.labels)
        names = list(images)
    else:
        counts = corrected.changes.loc[corrected.changes["kind"] != "unchanged", "image"].value_counts()
        names = [str(name) for name in counts.index]
    if not names:
        raise NothingToShow("Nothing was changed, so there is nothing to draw.")
    found = [name for name in names if name in corrected.found_images]
    if not found:
        raise NothingToShow("The images were not found; give them to reimport: reimport(folder, images=run).")
    return found[:most]


def _drawn(corrected: Changed, name: str, table: pd.DataFrame) -> Picture:
    """One image with all outlines."""
    image, now, before = corrected.found_images[name], corrected.labels[name], corrected.exported[name]
    zoom = max(1, LONGEST_PX // max(image.shape["Y"], image.shape["X"]))
    picture = overlay(image, zoom=zoom)
    wide = max(2, round(max(picture.shape) / LINES))
    for kind, colour in COLOURS.items():
        rows = table[table["kind"] == kind]
        gone = rows.loc[rows["id"].isna(), "exported_id"]
        for labels, ids in ((now, rows["id"].dropna()), (before, gone.dropna())):
            if len(ids):
                plane = plane_of(image, labels)
                these = np.where(np.isin(plane, ids.to_numpy(np.int64)), plane, 0)
                picture = drawn(picture, these, zoom, wide // 2 if kind == "unchanged" else wide, colour)
    return picture
