import numpy as np
import pytest
from toy import discs

from opsef_core.adapt.style import condition
from opsef_core.adapt.style.condition import shown, tints_of


def two_squares():
    ids = np.zeros((20, 30), np.int32)
    ids[5:15, 5:15] = 1
    ids[5:15, 15:25] = 2
    return ids


def test_two_touching_squares_are_not_one_rectangle():
    apart, merged = condition(two_squares()), condition((two_squares() > 0).astype(np.int32))
    np.testing.assert_array_equal(apart[0], merged[0])
    assert apart[1, 10, 14] == apart[1, 10, 15] == 1
    assert merged[1, 10, 14] == merged[1, 10, 15] == 0
    assert apart[2, 10, 14] <= 0.25
    assert merged[2, 10, 14] == 1


def test_the_distance_is_1_inside_each_object_however_small():
    made = condition(discs((60, 60), (15, 15, 4), (40, 40, 15)))
    assert made[2, 15, 15] == 1
    assert made[2, 40, 40] == 1
    assert made.dtype == np.float32
    assert made.min() == 0
    assert made.max() == 1


def test_ids_do_not_matter():
    ids = two_squares()
    np.testing.assert_array_equal(condition(ids), condition(np.where(ids == 1, 70_000, ids)))


@pytest.mark.parametrize("value", [0, 3])
def test_nothing_and_only_one_object(value):
    made = condition(np.full((7, 9), value, np.int32))
    assert made.shape == (3, 7, 9)
    assert np.isfinite(made).all()
    assert made[0].mean() == bool(value)
    assert not made[1].any()


def test_the_edge_of_the_image_is_no_outline():
    whole = condition(two_squares())
    cut = condition(two_squares()[:, 10:])
    assert not cut[1, 10, 0]
    assert cut[2, 10, 0] >= whole[2, 10, 10]


def test_tints_are_means_and_spread_of_background_and_objects():
    ids = two_squares() * 5
    pixels = np.stack([np.where(ids == 5, 0.5, np.where(ids == 10, -0.5, 0.1)), np.zeros(ids.shape)]).astype(np.float32)
    tints = tints_of(pixels, ids)
    np.testing.assert_allclose(tints, [[0.1, 0, 0], [0.5, 0, 0], [-0.5, 0, 0]], atol=1e-6)
    seen = shown(ids, tints)
    assert seen.shape == (6, *ids.shape)
    np.testing.assert_allclose(seen[3], pixels[0], atol=1e-6)


def test_tints_without_background():
    ids = np.ones((4, 4), np.int32)
    tints = tints_of(np.ones((1, 4, 4), np.float32), ids)
    np.testing.assert_allclose(tints, [[0, 0], [1, 0]])
    assert (shown(ids, tints)[3] == 1).all()
