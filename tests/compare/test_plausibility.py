"""Objects that look like one each, and others."""

import numpy as np
import pytest
import toy

from opsef_core import Labels
from opsef_core.compare import plausibility


def labelled(ids):
    return Labels(np.asarray(ids, np.int32), "YX", "drawn")


def discs(*circles, shape=(120, 120)):
    return toy.discs(shape, *circles)


def test_separate_discs_are_plausible():
    _, truth = toy.many_discs("discs")
    assert plausibility(truth) == 1.0


def test_without_objects_nothing_can_be_said():
    assert np.isnan(plausibility(labelled(np.zeros((20, 20)))))


def test_two_discs_merged_have_a_notch():
    ids = discs((30, 30, 10), (30, 50, 10), (80, 80, 10), (80, 40, 10))
    assert plausibility(labelled(ids)) == 1.0
    ids[ids == 2] = 1
    assert plausibility(labelled(ids)) == pytest.approx(2 / 3)


def test_crumbs_clumps_and_torn_objects_are_not():
    ids = discs((20, 20, 8), (20, 60, 8), (60, 20, 8), (60, 60, 8))
    crumb = ids.copy()
    crumb[100:103, 100:103] = 9
    assert plausibility(labelled(crumb)) == 0.8
    torn = ids.copy()
    torn[95:105, 95:105] = 4
    assert plausibility(labelled(torn)) == 0.75
    clump = ids.copy()
    clump[70:118, 70:118] = 5
    assert plausibility(labelled(clump)) == pytest.approx(3 / 4 if (clump == 4).sum() == 0 else 4 / 5)


def test_a_cut_shape_is_not_held_against_it():
    ids = discs((60, 60, 10), (20, 60, 10), (60, 20, 10))
    ids[100:, 30:50] = 4
    ids[110:, 30:40] = 0  # a notch at the border
    assert plausibility(labelled(ids)) == 1.0


def test_thin_and_flat_objects_do_no_harm():
    ids = np.zeros((30, 30), np.int32)
    ids[5, 5:20], ids[10:12, 5:20], ids[20, 20] = 1, 2, 3
    assert 0 <= plausibility(labelled(ids)) <= 1
    stack = np.zeros((6, 20, 20), np.int32)
    stack[1:5, 4:12, 4:12] = 1
    assert plausibility(Labels(stack, "ZYX", "stack")) == 1.0
