"""What a model found, made whole."""

import time

import numpy as np
import pandas as pd
import pytest
import toy
from scipy import ndimage
from skimage.morphology import disk

from opsef_core.data import Image, Labels
from opsef_core.run.adaptation.tidy import _opened, tidied


def tidy(ids):
    return tidied(Labels(ids, "YX", "x"), Image(np.zeros(ids.shape, np.uint8), "YX", "x")).pixels


def disc(shape=(60, 60), centre=(30, 30), radius=12, number=7):
    return (toy.discs(shape, (*centre, radius)) > 0) * np.int32(number)


def test_a_round_object_stays_nearly_as_it_is():
    ids = disc()
    made = tidy(ids)
    assert ((made > 0) != (ids > 0)).sum() < 0.03 * (ids > 0).sum()
    assert set(np.unique(made)) == {0, 7}


def test_holes_are_filled_and_threads_cut_off():
    ids = disc()
    ids[28:32, 28:32] = 0
    ids[30, 42:58] = 7
    made = tidy(ids)
    assert (made[28:32, 28:32] == 7).all()
    assert not made[30, 45:].any()


def test_of_several_pieces_the_largest_stays():
    ids = disc() + disc(centre=(8, 8), radius=6)
    made = tidy(ids)
    assert made[30, 30] == 7
    assert not made[:16, :16].any()


def test_crumbs_are_dropped_however_many_there_are():
    ids = disc()
    for number, (row, column) in enumerate(((3, c) for c in range(2, 58, 4)), start=8):
        ids[row : row + 2, column : column + 2] = number
    assert set(np.unique(tidy(ids))) == {0, 7}


def test_objects_at_the_border_and_in_a_hole_of_another_stay_themselves():
    ids = disc(centre=(0, 30))
    assert (tidy(ids)[0, 20:41] == 7).all()
    ring = disc((90, 90), (45, 45), 40, 1) - disc((90, 90), (45, 45), 30, 1)
    both = ring + disc((90, 90), (45, 45), 20, 2)
    made = tidy(both)
    assert made[45, 45] == 2
    assert (made[both == 2] != 1).all()


@pytest.mark.parametrize("radius_px", [1, 2, 5])
def test_the_brush_is_a_disc_whatever_its_size(radius_px):
    mask = np.pad(ndimage.gaussian_filter(np.random.default_rng(radius_px).random((80, 80)), 3) > 0.5, 1)
    assert (_opened(mask, radius_px) == ndimage.binary_opening(mask, disk(radius_px))).all()
    assert not _opened(mask & False, radius_px).any()


def test_one_object_over_the_whole_image_takes_no_minutes():
    began = time.process_time()
    made = tidy(np.pad(np.ones((1000, 1000), np.int32), 12))
    assert time.process_time() - began < 10  # with a brush of pixels: a minute
    assert made[500, 500] == 1


def test_nothing_stays_nothing():
    assert not tidy(np.zeros((20, 20), np.int32)).any()


def test_what_is_known_of_the_objects_stays_with_those_that_stay():
    ids = disc()
    ids[2:4, 2:4] = 9
    known = pd.DataFrame({"score": [0.5, 0.6]}, index=pd.Index([7, 9], name="id"))
    made = tidied(Labels(ids, "YX", "x", objects=known), Image(np.zeros(ids.shape, np.uint8), "YX", "x"))
    assert made.objects["score"].to_dict() == {7: 0.5}
