"""The pictures of a report, as data inside the page."""

from __future__ import annotations

import base64
import io
import warnings
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from .. import plots
from ..compare import SEEN, lower_is_better
from ..data import Image, Labels
from ..errors import NothingToShow
from ._reportable import Reportable
from ._tables import number

MAX_IMAGES = 24
PANEL_PX = 400
WHOLE_PX = 520  # larger images are shown in part, so that outlines can be judged
BEST_FEW = 3

Panel = dict[Any, Any]


def board(scores: pd.DataFrame, metric: str) -> str:
    """The board as a PNG inside the page."""
    return png(plots.board(scores, metric))


def png(axes: Any) -> str:
    """A figure as a PNG inside the page; the figure is closed."""
    import matplotlib.pyplot as plt

    figure: Any = axes.figure
    data = io.BytesIO()
    with warnings.catch_warnings():  # a letter the font has not is drawn as a box; the tables have the names
        warnings.filterwarnings("ignore", "Glyph .* missing", UserWarning)
        figure.savefig(data, format="png", dpi=130)
    plt.close(figure)
    return _uri(data, "png")


def jpeg(picture: NDArray[np.uint8]) -> str:
    """A picture as a JPEG inside the page, shrunk to the width of a panel."""
    from PIL import Image as Pillow

    shown = Pillow.fromarray(picture)
    shown.thumbnail((PANEL_PX, PANEL_PX), Pillow.Resampling.LANCZOS)
    data = io.BytesIO()
    shown.save(data, format="JPEG", quality=77, subsampling=0, optimize=True)
    return _uri(data, "jpeg")


def _uri(data: io.BytesIO, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data.getvalue()).decode('ascii')}"


def sheets(
    run: Reportable, cells: pd.DataFrame, scores: pd.DataFrame, ranks: pd.DataFrame | None, metric: str | None
) -> list[dict[str, Any]]:
    """A contact sheet an image: original, truth, the best overall, the best few of this image, and its worst."""
    winner = str(ranks["grid_point"].iloc[0]) if ranks is not None and len(ranks) else None
    done = scores[scores["status"].eq("done")] if len(scores) else scores
    made = []
    for name in _selection(done, winner, metric):
        try:
            image = run.image(name)
        except NothingToShow:  # a source that has gone since; its results stay in the tables
            continue
        rows = _chosen(done[done["image"] == name], winner, metric)
        made.append(_sheet(run, image, rows, metric))
    return made


def _selection(done: pd.DataFrame, winner: str | None, metric: str | None) -> list[str]:
    """Images to show, the hardest for the winner first: all, or as many as allowed, spread over the ranking.

    An image without a score of the winner is the hardest; without any scores they stay as they come.
    """
    names = list(dict.fromkeys(done["image"])) if len(done) else []
    if winner is not None and metric is not None:
        own = done[done["grid_point"] == winner].set_index("image")[metric].astype(float)
        good = (-own if lower_is_better(metric) else own).fillna(-np.inf)
        names.sort(key=lambda name: good.get(name, -np.inf))
    if len(names) <= MAX_IMAGES:
        return names
    places = np.linspace(0, len(names) - 1, MAX_IMAGES).round().astype(int)
    return [names[i] for i in places]


def _chosen(rows: pd.DataFrame, winner: str | None, metric: str | None) -> list[tuple[str, Panel]]:
    """(role, row) of the grid points to show for one image: best overall, best few here, worst here."""
    if metric is None or not rows[metric].notna().any():
        return [("", row) for row in rows.head(BEST_FEW + 1).to_dict("records")]
    rows = rows[rows[metric].notna()].sort_values(metric, ascending=lower_is_better(metric), kind="stable")
    ranked = [(f"rank {i} of {len(rows)} here", row) for i, row in enumerate(rows.to_dict("records"), start=1)]
    first = [(f"best overall, {role}", row) for role, row in ranked if row["grid_point"] == winner]
    others = [(role, row) for role, row in ranked if row["grid_point"] != winner]
    return [*first, *others[: BEST_FEW - 1], *others[BEST_FEW - 1 :][-1:]]


def _sheet(run: Reportable, image: Image, rows: list[tuple[str, Panel]], metric: str | None) -> dict[str, Any]:
    truth = run.truth_of(image.name)
    results = [run.labels(row["key"]) for _, row in rows]
    crop = _window(image, truth or (results[0] if results else None))
    panels: list[Panel] = [{"title": "image", "role": "", "note": _size(image, crop)}]
    layers: list[tuple[Labels | None, plots.Colour]] = [(None, plots.FOUND)]
    if truth is not None:
        panels.append({"title": "truth", "role": "", "note": _count(truth)})
        layers.append((truth, plots.TRUE))
    for (role, row), labels in zip(rows, results, strict=True):
        score = f"{number(row[metric])} · " if metric else ""
        seen = row.get(SEEN)
        panel = {"title": row["grid_point"], "role": role, "note": score + _count(labels)}
        panels.append({**panel, "seen": pd.notna(seen) and bool(seen)})
        layers.append((labels, plots.FOUND))
    pictures = plots.overlays(image, layers, crop, *plots.lens(image, crop, PANEL_PX))
    for panel, picture in zip(panels, pictures, strict=True):
        panel["picture"] = jpeg(picture) if picture.size else None
    return {"name": image.name, "panels": panels}


def _window(image: Image, labels: Labels | None) -> plots.Crop | None:
    """The part of a large image that holds most objects; None shows all."""
    height, width = image.shape["Y"], image.shape["X"]
    if max(height, width) <= WHOLE_PX:
        return None
    high, wide = min(height, PANEL_PX), min(width, PANEL_PX)
    if labels is None:
        return (height - high) // 2, (width - wide) // 2, high, wide
    plane = labels.array()[labels.shape["Z"] // 2] if "Z" in labels.axes else labels.array()
    total = np.pad((plane > 0).astype(np.int64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    tops = np.unique(np.linspace(0, height - high, 12).round().astype(int))[:, None]
    lefts = np.unique(np.linspace(0, width - wide, 12).round().astype(int))[None, :]
    inside = (
        total[tops + high, lefts + wide] - total[tops, lefts + wide] - total[tops + high, lefts] + total[tops, lefts]
    )
    row, column = divmod(int(inside.argmax()), inside.shape[1])
    return int(tops[row, 0]), int(lefts[0, column]), high, wide


def _size(image: Image, crop: plots.Crop | None) -> str:
    whole = f"{image.shape['Y']} × {image.shape['X']} px"
    return whole if crop is None else f"{crop[2]} × {crop[3]} px at row {crop[0]}, column {crop[1]} of {whole}"


def _count(labels: Labels) -> str:
    return f"{labels.count} object{'s' * (labels.count != 1)}"
