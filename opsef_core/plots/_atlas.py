"""The atlas of errors: a wall of pictures for each thing that goes wrong."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import NothingToShow
from ._board import INK
from ._overlay import Picture
from ._thumbnail import Shelf, thumbnails

ON_A_WALL = 16
TITLE_IN, PICTURE_IN = 0.45, 1.75
# Which side shows a type, and by what the worst come first.
SHOWN = {"missed": "truth", "split": "truth", "merged": "found", "invented": "found", "found": "truth"}
TITLES = {
    "missed": "Missed: true objects that nothing matches",
    "split": "Split: true objects found in pieces",
    "merged": "Merged: several true objects found as one",
    "invented": "Invented: found, but no true object",
    "found": "Found: the worst outlines of them",
}


def atlas(errors: pd.DataFrame, run: Shelf, on_a_wall: int = ON_A_WALL, columns: int = 8) -> NDArray[Any]:
    """Draw a wall of pictures for each error type, the worst first, with the outlines of truth and result.

    Missed and invented objects are sorted by size, split and merged ones by the number of parts, found ones by IoU, the
    poorest first. Every image gives its worst before any gives its second, so that no image fills a wall.

    Args:
        errors: of `Run.errors`, of one grid point.
        run: where images, truth and results are found.
        on_a_wall: pictures of a type, at most.
        columns: pictures side by side.

    Returns:
        Array of the axes used, in order; `[0].figure` is the figure. Nothing is shown.

    Raises:
        NothingToShow: there is no object, or there are several grid points.
    """
    points = list(errors["grid_point"].unique()) if "grid_point" in errors else []
    if len(points) > 1:
        raise NothingToShow(
            f"An atlas shows one grid point; the table has {len(points)}. Take one: "
            f"run.errors([{points[0]!r}]), or run.errors([run.best().grid_point])."
        )
    walls = {kind: rows for kind in SHOWN if len(rows := wall(errors, kind, on_a_wall))}
    if not walls:
        raise NothingToShow("There is no object in the truth or the result, so there is nothing to show.")
    every = pd.concat(list(walls.values()))
    return _hung(walls, dict(zip(every.index, thumbnails(every, run), strict=True)), errors, columns)


def wall(errors: pd.DataFrame, kind: str, on_a_wall: int = ON_A_WALL) -> pd.DataFrame:
    """The rows of a type to be shown, in order: worst first, and every image's first before any image's second."""
    rows = errors[(errors["type"] == kind) & (errors["side"] == SHOWN[kind])]
    partners = rows["partners"].str.count(" ")
    order = pd.DataFrame({"parts": -partners, "area": -rows["area_px"], "iou": rows["iou"]})
    keys = ["iou"] if kind == "found" else ["parts", "area"]
    rows = rows.loc[order.sort_values(keys, kind="stable").index]
    turn = rows.groupby("image", sort=False).cumcount()
    return rows.loc[turn.sort_values(kind="stable").index[:on_a_wall]]


def _hung(
    walls: dict[str, pd.DataFrame], pictures: dict[Any, Picture], errors: pd.DataFrame, columns: int
) -> NDArray[Any]:
    """All walls in one figure, each with its title and its pictures in rows."""
    import matplotlib.pyplot as plt

    lines = {kind: -(-len(rows) // columns) for kind, rows in walls.items()}
    heights = [inch for n in lines.values() for inch in (TITLE_IN, *[PICTURE_IN] * n)]
    figure = plt.figure(figsize=(1.45 * columns, sum(heights)))
    places = figure.add_gridspec(
        len(heights),
        columns,
        height_ratios=heights,
        left=0.005,
        right=0.995,
        top=0.998,
        bottom=0.01,
        wspace=0.05,
        hspace=0.12,
    )
    axes: list[Any] = []
    line = 0
    for kind, rows in walls.items():
        total = int(((errors["type"] == kind) & (errors["side"] == SHOWN[kind])).sum())
        title = figure.add_subplot(places[line, :])
        title.set_axis_off()
        title.text(0, 0.1, f"{TITLES[kind]} ({len(rows)} of {total})", fontsize=10.5, color=INK)
        for number, (place, row) in enumerate(rows.iterrows()):
            ax = figure.add_subplot(places[line + 1 + number // columns, number % columns])
            ax.imshow(pictures[place])
            ax.set_axis_off()
            name = "\n".join(textwrap.wrap(str(row["image"]), 26)[:2])
            ax.text(0.5, -0.03, name, va="top", ha="center", transform=ax.transAxes, fontsize=6, color=INK)
            axes.append(ax)
        line += 1 + lines[kind]
    return np.array(axes, object)
