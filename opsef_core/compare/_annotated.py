"""Sparse truth: judge a prediction only where somebody said what is there."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Act, Labels, overlaps
from ..errors import BadLabels

WHOLE, AREA, SPARSE = "whole", "area", "sparse"
TRUTH = "truth"  # column of a score table: which of the three
# Metrics that no false positive can change: all they need is true objects and what lies on them.
TOLD_BY_SPARSE = frozenset({"recall", "mean_recall", "seg", "sq", "boundary_error", "boundary_p95_error"})
Annotated = str | Labels


def kind_of(annotated: Annotated) -> str:
    """What the column `truth` of a score table says: "whole", "area" or "sparse"."""
    return AREA if isinstance(annotated, Labels) else annotated


def known_truth(truth: Labels, annotated: Annotated = WHOLE) -> Labels:
    """The part of the truth that counts: all of it, or what lies in the annotated area; see `known_prediction`.

    Raises:
        BadLabels: the area is not of the truth's size.
    """
    return _cut(truth, annotated) if isinstance(annotated, Labels) else truth


def known_prediction(prediction: Labels, truth: Labels, annotated: Annotated = WHOLE) -> Labels:
    """The part of a prediction that can be judged.

    - "whole": everything in the image was annotated; all objects are judged.
    - an area (labels above 0): everything inside was annotated, nothing is known outside. An object with more than
      half of its pixels outside is left out; the others, of truth and prediction alike, are cut at the border. So
      "void" is treated in the panoptic quality (Kirillov et al. 2019, section 4.1, doi:10.1109/CVPR.2019.00963). All
      metrics hold, for this area.
    - "sparse": only some objects were annotated, and where nothing is, nothing is known. A predicted object with more
      than half of its pixels off the annotated objects is left out, for it may be right, unless it holds more than
      half of an annotated one. So none that matches (IoU above 0.5) is left out, and none that SEG counts. What stays
      is not cut: an outline that is too wide counts. Only what became of the annotated objects can be told; false
      positives cannot.

    Args:
        prediction: labels to judge.
        truth: true labels of the same image.
        annotated: "whole", "sparse", or labels of the image's size.

    Raises:
        BadLabels: the sizes differ.
    """
    if isinstance(annotated, Labels):
        return _cut(prediction, annotated)
    return _beside(prediction, truth) if annotated == SPARSE else prediction


def annotation_note(scores: pd.DataFrame) -> str:
    """What must be said of scores when not all of all images was annotated; "" if it was.

    Args:
        scores: one row an image x grid point: `image`, and `truth` (NA where there is none).
    """
    if TRUTH not in scores:
        return ""
    kinds = scores.dropna(subset=[TRUTH]).groupby("image")[TRUTH].first()
    images = int(scores["image"].nunique())
    parts = []
    if len(kinds) < images:
        parts.append(f"Scored on {len(kinds)} of {images} images; the others have no truth.")
    if area := int((kinds == AREA).sum()):
        parts.append(f"On {area} of {len(kinds)} images only the annotated area counts.")
    if sparse := int((kinds == SPARSE).sum()):
        parts.append(f"On {sparse} of {len(kinds)} images only some objects were annotated; nothing else is judged.")
    return " ".join(parts)


def share_on(labels: Labels, region: Labels) -> pd.Series[float]:
    """Share of each object's pixels that lie on the objects of `region`; index = id.

    Raises:
        BadLabels: the sizes differ.
    """
    if labels.shape != region.shape:
        raise BadLabels(
            f"The labels {labels.name} have the size {labels.shape}; what was annotated of them, {region.shape}. "
            "Both must be on the same pixel grid."
        )
    pair = overlaps(labels.array(), region.array())
    inside = np.bincount(pair.rows, pair.shared, len(pair.truth_ids))
    return pd.Series(inside / pair.truth_areas, index=pair.truth_ids)


def _cut(labels: Labels, area: Labels) -> Labels:
    share = share_on(labels, area)
    kept = share.index[share >= 0.5]
    pixels = labels.array()
    return labels.then(_act(AREA), np.where((area.array() > 0) & np.isin(pixels, kept), pixels, 0))


def _beside(prediction: Labels, truth: Labels) -> Labels:
    share, covered = share_on(prediction, truth), _covered_by(prediction, truth)
    return prediction.keep(share.index[(share >= 0.5) | share.index.isin(covered)], _act(SPARSE))


def _covered_by(prediction: Labels, truth: Labels) -> NDArray[np.int64]:
    """Ids of the predicted objects that hold more than half of a true one."""
    pair = overlaps(truth.array(), prediction.array())
    columns = pair.columns[2 * pair.shared > pair.truth_areas[pair.rows]]
    return np.asarray(pair.pred_ids[columns], np.int64)


def _act(kind: str) -> Act:
    return Act("judge", "annotated", {"kind": kind})
