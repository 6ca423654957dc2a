import numpy as np
import pytest
from arrays import after, image

from opsef_core.data import RGB
from opsef_core.errors import BadImage
from opsef_core.preprocess import step


def test_colours_have_their_brightness():
    red_green_blue_white = np.array([[[100, 0, 0, 100]], [[0, 100, 0, 100]], [[0, 0, 100, 100]]])
    assert np.allclose(after("grey", red_green_blue_white), [[29.9, 58.7, 11.4, 100]])


def test_the_channels_are_gone():
    got = step("grey")(image(np.zeros((3, 2, 4, 5)), "CZYX", channels=RGB))
    assert (got.axes, got.channels) == ("ZYX", ())


def test_a_grey_image_stays():
    assert after("grey", [[1, 2]]).tolist() == [[1, 2]]


def test_two_channels_are_refused():
    with pytest.raises(BadImage) as error:
        after("grey", np.zeros((2, 4, 4)))
    assert str(error.value) == (
        "toy has 2 channels, and the step 'grey' works on images with 1 or 3. "
        "Leave the step out for this image, or choose channels when reading it."
    )
