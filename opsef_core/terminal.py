"""What the command line prints: lines for people, and tables."""

from __future__ import annotations

import sys

import pandas as pd
from rich.console import Console
from rich.table import Table

from .compare import SEEN, training_unknown, training_warning

WIDTH = None if sys.stdout.isatty() else 140  # in a file or a pipe tables get room
out = Console(highlight=False, soft_wrap=True, width=WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def show(table: pd.DataFrame) -> None:
    """Print a table, numbers to the right."""
    shown = Table(*map(str, table.columns), header_style="bold")
    for name, column in zip(shown.columns, table.columns, strict=True):
        name.justify = "right" if pd.api.types.is_numeric_dtype(table[column]) else "left"
        name.overflow = "fold"
    for row in table.itertuples(index=False):
        shown.add_row(*(text(value) for value in row))
    out.print(shown, markup=False)


def show_ranking(scores: pd.DataFrame | None, ranking: pd.DataFrame) -> None:
    """Print a ranking, the mean under its metric's name, and whether its models had seen the images in training."""
    columns = ["rank", "grid_point", "mean", "std", "n_images", "failures", "seconds"]
    if SEEN in ranking and (ranking[SEEN].fillna(0) > 0).any():
        columns.insert(columns.index("failures"), SEEN)
    show(ranking[columns].rename(columns={"mean": ranking.attrs["metric"]}))
    if scores is None:
        return
    if warning := training_warning(scores):
        out.print(f"Warning: {warning}", style="bold red", markup=False)
    if unknown := training_unknown(scores):
        out.print(unknown, markup=False)


def text(value: object) -> str:
    """A value as it stands in a printed table."""
    if pd.api.types.is_bool(value):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if value != value else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
    return "" if value is None or value is pd.NA else str(value)
