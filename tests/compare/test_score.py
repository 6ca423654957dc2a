"""Scores against truth, and agreement without."""

import numpy as np
import pytest
from toy import discs, many_discs, one_disc

from opsef_core.compare import agreement, metric, score_labels
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


def test_agreement_finds_the_odd_one_out():
    _, same = many_discs()
    odd = labels(discs(same.pixels.shape, (100, 100, 60)))
    found = agreement({"odd": odd, "a": same, "b": same})
    assert found.to_dict() == {"odd": 0.0, "a": 0.5, "b": 0.5}
    assert (found.name, found.index.name) == ("agreement", "grid_point")


def test_agreement_of_one_result_is_unknown_and_of_none_is_nothing():
    assert np.isnan(agreement({"alone": one_disc()[1]})["alone"])
    assert len(agreement({})) == 0


def test_empty_results_agree():
    nothing = labels(np.zeros((6, 6), int))
    assert agreement({"a": nothing, "b": nothing}).tolist() == [1.0, 1.0]
