"""The board: every recipe x model as a cell, coloured by its mean score."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..errors import NothingToShow

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SEEN = "seen_in_training"
INK, PALE, MARK = "#222222", "#f4f4f4", "#d1005d"


@dataclass(frozen=True)
class Grid:
    """Numbers of the board: recipes down, models across; NaN where there is none."""

    recipes: list[str]
    models: list[str]
    means: NDArray[np.float64]
    failures: NDArray[np.int64]
    n_images: int
    seen: list[bool]  # models that were trained on some of the images


def board(
    scores: pd.DataFrame, metric: str = "dsb_score", lower_is_better: bool | None = None, ax: Axes | None = None
) -> Axes:
    """Draw how every recipe (down) did with every model (across): a metric, averaged over images, printed, coloured.

    Bright is good, whichever way the metric runs; the best cell has a frame. A failed image counts as the worst score
    on every image on which some other grid point was scored; a cell in which all failed is hatched.

    Args:
        scores: one row an image x grid point with `image`, `recipe`, `model_title`, and the metric's column; rows whose
            `status` is "failed" are failures. Recipes and models keep the order in which they come. A model with a
            row whose `seen_in_training` is true is marked.
        metric: a column of scores.
        lower_is_better: which way the metric runs; None: lower is better if its name ends in "_error".
        ax: where to draw; None makes a figure of a fitting size.

    Returns:
        The axes; nothing is shown.

    Raises:
        NothingToShow: the table has no such column, or no row.
    """
    wanted = ("image", "recipe", "model_title", metric)
    missing = [c for c in wanted if c not in scores]
    if missing or not len(scores):
        have = ", ".join(map(str, scores.columns)) or "none"
        raise NothingToShow(
            f"A board needs rows with the columns {', '.join(wanted)}. Here are {len(scores)} rows; columns: {have}."
        )
    low = metric.partition("(")[0].endswith("_error") if lower_is_better is None else lower_is_better
    grid = _grid(scores, metric, low)
    ax = _new_axes(grid) if ax is None else ax
    _draw_cells(ax, grid, low)
    _write_cells(ax, grid, low)
    _label(ax, grid)
    better = "lower is better" if low else "higher is better"
    images = f"{grid.n_images} image{'s' * (grid.n_images != 1)}"
    ax.set_title(f"{metric}, mean over {images}\n({better})", loc="left", fontsize=11, color=INK, pad=14)
    return ax


def _grid(scores: pd.DataFrame, metric: str, low: bool) -> Grid:
    """Means over images, failures as the worst score."""
    value = scores[metric].astype(float)
    failed = scores["status"].eq("failed") if "status" in scores else pd.Series(False, scores.index)
    scored = value.notna().groupby(scores["image"]).transform("any")
    rows = scores.assign(_value=value.mask(failed & scored, float(low)), _failed=failed, _done=~failed)
    by = rows.groupby(["recipe", "model_title"], sort=False)
    recipes, models = list(dict.fromkeys(scores["recipe"])), list(dict.fromkeys(scores["model_title"]))

    def square(values: pd.Series[Any], fill: float) -> NDArray[Any]:
        return values.unstack().reindex(index=recipes, columns=models).fillna(fill).to_numpy(copy=True)

    means = square(by["_value"].mean(), np.nan)
    means[square(by["_done"].sum(), 0) == 0] = np.nan
    n_images = int(scores.loc[scored, "image"].nunique())
    seen = set(scores.loc[scores[SEEN].fillna(False).astype(bool), "model_title"]) if SEEN in scores else set()
    failures = square(by["_failed"].sum(), 0).astype(int)
    return Grid(recipes, models, means, failures, n_images, [model in seen for model in models])


def _new_axes(grid: Grid) -> Axes:
    """A figure whose cells have a readable size, however many there are."""
    import matplotlib.pyplot as plt

    rows, columns = grid.means.shape
    wide, high = (1.35, 0.62) if columns <= 8 else (0.8, 0.5)
    size = (min(max(3.4 + wide * columns, 6.5), 24), min(1.9 + high * rows, 24))
    figure = plt.figure(figsize=size, layout="constrained")
    ax: Axes = figure.add_subplot()
    return ax


def _draw_cells(ax: Axes, grid: Grid, low: bool) -> None:
    from matplotlib.patches import Rectangle

    known = grid.means[np.isfinite(grid.means)]
    least, most = (known.min(), known.max()) if known.size else (0.0, 1.0)
    room = max(0.0, 0.1 - (most - least)) / 2  # nearly equal scores look nearly equal
    mesh = ax.imshow(
        grid.means, cmap="cividis_r" if low else "cividis", vmin=least - room, vmax=most + room, aspect="auto"
    )
    for y, x in np.argwhere(~np.isfinite(grid.means)):
        box = Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor=PALE, edgecolor="#c4c4c4", hatch="////", linewidth=0)
        ax.add_patch(box)
    ax.set_xticks(np.arange(-0.5, len(grid.models)), minor=True)
    ax.set_yticks(np.arange(-0.5, len(grid.recipes)), minor=True)
    ax.grid(which="minor", color="white", linewidth=2)
    ax.tick_params(which="both", length=0)
    for side in ax.spines.values():
        side.set_visible(False)
    bar = ax.figure.colorbar(mesh, ax=ax, fraction=0.03, pad=0.02, aspect=60)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, length=0, colors=INK)


def _write_cells(ax: Axes, grid: Grid, low: bool) -> None:
    """Number or "failed" in each cell, and the frame around the best."""
    from matplotlib.patches import Rectangle

    small = len(grid.models) > 8
    best = _best(grid, low)
    if best is not None:
        ax.add_patch(
            Rectangle(
                (best[1] - 0.5, best[0] - 0.5), 1, 1, fill=False, edgecolor=MARK, linewidth=3, zorder=5, clip_on=False
            )
        )
    image = ax.images[0]
    for (y, x), mean in np.ndenumerate(grid.means):
        failures = int(grid.failures[y, x])
        if not np.isfinite(mean):
            text, colour = ("failed" if failures else "–"), INK
        else:
            red, green, blue, _ = image.to_rgba(np.array([mean]))[0]
            colour = INK if 0.3 * red + 0.59 * green + 0.11 * blue > 0.5 else "white"
            text = f"{mean:.2f}" + (f"\n{failures} failed" if failures else "")
        weight = "bold" if (y, x) == best else "normal"
        ax.text(x, y, text, ha="center", va="center", color=colour, fontsize=7.5 if small else 10, weight=weight)


def _best(grid: Grid, low: bool) -> tuple[int, int] | None:
    """Row and column of the best mean; the first of equals."""
    if not np.isfinite(grid.means).any():
        return None
    row, column = divmod(int(np.nanargmin(grid.means if low else -grid.means)), grid.means.shape[1])
    return row, column


def _label(ax: Axes, grid: Grid) -> None:
    """Names on the left and on top, wrapped."""
    many = len(grid.models) > 8
    across = [_wrapped(str(m), 32 if many else 20, 4 if many else 6) for m in grid.models]
    across = [f"{title} †" if seen else title for title, seen in zip(across, grid.seen, strict=True)]
    down = [_wrapped(str(r), 42, 3) for r in grid.recipes]
    ax.set_xticks(range(len(across)), across, rotation=90 if many else 0, fontsize=8 if many else 9, color=INK)
    ax.set_yticks(range(len(down)), down, fontsize=8 if len(down) > 12 else 9, color=INK)
    ax.xaxis.tick_top()
    ax.tick_params(axis="x", length=0)
    if any(grid.seen):
        ax.set_xlabel("† trained on some of these images: its score is too good", loc="left", color=MARK, fontsize=9)
        ax.xaxis.set_label_position("bottom")


def _wrapped(title: str, width: int, lines: int) -> str:
    """A long title over several lines, broken before its parameters and their values where that helps."""
    if len(title) > width:
        words = title.replace("(", " (").split(" ")
        title = " ".join(word.replace("=", "= ") if len(word) > width else word for word in words)
    return textwrap.fill(title, width, max_lines=lines, placeholder=" …").replace("= ", "=")
