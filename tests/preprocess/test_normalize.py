import numpy as np
import pytest
from arrays import after, noise

from opsef_core.errors import BadParameter
from opsef_core.preprocess import step


def test_percentiles_become_0_and_1():
    ramp = np.arange(101)[None]
    got = after("normalize", ramp, low_percentile=10, high_percentile=60)[0]
    assert got[[10, 35, 60]] == pytest.approx([0, 0.5, 1], abs=1e-6)
    assert (got.min(), got.max()) == (0, 1)


def test_without_clipping_the_rest_goes_on():
    got = after("normalize", np.arange(101)[None], low_percentile=10, high_percentile=60, clip=False)[0]
    assert got[[0, 100]] == pytest.approx([-0.2, 1.8], abs=1e-6)


def test_each_channel_or_all_together():
    two = np.array([[[0, 10]], [[0, 40]]])
    everything = {"low_percentile": 0, "high_percentile": 100}
    assert after("normalize", two, **everything).tolist() == [[[0, 1]], [[0, 1]]]
    assert after("normalize", two, channels="together", **everything).tolist() == [[[0, 0.25]], [[0, 1]]]


def test_a_stack_has_one_scale():
    stack = np.array([[[0, 10]], [[0, 40]]])
    got = after("normalize", stack, "ZYX", low_percentile=0, high_percentile=100)
    assert got.tolist() == [[[0, 0.25]], [[0, 1]]]


def test_a_constant_image_becomes_0():
    assert after("normalize", np.full((3, 3), 77)).max() == 0


def test_few_bright_objects_on_an_even_ground_are_not_lost():
    x = np.zeros((100, 100))
    x[50, 50:52] = (100, 200)  # fewer than the 0.2 % above the upper percentile
    got = after("normalize", x)
    assert got[50, 50:52].tolist() == [0.5, 1]
    assert got.sum() == 1.5


def test_the_scale_of_the_intensities_does_not_matter():
    x = noise((50, 50), "uint16")
    assert np.allclose(after("normalize", x), after("normalize", x * 257), atol=1e-6)


def test_percentiles_in_the_wrong_order_are_refused():
    with pytest.raises(BadParameter) as error:
        step("normalize", low_percentile=99, high_percentile=1)
    assert str(error.value) == ("step 'normalize': low_percentile (99) must be smaller than high_percentile (1).")
