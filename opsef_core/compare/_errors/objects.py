"""The table of errors: one row an object of the truth or of the prediction, with what became of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ...data import Labels, Overlaps, overlaps
from .error_types import TYPES, error_types
from .extents import extents

Ids = NDArray[np.int64]
Numbers = NDArray[np.float64]


def object_errors(
    prediction: Labels, truth: Labels, describe: Callable[[Labels], pd.DataFrame] = extents
) -> pd.DataFrame:
    """What became of every object: found, missed, split, merged, invented; and how well the found ones are drawn.

    Args:
        prediction: labels to judge.
        truth: true labels of the same image.
        describe: gives one row an object, index = id, with diameter_px and whatever else is known.

    Returns:
        One row an object, the true ones first, both in the order of ids:

        - image; side: "truth" or "found" (an object of the prediction); id;
        - type: see `error_types`;
        - partners: ids on the other side that it matches, is torn into, joins or was joined in, as text "3 7"; "" if
          none;
        - iou: the largest with any object of the other side, 0 if it overlaps none; covered: the largest share of its
          pixels that one of them holds (a missed object with 0.9 lies in another one's outline);
        - size_bias: area found / true area - 1, of found objects: -0.2 is a fifth too small; NaN for all others;
        - boundary_error: mean distance between both outlines / diameter of the true object, of found objects; see the
          metric `boundary_error`;
        - the columns of `describe`.

    Raises:
        BadLabels: the two are not of one shape.
    """
    pair = overlaps(truth.array(), prediction.array())
    types = error_types(pair)
    true, pred = describe(truth).loc[pair.truth_ids], describe(prediction).loc[pair.pred_ids]
    bias, boundary = _quality(pair, true["diameter_px"].to_numpy())
    of_truth = _partners(types.rows, pair.pred_ids[types.columns], len(true))
    of_pred = _partners(types.columns, pair.truth_ids[types.rows], len(pred))
    sides = (
        ("truth", true, types.truth, pair.rows, pair.truth_areas, of_truth),
        ("found", pred, types.pred, pair.columns, pair.pred_areas, of_pred),
    )
    tables = []
    for side, described, kinds, at, areas, partners in sides:
        facts = {"image": truth.name, "side": side, "id": described.index, "type": kinds, "partners": partners}
        best, covered = np.zeros((2, len(described)))
        np.maximum.at(best, at, pair.iou)
        np.maximum.at(covered, at, pair.shared / areas[at])
        scores = {
            "iou": best,
            "covered": covered,
            "size_bias": _spread(bias, at, best),
            "boundary_error": _spread(boundary, at, best),
        }
        table = pd.DataFrame({**facts, **scores}).astype(dict.fromkeys(("image", "side", "type", "partners"), object))
        tables.append(pd.concat([table, described.reset_index(drop=True)], axis=1))
    return pd.concat(tables, ignore_index=True)


def type_counts(errors: pd.DataFrame) -> pd.DataFrame:
    """How many true objects were found, missed, split, merged, and how many predicted ones are invented.

    Args:
        errors: of `object_errors`, or of a run, then with the column `grid_point`.

    Returns:
        One row a grid point (one row in all without that column), a column a type. Of sparse truth the column
        `invented` counts only what lies on annotated objects.
    """
    points = errors["grid_point"] if "grid_point" in errors else pd.Series("all", errors.index, name="grid_point")
    counted = errors[(errors["side"] == "truth") | (errors["type"] == "invented")]
    table = pd.crosstab(points[counted.index], counted["type"])
    table = table.reindex(index=points.unique(), columns=list(TYPES), fill_value=0)
    return table.rename_axis(index="grid_point", columns=None).reset_index()


def _quality(pair: Overlaps, diameter_px: Numbers) -> tuple[Numbers, Numbers]:
    """Size bias and boundary error of each pair that matches; NaN for the others."""
    match, rows = pair.matches, pair.rows[pair.matches]
    bias, boundary = np.full((2, len(pair.rows)), np.nan)
    bias[match] = pair.pred_areas[pair.columns[match]] / pair.truth_areas[rows] - 1
    boundary[match] = pair.outline_distances.mean_px / diameter_px[rows]
    return bias, boundary


def _spread(of_pairs: Numbers, at: Ids, like: Numbers) -> Numbers:
    """Numbers of the matching pairs at their objects; an object has one match at most."""
    there = ~np.isnan(of_pairs)
    spread = np.full(len(like), np.nan)
    spread[at[there]] = of_pairs[there]
    return spread


def _partners(at: Ids, ids: Ids, count: int) -> list[str]:
    """The partners' ids of each object as text, ascending."""
    order = np.lexsort((ids, at))
    groups = np.split(ids[order], np.cumsum(np.bincount(at, minlength=count))[:-1]) if count else []
    return [" ".join(map(str, group)) for group in groups]
