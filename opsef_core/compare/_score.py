"""Scores of one label image against its truth, and agreement of several without truth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

import pandas as pd

from ..data import Labels, Overlaps, overlaps
from ..errors import BadLabels
from ._metric import Metric, metric

DEFAULT_METRICS = ("dsb_score", "ap50", "f1", "count_error")


def score_labels(
    prediction: Labels, truth: Labels, metrics: Iterable[str | Metric] = DEFAULT_METRICS
) -> dict[str, float]:
    """How well a segmentation fits the truth: one number a metric, and the two counts.

    Args:
        prediction: labels to judge.
        truth: true labels of the same image, same axes and shape.
        metrics: names, or metrics made with `metric(name, ...)`; the overlap is counted once for all.

    Returns:
        metric title -> number, then "n_truth" and "n_pred".

    Raises:
        BadLabels: the two do not lie on the same pixel grid.
        UnknownName: no metric of that name.
    """
    found = _overlaps(prediction, truth)
    chosen = [metric(m) if isinstance(m, str) else m for m in metrics]
    scores = {m.title: float(m.of(found)) for m in chosen}
    return {**scores, "n_truth": len(found.truth_ids), "n_pred": len(found.pred_ids)}


def agreement(labels_of_one_image: Mapping[str, Labels]) -> pd.Series[float]:
    """Without truth: how much each result looks like all the others on the same image.

    The number of a grid point is its mean F1 (IoU > 0.5) against every other grid point; 0 to 1. Two empty results
    agree fully. A single result has nobody to agree with: NaN.

    This is a first estimate, not a quality: what most methods do wrong together looks right, and near-copies of one
    method (many settings that hardly differ) vote for each other. Look at the pictures, or annotate a few tiles.

    Args:
        labels_of_one_image: grid point -> labels of one image, all of the same shape.

    Returns:
        Series of name "agreement", index = grid point, in the order given.

    Raises:
        BadLabels: the label images do not have one shape.
    """
    names = list(labels_of_one_image)
    f1 = metric("f1")
    total = dict.fromkeys(names, 0.0)
    for a, b in combinations(names, 2):
        same = f1.of(_overlaps(labels_of_one_image[a], labels_of_one_image[b]))
        total[a] += same
        total[b] += same
    others = len(names) - 1
    means = [total[name] / others if others else float("nan") for name in names]
    return pd.Series(means, index=pd.Index(names, name="grid_point", dtype=object), name="agreement", dtype=float)


def _overlaps(prediction: Labels, truth: Labels) -> Overlaps:
    if prediction.shape != truth.shape:
        raise BadLabels(
            f"The labels {prediction.name} have the size {_size(prediction)}, and {truth.name}, with which they "
            f"are to be compared, has {_size(truth)}. Compare labels of the same image, or stitch the tiles first."
        )
    return overlaps(truth.array(), prediction.array())


def _size(labels: Labels) -> str:
    return " x ".join(f"{n} {axis}" for axis, n in labels.shape.items())
