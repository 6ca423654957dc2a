"""What came out of a run folder, in numbers and in a picture; a notebook may have left none."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pandas as pd

from ...compare import metric_label, metrics_asked, ranking, training_warning
from ...data import Image
from ...errors import OpsefError
from ...plots import overlay
from ...run import data_of
from ...run.judge import deciding
from ...run.store import Store

SIDE_PX = 320  # of the picture, at most


def outcome(run: Path) -> dict[str, Any]:
    """Images, results, failures with the commonest reason; metric, best grid point and its mean, the ranking."""
    cells = _table(run / "cells.csv")
    if cells is None:
        return {}
    failed = cells[cells["status"] == "failed"]
    found: dict[str, Any] = {
        "images": int(cells["image"].nunique()),
        "results": len(cells),
        "failed": len(failed),
        "why_failed": str(failed["reason"].mode().iloc[0]) if len(failed) else "",
        "report": "report.html" if (run / "report.html").is_file() else None,
    }
    scores = _table(run / "scores.csv")
    return found if scores is None or not len(scores) else found | _ranked(run, scores)


def _ranked(run: Path, scores: pd.DataFrame) -> dict[str, Any]:
    metric = deciding(scores, metrics_asked(Store(run).read_settings().metrics))[0]
    ranks = ranking(scores, metric)
    ranks = ranks[ranks["mean"].notna()]
    if not len(ranks):
        return {}
    means = {str(p): round(float(m), 4) for p, m in zip(ranks["grid_point"], ranks["mean"], strict=True)}
    best = next(iter(means))
    told = {"metric": metric, "metric_label": metric_label(metric), "best": best, "score": means[best]}
    return {**told, "warning": training_warning(scores), "ranking": means}


def picture(run: Path, grid_point: str | None) -> bytes | None:
    """The first image with what the best grid point found in it, as PNG; None where there is none to show."""
    cells = _table(run / "cells.csv")
    if cells is None or grid_point is None:
        return None
    rows = cells[(cells["grid_point"] == grid_point) & (cells["status"] == "done")]
    store = Store(run)
    try:
        items = {item.name: item for item in data_of(store.read_settings()).images}
    except OpsefError:  # images were given as arrays
        return None
    for name, key in zip(rows["image"], rows["key"], strict=True):
        image = items.get(name)
        if isinstance(image, Image) and store.has_labels(key):
            return _small(overlay(image, store.labels(key, image), line_px=_line(image)))
    return None


def _line(image: Image) -> int:
    """Outlines wide enough to be seen when the picture is small."""
    return max(1, round(2 * max(image.shape["Y"], image.shape["X"]) / SIDE_PX))


def _small(pixels: Any) -> bytes:
    from PIL import Image as Pillow

    made = Pillow.fromarray(pixels)
    made.thumbnail((SIDE_PX, SIDE_PX), Pillow.Resampling.LANCZOS)
    content = io.BytesIO()
    made.save(content, "PNG", optimize=True)
    return content.getvalue()


def _table(path: Path) -> pd.DataFrame | None:
    names: dict[str, Any] = dict.fromkeys(("image", "parent", "grid_point", "recipe", "key", "image_key"), str)
    return pd.read_csv(path, dtype=names) if path.is_file() else None
