"""Cost against quality: seconds an image, and the score."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..errors import NothingToShow
from ._board import INK, MARK, _wrapped
from ._forest import GREY, seen_in, with_means

if TYPE_CHECKING:
    from matplotlib.axes import Axes

NEEDED = ("grid_point", "mean", "low", "high", "seconds", "on_front")
# Told apart by people who do not see red and green: Okabe & Ito, jfly.uni-koeln.de/color (2002).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#56b4e9", "#cc79a7", "#000000", "#f0e442")
FASTEST = 1e-3  # seconds; less is drawn here
CLOSE = 1.15  # times the seconds: numbers of two such points would lie on each other


def pareto(table: pd.DataFrame, metric: str | None = None, ax: Axes | None = None) -> Axes:
    """Draw the mean of every grid point, with its interval, against its seconds an image; good and cheap is top left.

    The line is the Pareto front: left of it and above it there is nothing, so every grid point below the line is
    beaten by one that is as fast and better, or as good and faster. Those on the front have numbers, with their
    names below the picture.

    Args:
        table: one row a grid point, from `run.intervals()` or `compare.intervals`. Points are coloured by `model`
            where there are at most seven; open points saw some of the images in training (`seen_in_training`).
        metric: name of the metric; the table's own if left out.
        ax: where to draw; None makes a figure of a fitting size.

    Returns:
        The axes; nothing is shown.

    Raises:
        NothingToShow: the table has other columns, or no row with a mean and seconds.
    """
    metric = metric or str(table.attrs.get("metric", "score"))
    rows = with_means(table, NEEDED, "A Pareto plot")
    rows = rows[rows["seconds"].notna()].reset_index(drop=True)
    if not len(rows):
        raise NothingToShow("No grid point has seconds, so there is no cost to draw.")
    rows["seconds"] = rows["seconds"].astype(float).clip(lower=FASTEST)
    low = metric.partition("(")[0].endswith("_error")
    front = rows[rows["on_front"].astype(bool)].sort_values(["seconds", "grid_point"]).reset_index(drop=True)
    ax = _new_axes(len(front)) if ax is None else ax
    _draw_points(ax, rows)
    _draw_front(ax, front, rows)
    _label(ax, front, metric, low, any(seen_in(rows)))
    return ax


def _new_axes(front: int) -> Axes:
    """A figure with room for the names below."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(9.5, min(5.6 + 0.19 * front, 14)), layout="constrained")
    ax: Axes = figure.add_subplot()
    return ax


def _draw_points(ax: Axes, rows: pd.DataFrame) -> None:
    """Every grid point with its interval, in the colour of its model."""
    models = list(dict.fromkeys(rows["model"].astype(str))) if "model" in rows else []
    many = not 1 < len(models) <= len(COLOURS)
    colours = dict(zip(models, COLOURS, strict=False))
    for row, seen in zip(rows.to_dict("records"), seen_in(rows), strict=True):
        colour = GREY if many else colours[str(row["model"])]
        shape: dict[str, Any] = {"color": colour, "alpha": 0.35, "linewidth": 1.1, "zorder": 2}
        ax.plot([row["seconds"]] * 2, [row["low"], row["high"]], **shape)
        face = "white" if seen else colour
        ax.plot(row["seconds"], row["mean"], "o", color=colour, markerfacecolor=face, markersize=6, zorder=4)
    if not many:
        for name in models:
            ax.plot([], [], "o", color=colours[name], label=_wrapped(name, 30, 1), markersize=6)
        ax.legend(frameon=False, fontsize=8.5, labelcolor=INK, loc="lower right")


def _draw_front(ax: Axes, front: pd.DataFrame, rows: pd.DataFrame) -> None:
    """The front as stairs, from its fastest point to the slowest of all, and a number at each of its points."""
    if not len(front):
        return
    across = [*front["seconds"], float(rows["seconds"].max())]
    up = [*front["mean"], front["mean"].iloc[-1]]
    ax.step(across, up, where="post", color=MARK, linewidth=1.3, zorder=3)
    beside = False
    for number, row in enumerate(front.to_dict("records"), start=1):
        ax.plot(row["seconds"], row["mean"], "o", color=MARK, markerfacecolor="none", markersize=11, zorder=5)
        # Numbers stand above on the left; that of a point close behind another one below on the right.
        beside = not beside and number > 1 and row["seconds"] < CLOSE * front["seconds"].iloc[number - 2]
        side: dict[str, Any] = {"xytext": (-7, 7), "ha": "right", "va": "bottom"}
        if beside:
            side = {"xytext": (7, -7), "ha": "left", "va": "top"}
        look: dict[str, Any] = {"textcoords": "offset points", "fontsize": 9, "weight": "bold", "color": MARK}
        ax.annotate(str(number), (row["seconds"], row["mean"]), **side, **look, zorder=6)


def _label(ax: Axes, front: pd.DataFrame, metric: str, low: bool, seen: bool) -> None:
    """Axes in seconds and in the metric, and the names of the front."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    ax.set_xscale("log")
    least, most = ax.get_xlim()
    if most / least < 1000:  # a short axis needs more than powers of ten
        ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())
    if low:
        ax.invert_yaxis()  # good is up, whichever way the metric runs
    ax.grid(color="#e6e9ed", linewidth=0.8)
    ax.set_axisbelow(True)
    ax.tick_params(labelsize=8.5, colors=INK)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.set_xlabel("seconds an image", fontsize=9.5, color=INK)
    ax.set_ylabel(f"{metric} ({'lower' if low else 'higher'} is better)", fontsize=9.5, color=INK)
    title = f"{metric} against time: better is up, cheaper is left\nred: nothing is both as good and as fast"
    ax.set_title(title, loc="left", fontsize=11, color=INK, pad=10)
    look: dict[str, Any] = {"va": "top", "fontsize": 8.5, "color": INK, "linespacing": 1.5, "parse_math": False}
    ax.text(0, -0.13, _names(front, seen), transform=ax.transAxes, **look)


def _names(front: pd.DataFrame, seen: bool) -> str:
    """A line for each point of the front, and what an open point is."""
    lines = ["open points: trained on some of these images, the score is too good"] if seen else []
    for number, row in enumerate(front.to_dict("records"), start=1):
        known = np.isfinite(row["low"])
        score = f"{row['mean']:.2f}" + (f" [{row['low']:.2f}, {row['high']:.2f}]" if known else "")
        lines.append(f"{number}   {_wrapped(str(row['grid_point']), 90, 1)}   {score}, {row['seconds']:.2g} s")
    return "\n".join(lines)
