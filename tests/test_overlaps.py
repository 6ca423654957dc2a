"""Overlap tables of tiny label images whose numbers can be counted by hand."""

import numpy as np
import pytest
from toy import discs

from opsef_core.compare import THRESHOLDS, overlaps
from opsef_core.errors import BadLabels


def row(*values):
    return np.array([values], np.int32)


def brute_force(truth, prediction):
    """{(truth id, prediction id): IoU} by comparing every pair of masks."""
    pairs = {}
    for t in set(truth.ravel()) - {0}:
        for p in set(prediction.ravel()) - {0}:
            shared = ((truth == t) & (prediction == p)).sum()
            if shared:
                pairs[int(t), int(p)] = shared / ((truth == t) | (prediction == p)).sum()
    return pairs


def as_dict(found):
    return {
        (int(found.truth_ids[r]), int(found.pred_ids[c])): float(v)
        for r, c, v in zip(found.rows, found.columns, found.iou, strict=True)
    }


def test_thresholds_are_the_ten_of_the_data_science_bowl():
    assert THRESHOLDS == (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def test_identical_discs_overlap_fully():
    ids = discs((40, 40), (12, 12, 6), (28, 28, 8))
    found = overlaps(ids, ids)
    assert found.iou.tolist() == [1.0, 1.0]
    assert found.counts(0.95) == (2, 0, 0)


def test_iou_of_exactly_one_half_is_no_match():
    found = overlaps(row(1, 1, 1, 0), row(0, 1, 1, 1))  # 2 shared of 4
    assert found.iou.tolist() == [0.5]
    assert found.counts(0.5) == (0, 1, 1)


def test_iou_just_above_one_half_is_a_match():
    found = overlaps(row(1, 1, 1, 1, 0), row(0, 1, 1, 1, 1))  # 3 shared of 5
    assert found.iou.tolist() == [0.6]
    assert found.counts(0.5) == (1, 0, 0)
    assert found.counts(0.6) == (0, 1, 1)


@pytest.mark.parametrize("hundredths", [50, 55, 60, 65, 70, 75, 80, 85, 90, 95])
def test_every_threshold_is_strict(hundredths):
    truth = np.ones((1, 100), np.int32)
    prediction = (np.arange(100) < hundredths).astype(np.int32)[None]
    assert overlaps(truth, prediction).counts(hundredths / 100) == (0, 1, 1)
    assert overlaps(truth, prediction).counts(THRESHOLDS[(hundredths - 50) // 5]) == (0, 1, 1)


def test_a_split_object_gives_one_match_and_one_false_positive():
    found = overlaps(row(1, 1, 1, 1, 1), row(1, 1, 1, 2, 2))
    assert as_dict(found) == {(1, 1): 0.6, (1, 2): 0.4}
    assert found.counts(0.5) == (1, 1, 0)


def test_merged_objects_give_one_match_and_one_miss():
    found = overlaps(row(1, 1, 1, 2, 2), row(7, 7, 7, 7, 7))
    assert found.counts(0.5) == (1, 0, 1)


def test_below_one_half_matches_are_one_to_one_and_as_many_as_possible():
    truth, prediction = row(1, 1, 1, 1, 2, 2), row(8, 8, 9, 9, 9, 9)  # 8 fits 1 only; 9 fits both
    assert as_dict(overlaps(truth, prediction)) == {(1, 8): 0.5, (1, 9): 1 / 3, (2, 9): 0.5}
    assert overlaps(truth, prediction).counts(0.2) == (2, 0, 0)
    assert overlaps(row(1, 1, 1, 1), row(1, 1, 2, 2)).counts(0.2) == (1, 1, 0)


def test_ids_need_not_be_contiguous_and_may_be_huge():
    found = overlaps(row(5, 5, 0, 2147483647), row(2147483646, 0, 0, 9))
    assert found.truth_ids.tolist() == [5, 2147483647]
    assert found.pred_ids.tolist() == [9, 2147483646]
    assert found.truth_areas.tolist() == [2, 1]
    assert as_dict(found) == {(5, 2147483646): 0.5, (2147483647, 9): 1.0}


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("stretch", [1, 1_000_000])
def test_equal_to_comparing_every_pair_of_masks(seed, stretch):
    rng = np.random.default_rng(seed)
    truth, prediction = rng.integers(0, 6, (2, 9, 11)).astype(np.int32) * stretch
    found = overlaps(truth, prediction)
    assert as_dict(found) == pytest.approx(brute_force(truth, prediction))
    assert found.truth_areas.tolist() == [int((truth == i).sum()) for i in found.truth_ids]
    assert found.pred_areas.tolist() == [int((prediction == i).sum()) for i in found.pred_ids]


def test_stacks_are_compared_voxel_by_voxel():
    ids = np.zeros((3, 4, 4), np.int32)
    ids[1:] = 2
    assert as_dict(overlaps(ids, ids)) == {(2, 2): 1.0}


@pytest.mark.parametrize("shape", [(0, 0), (1, 1), (5, 7)])
def test_empty_images_have_no_objects(shape):
    nothing = np.zeros(shape, np.int32)
    assert overlaps(nothing, nothing).counts(0.5) == (0, 0, 0)


def test_one_empty_image_makes_all_objects_misses_or_inventions():
    ids, nothing = discs((30, 30), (8, 8, 4), (20, 20, 4)), np.zeros((30, 30), np.int32)
    assert overlaps(ids, nothing).counts(0.5) == (0, 0, 2)
    assert overlaps(nothing, ids).counts(0.5) == (0, 2, 0)
    assert overlaps(nothing, ids).counts(0.2) == (0, 2, 0)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.ones((2, 3)), "The prediction has numbers of type float64; ids are whole numbers, 0 is background."),
        (
            np.full((2, 3), np.nan),
            "The prediction has numbers of type float64; ids are whole numbers, 0 is background.",
        ),
        (np.full((2, 3), -4), "The prediction has the negative id -4; ids are positive, 0 is background."),
    ],
)
def test_what_are_no_ids_is_refused_in_words(bad, message):
    with pytest.raises(BadLabels) as caught:
        overlaps(np.zeros((2, 3), int), bad)
    assert str(caught.value) == message


def test_masks_are_one_object():
    mask = np.array([[True, False, True]])
    assert overlaps(mask, mask).counts(0.5) == (1, 0, 0)


def test_the_images_are_kept_and_not_copied():
    truth, prediction = row(1, 1, 0), row(0, 2, 2)
    found = overlaps(truth, prediction)
    assert found.truth is truth
    assert found.prediction is prediction


def test_another_shape_is_refused_in_words():
    with pytest.raises(BadLabels) as caught:
        overlaps(np.zeros((4, 5), np.int32), np.zeros((5, 4), np.int32))
    assert str(caught.value) == (
        "Labels of shape (5, 4) cannot be compared with a truth of shape (4, 5); both must be on the same pixel grid."
    )


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_stardist_on_random_labels(seed):
    matching = pytest.importorskip("stardist.matching").matching
    rng = np.random.default_rng(seed)
    truth = discs((120, 140), *[(r, c, rng.integers(5, 10)) for r in range(15, 110, 20) for c in range(15, 130, 20)])
    prediction = np.roll(truth, rng.integers(-4, 5, 2), (0, 1)) * (rng.random(truth.shape) > 0.02)
    for threshold in np.array([0.1, 0.3, *THRESHOLDS]) + 1e-4:  # beside the ties: theirs counts equality as a match
        theirs = matching(truth, prediction, thresh=threshold)
        assert overlaps(truth, prediction).counts(threshold) == (theirs.tp, theirs.fp, theirs.fn)
