"""Scores of one label image against its truth."""

from __future__ import annotations

from collections.abc import Iterable

from ..data import Labels, Overlaps, overlaps
from ..errors import BadLabels
from ._asked import Entry, metrics_asked

DEFAULT_METRICS = ("dsb_score", "ap50", "f1", "count_error")


def score_labels(prediction: Labels, truth: Labels, metrics: Iterable[Entry] = DEFAULT_METRICS) -> dict[str, float]:
    """How well a segmentation fits the truth: one number a metric, and the two counts.

    Args:
        prediction: labels to judge.
        truth: true labels of the same image, same axes and shape.
        metrics: names, metrics made with `metric(name, ...)`, or {"metric": name, parameter: value}; the overlap is
            counted once for all.

    Returns:
        metric title -> number, then "n_truth" and "n_pred".

    Raises:
        BadLabels: the two do not lie on the same pixel grid, or are arrays rather than labels.
        UnknownName: no metric of that name.
    """
    found = _overlaps(prediction, truth)
    scores = {m.title: float(m.of(found)) for m in metrics_asked(metrics)}
    return {**scores, "n_truth": len(found.truth_ids), "n_pred": len(found.pred_ids)}


def _overlaps(prediction: Labels, truth: Labels) -> Overlaps:
    for one in (prediction, truth):
        if not isinstance(one, Labels):
            raise BadLabels(
                f"Only label images can be compared, not {type(one).__name__}. An array becomes one by "
                "opsef.Labels(array, 'YX', 'name')."
            )
    if prediction.shape != truth.shape:
        raise BadLabels(
            f"The labels {prediction.name} have the size {_size(prediction)}, and {truth.name}, with which they "
            f"are to be compared, has {_size(truth)}. Compare labels of the same image, or stitch the tiles first."
        )
    return overlaps(truth.array(), prediction.array())


def _size(labels: Labels) -> str:
    return " x ".join(f"{n} {axis}" for axis, n in labels.shape.items())
