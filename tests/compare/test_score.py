"""Scores against truth."""

import numpy as np
import pytest
from toy import one_disc

from opsef_core.compare import metric, score_labels
from opsef_core.data import Labels
from opsef_core.errors import BadLabels


def labels(ids, name="one"):
    ids = np.asarray(ids)
    return Labels(ids, "ZYX"[-ids.ndim :], name)


def test_scores_and_counts_of_one_image():
    truth, prediction = labels([[1, 1, 1, 0, 2]]), labels([[1, 1, 1, 0, 0]])
    assert score_labels(prediction, truth) == {
        "dsb_score": 0.5,
        "ap50": 0.5,
        "f1": 2 / 3,
        "count_error": 0.5,
        "n_truth": 2,
        "n_pred": 1,
    }


def test_metrics_with_parameters_have_their_own_column():
    _, truth = one_disc()
    scores = score_labels(truth, truth, ["f1", metric("f1", iou_threshold=0.9)])
    assert scores == {"f1": 1.0, "f1(iou_threshold=0.9)": 1.0, "n_truth": 1, "n_pred": 1}


def test_another_size_is_refused_in_words():
    with pytest.raises(BadLabels) as caught:
        score_labels(labels(np.zeros((4, 5), int), "a"), labels(np.zeros((2, 4, 5), int), "b"))
    assert str(caught.value) == (
        "The labels a have the size 4 Y x 5 X, and b, with which they are to be compared, has 2 Z x 4 Y x 5 X. "
        "Compare labels of the same image, or stitch the tiles first."
    )
