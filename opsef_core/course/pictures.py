"""A small picture of the winner's outlines, for the card."""

from __future__ import annotations

import base64
import io
import logging
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd

from .. import plots
from ..data import Image, Labels
from ..errors import OpsefError
from ..run import Run
from .found import Finding

log = logging.getLogger(__name__)
SIDE_PX = 300  # of the picture
LINE_PX = 4  # of outlines; the picture is printed at a third of an inch to two
DIAMETERS = 6  # objects a side, so that outlines can be judged on paper
FEWEST_PX = 64


def outlines(found: Finding, grid_point: str) -> str | None:
    """A square of a typical image with the outlines of a grid point, as a data address; None if it is gone.

    Typical: the image whose score is the median of this grid point. The square is where most objects lie.
    """
    rows = found.scores[found.scores["grid_point"] == grid_point]
    rows = rows[rows[found.metric].notna() & rows["status"].eq("done")].sort_values(found.metric)
    if rows.empty:
        return None
    row = rows.iloc[len(rows) // 2]
    try:
        run = _opened(found.run)
        image, labels = run.image(str(row["image"])), run.labels(str(row["key"]))
        top, left, side = window(image, labels)
        zoom = max(1, round(SIDE_PX / side))
        return _uri(plots.overlay(image, labels, (top, left, side, side), zoom, LINE_PX))
    except (OpsefError, OSError, ValueError):  # images that were given as arrays, a data set that is not here any more
        log.info("no picture of %s for the card", found.run, exc_info=True)
        return None


@lru_cache(maxsize=1)  # kinds of image of one run come one after another
def _opened(folder: Path) -> Run:
    return Run.open(folder)


def window(image: Image, labels: Labels) -> tuple[int, int, int]:
    """Top, left and side in pixels of the square in which most pixels are objects'."""
    ids = labels.array()[labels.shape["Z"] // 2] if "Z" in labels.axes else labels.array()
    areas = np.bincount(ids.ravel())[1:]
    diameter = 2 * np.sqrt(np.median(areas[areas > 0]) / np.pi) if (areas > 0).any() else FEWEST_PX
    height, width = image.shape["Y"], image.shape["X"]
    side = int(min(max(DIAMETERS * diameter, FEWEST_PX), height, width))
    total = np.pad((ids > 0).astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = total[side:, side:] - total[:-side, side:] - total[side:, :-side] + total[:-side, :-side]
    top, left = np.unravel_index(int(inside.argmax()), inside.shape)
    return int(top), int(left), side


def _uri(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> str:
    from PIL import Image as Pillow

    data = io.BytesIO()
    Pillow.fromarray(picture).resize((SIDE_PX, SIDE_PX), Pillow.Resampling.LANCZOS).save(data, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode('ascii')}"


def widths(errors: dict[str, int]) -> pd.Series[float]:
    """Share of each error type in percent of all that is counted."""
    counts = pd.Series(errors, dtype=float)
    return (100 * counts / max(counts.sum(), 1)).round(2)
