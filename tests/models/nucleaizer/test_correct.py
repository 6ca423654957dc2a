import numpy as np
import pytest
import toy

from opsef_core.models import model
from opsef_core.models.nucleaizer import PAPER, Correction
from opsef_core.models.nucleaizer.correct import correct, drop_small, merge_surrounded, move_contours

RULES = Correction(foreground_threshold=0.5, softness=0, inwards=0.2, outwards=0.2, min_mean_foreground=0.2)


def test_contours_move_to_where_the_probability_is():
    truth = toy.discs((80, 80), (40, 40, 20))
    for radius in (17, 23):
        moved = correct(toy.discs((80, 80), (40, 40, radius)), (truth > 0).astype(float), RULES)
        assert np.array_equal(moved > 0, truth > 0)


def test_no_farther_than_the_margins():
    truth = toy.discs((80, 80), (40, 40, 20))
    assert (correct(truth, np.ones((80, 80)), RULES) > 0).sum() < np.pi * 29**2
    shrunk = correct(truth, np.where(toy.discs((80, 80), (40, 40, 5)) > 0, 1.0, 0.1), RULES)
    assert (shrunk > 0).sum() == pytest.approx(np.pi * 12**2, rel=0.15)  # 0.2 of the diameter is gone, not more


def test_touching_objects_stay_apart_and_keep_their_ids():
    _, truth = toy.touching_discs()
    ids = np.where(truth.pixels == 2, 7, truth.pixels).astype(np.int32)
    moved = correct(ids, (ids > 0).astype(float), RULES)
    assert np.array_equal(moved, ids)
    grown = correct(ids, np.ones(ids.shape), RULES)
    assert set(np.unique(grown)) == {0, 1, 7}
    assert (grown[ids > 0] == ids[ids > 0]).all()


def test_softness_asks_for_more_outside_than_inside():
    ids = toy.discs((80, 80), (40, 40, 20))
    even = np.full(ids.shape, 0.6)
    hard = move_contours(ids, even, 4, 4, 0.6, 0.0)
    soft = move_contours(ids, even, 4, 4, 0.6, 0.5)
    strict = move_contours(ids, even, 4, 4, 0.7, 0.0)
    lenient = move_contours(ids, even, 4, 4, 0.7, 0.5)
    assert (hard > 0).sum() > (ids > 0).sum() > (strict > 0).sum()
    assert (soft > 0).sum() == pytest.approx((ids > 0).sum(), rel=0.05)
    assert (strict > 0).sum() < (lenient > 0).sum() < (ids > 0).sum()


def test_the_largest_piece_is_kept_and_holes_are_filled():
    """The ancestor kept the first piece in scan order."""
    ids = np.zeros((40, 60), np.int32)
    ids[10:14, 5:9] = 1  # the first in scan order, and smaller
    ids[16:36, 10:40] = 1
    ids[24:26, 20:22] = 0
    moved = move_contours(ids, (ids > 0).astype(float), 1, 0, 0.5, 0)
    assert (moved[16:36, 10:40] == 1).all()
    assert not moved[10:14, 5:9].any()


def test_a_hole_with_another_object_in_it_is_not_filled():
    ids = toy.discs((60, 60), (30, 30, 20), (30, 30, 6))
    moved = move_contours(ids, (ids > 0).astype(float), 1, 0, 0.5, 0)
    assert np.array_equal(moved, ids)


def test_surrounded_objects_are_merged_in_any_order():
    ids = np.zeros((40, 40), np.int32)
    ids[5:35, 5:35] = 2
    ids[15:20, 15:20] = 9  # inside of 2
    ids[16:18, 16:18] = 4  # inside of 9
    ids[5:35, 35:39] = 3  # beside 2, with 30 of the 68 sides of its outline
    assert set(np.unique(merge_surrounded(ids, 0.5))) == {0, 2, 3}
    assert set(np.unique(merge_surrounded(ids, 0.3))) == {0, 2}
    twins = np.zeros((10, 10), np.int32)
    twins[2:4, 2:6], twins[4:6, 2:6] = 1, 2  # of the same size
    assert len(np.unique(merge_surrounded(twins, 0.2))) == 2
    assert np.array_equal(merge_surrounded(twins, 0.9), twins)


def test_small_is_relative_to_the_median_of_objects_that_are_there():
    """Empty ids must not pull the median down, as they did in the ancestor."""
    ids = toy.discs((100, 100), (20, 20, 10), (20, 60, 10), (60, 20, 10), (60, 60, 2)) * 50
    kept = drop_small(ids.astype(np.int32), 0.1)
    assert set(np.unique(kept)) == {0, 50, 100, 150}
    doubled = np.kron(ids, np.ones((2, 2))).astype(np.int32)
    assert set(np.unique(drop_small(doubled, 0.1))) == {0, 50, 100, 150}


def test_objects_the_unet_does_not_believe_in_are_dropped():
    ids = toy.discs((40, 80), (20, 20, 10), (20, 60, 10))
    foreground = np.where(ids == 2, 0.1, 1.0)
    assert set(np.unique(correct(ids, foreground, Correction(inwards=0, outwards=0)))) == {0, 1}


@pytest.mark.parametrize("foreground", [None, np.ones((30, 30))])
def test_nothing_stays_nothing(foreground):
    empty = np.zeros((30, 30), np.int32)
    assert not correct(empty, foreground, RULES).any()
    one = empty.copy()
    one[3, 3] = 5
    assert correct(one, foreground, RULES)[3, 3] == 5


def test_the_papers_values_are_a_preset():
    made = model("nucleaizer", **PAPER)
    assert (made.merge_surrounded, made.foreground_threshold, made.min_mean_foreground) == (0.17, 0.9375, 0.8)
    assert correct(toy.discs((80, 80), (40, 40, 20)), np.ones((80, 80)), made).any()
