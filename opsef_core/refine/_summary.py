"""What a person changed, counted: a row an image."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ._changes import KINDS


def summary(
    changes: pd.DataFrame, images: Sequence[str] | None = None, log: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Counts by image, and of all images in the last row, `total`.

    Args:
        changes: of `match`, of one image or of many.
        images: names that get a row, with zeros if they have no object; those in the table if left out.
        log: of work, with the columns `image` and `seconds`; in all also what names no image.

    Returns:
        One row an image: `image`, `exported` and `returned` objects; `unchanged`, `reshaped`, `added`, `deleted`
        objects; `split` exported objects, `merged` returned ones, `reclassified` (pixels as they were); `new_class`:
        objects with another class, reshaped ones too; `mean_iou` of the reshaped ones; with `log` also `minutes`, NaN
        where none were logged.
    """
    names = list(changes["image"].unique()) if images is None else images
    groups = [(name, changes[changes["image"] == name]) for name in names]
    table = pd.DataFrame([{"image": name, **_counts(rows)} for name, rows in [*groups, ("total", changes)]])
    if log is None:
        return table
    spent = log.groupby("image")["seconds"].sum() / 60
    total = log["seconds"].sum(min_count=1) / 60
    return table.assign(minutes=[*(float(spent.get(name, float("nan"))) for name in names), float(total)])


def _counts(rows: pd.DataFrame) -> dict[str, Any]:
    counts: dict[str, Any] = {
        "exported": int(rows["exported_id"].notna().sum()),
        "returned": int(rows["returned_id"].notna().sum()),
    }
    for kind in KINDS:
        of_kind = rows[rows["kind"] == kind]
        both = of_kind["exported_id"].notna() & of_kind["returned_id"].notna()
        counts[kind] = int(both.sum()) if kind in ("split", "merged") else len(of_kind)
    lives = rows["exported_id"].notna() & rows["returned_id"].notna()
    counts["new_class"] = int((lives & _differs(rows)).sum())
    counts["mean_iou"] = float(rows.loc[rows["kind"] == "reshaped", "iou"].mean())
    return counts


def _differs(rows: pd.DataFrame) -> pd.Series[bool]:
    before, after = rows["exported_class"], rows["returned_class"]
    return ~((before == after) | (before.isna() & after.isna()))
