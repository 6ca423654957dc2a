import numpy as np
import pytest

from opsef_core.adapt import kid, two_sample
from opsef_core.adapt.realness import wilson
from opsef_core.errors import BadParameter


def rows(n, d=20, shift=0.0, seed=0):
    return shift + np.random.default_rng(seed).normal(size=(n, d))


def test_kid_of_one_kind_is_0_and_grows_with_the_difference():
    values = [kid(rows(60), rows(60, shift=s, seed=1)) for s in (0, 0.5, 1, 2)]
    value, error = values[0]
    assert abs(value) < 3 * error + 1e-3
    assert error > 0
    assert [v for v, _ in values] == sorted(v for v, _ in values)
    assert values[2][0] > 5 * values[2][1]


def test_kid_is_unbiased():
    many = [kid(rows(20, seed=2 * i), rows(20, seed=2 * i + 1))[0] for i in range(30)]
    assert abs(np.mean(many)) < 3 * np.std(many) / np.sqrt(30)


def test_the_standard_error_is_as_large_as_the_values_scatter():
    made = [kid(rows(40, seed=2 * i), rows(40, shift=0.5, seed=2 * i + 1)) for i in range(25)]
    assert 0.5 < np.mean([e for _, e in made]) / np.std([v for v, _ in made]) < 2


def test_kid_does_not_depend_on_units_and_constants():
    x, y = rows(30), rows(30, shift=1, seed=1)
    more = [np.hstack([1000 * a, np.full((30, 1), 7.0)]) for a in (x, y)]
    assert kid(*more)[0] == pytest.approx(kid(x, y)[0], rel=1e-6)


def test_two_sample_tells_nothing_apart_and_everything():
    accuracy, (low, high) = two_sample(rows(60), rows(60, seed=1))
    assert low < 0.5 < high
    assert abs(accuracy - 0.5) < 0.15
    accuracy, (low, high) = two_sample(rows(60), rows(60, shift=2, seed=1))
    assert accuracy > 0.98
    assert low > 0.9
    assert high <= 1


def test_the_interval_stays_within_0_and_1():
    assert wilson(1.0, 40)[1] == 1
    assert wilson(0.0, 7)[0] == 0
    assert wilson(0.5, 10) == pytest.approx((0.237, 0.763), abs=1e-3)


def test_pieces_of_an_image_are_no_images_of_their_own():
    rng = np.random.default_rng(0)
    shared = np.repeat(rng.normal(size=(8, 40)), 12, axis=0)  # eight images, each in twelve pieces that are alike
    real, made = shared + 0.1 * rng.normal(size=(96, 40)), rng.normal(size=(96, 40))
    alone, (low, high) = two_sample(real, made)
    together, (lowest, highest) = two_sample(real, made, images=(np.repeat(np.arange(8), 12), np.arange(100, 196)))
    assert together < alone - 0.1  # a piece's sisters give it away
    assert highest - lowest > 2 * (high - low)
    with pytest.raises(BadParameter, match="of at least 4 images"):
        two_sample(real, made, images=(np.repeat(np.arange(3), 32), np.arange(96)))


def test_a_picture_painted_in_the_colours_of_an_image_belongs_to_it():
    found = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        colours = rng.normal(size=(8, 40))
        of = np.repeat(np.arange(8), 6)
        real, made = (colours[of] + 0.5 * rng.normal(size=(48, 40)) for _ in range(2))  # a perfect painter
        found.append(two_sample(real, made, images=(of, of))[0])
    assert 0.42 < np.mean(found) < 0.58  # with pictures as images of their own it is below 0.4


def test_two_sample_draws_equally_many():
    accuracy, _ = two_sample(rows(200), rows(20, seed=1))
    assert accuracy < 0.75  # not the 0.91 of always saying "real"


def test_both_are_deterministic():
    x, y = rows(30), rows(30, shift=0.3, seed=1)
    assert kid(x, y, seed=4) == kid(x, y, seed=4)
    assert two_sample(x, y, seed=4) == two_sample(x, y, seed=4)


@pytest.mark.parametrize("judge", [kid, two_sample])
def test_what_cannot_be_compared_is_said(judge):
    with pytest.raises(BadParameter, match="same columns"):
        judge(rows(9, 3), rows(9, 4))
    with pytest.raises(BadParameter, match="too few"):
        judge(rows(9), rows(2))
    with pytest.raises(BadParameter, match="NaN"):
        judge(rows(9), rows(9) * np.nan)
