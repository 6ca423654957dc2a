"""The ranking as a picture: each grid point's mean with its interval, best on top."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ..errors import NothingToShow
from ._board import INK, MARK, SEEN, _wrapped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GREY = "#8a929c"
NEEDED = ("grid_point", "mean", "low", "high")


def forest(
    table: pd.DataFrame, metric: str | None = None, not_worse: Collection[str] | None = None, ax: Axes | None = None
) -> Axes:
    """Draw every grid point's mean and interval in a line of its own, best on top, the numbers beside it.

    A filled point is the best one, or was not shown to be worse than it; an open point was. Intervals that overlap
    say nothing about that: they are of each mean alone, and the comparison is made image by image.

    Args:
        table: one row a grid point in the order of the ranking, from `run.intervals()` or `compare.intervals`. Models
            that were trained on some of the images (`seen_in_training`) are marked.
        metric: name of the metric; the table's own if left out.
        not_worse: grid points that were not shown to be worse than the best, from a verdict; None: all points filled.
        ax: where to draw; None makes a figure of a fitting size.

    Returns:
        The axes; nothing is shown.

    Raises:
        NothingToShow: the table has other columns, or no mean.
    """
    metric = metric or str(table.attrs.get("metric", "score"))
    rows = with_means(table, NEEDED, "A forest plot")
    ax = _new_axes(len(rows)) if ax is None else ax
    low = metric.partition("(")[0].endswith("_error")
    best = float(rows["mean"].iloc[0])
    ax.axvline(best, color=MARK, linewidth=0.8, linestyle=(0, (4, 4)), zorder=1)
    for place, row in enumerate(rows.to_dict("records")):
        colour = MARK if place == 0 else INK
        filled = place == 0 or not_worse is None or row["grid_point"] in not_worse
        ax.plot([row["low"], row["high"]], [place, place], color=colour, linewidth=1.4, zorder=2)
        face = colour if filled else "white"
        ax.plot(row["mean"], place, "o", color=colour, markerfacecolor=face, markersize=5.5, zorder=3)
    _write(ax, rows, not_worse)
    what = f"{metric}, mean" + (" and 95 % interval" if rows["low"].notna().any() else "")
    if "n_images" in rows:
        images = int(rows["n_images"].iloc[0])
        what += f" over {images} image{'' if images == 1 else 's'}"
    ax.set_title(f"{what}\n({'lower' if low else 'higher'} is better)", loc="left", fontsize=11, color=INK, pad=10)
    if low:
        ax.invert_xaxis()  # good is on the right, whichever way the metric runs
    return ax


def with_means(table: pd.DataFrame, needed: tuple[str, ...], what: str) -> pd.DataFrame:
    """The rows that have a mean.

    Raises:
        NothingToShow: a column is missing, or every mean.
    """
    missing = [c for c in needed if c not in table]
    rows = table[table["mean"].notna()] if not missing else table.iloc[:0]
    if not len(rows):
        have = ", ".join(map(str, table.columns)) or "none"
        raise NothingToShow(
            f"{what} needs rows with the columns {', '.join(needed)}, as run.intervals() gives them. Here are "
            f"{len(table)} rows; columns: {have}."
        )
    return pd.DataFrame(rows).reset_index(drop=True)


def seen_in(rows: pd.DataFrame) -> list[bool]:
    """Which grid points have a model that was trained on some of the images."""
    return [bool(n) for n in rows[SEEN].fillna(0)] if SEEN in rows else [False] * len(rows)


def _new_axes(count: int) -> Axes:
    """A figure whose lines have a readable height, however many there are."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(10, min(1.7 + (0.34 if count <= 20 else 0.27) * count, 30)), layout="constrained")
    ax: Axes = figure.add_subplot()
    return ax


def _write(ax: Axes, rows: pd.DataFrame, not_worse: Collection[str] | None) -> None:
    """Names on the left, numbers on the right, and what the marks mean below."""
    seen, small = seen_in(rows), len(rows) > 20
    width = 64 if small else 50
    names = [_wrapped(str(n), width, 2) + " †" * s for n, s in zip(rows["grid_point"], seen, strict=True)]
    ax.set_yticks(np.arange(len(rows)), names, fontsize=7 if small else 8.5, color=INK, parse_math=False)
    ax.set_ylim(len(rows) - 0.4, -0.6)
    for place, row in enumerate(rows.to_dict("records")):
        known = row["low"] == row["low"]
        text = f"{row['mean']:.2f}" + (f"  [{row['low']:.2f}, {row['high']:.2f}]" if known else "")
        ax.text(
            1.02, place, text, transform=ax.get_yaxis_transform(), va="center", fontsize=7 if small else 8.5, color=INK
        )
    ax.tick_params(axis="y", length=0)
    ax.tick_params(axis="x", labelsize=8, colors=INK)
    ax.grid(axis="x", color="#e6e9ed", linewidth=0.8)
    ax.set_axisbelow(True)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    notes = []
    if not_worse is not None and len(rows) > 1:
        notes.append("filled: the best, and what was not shown to be worse; open: shown to be worse")
    if any(seen):
        notes.append("† trained on some of these images: its score is too good")
    ax.set_xlabel("\n".join(notes), loc="left", fontsize=8.5, color=GREY)
