"""What the browser gets: PNG and packed ids, of one size, and the same again when unpacked."""

import io

import numpy as np
import pytest
import toy
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as Pillow

from opsef_core.data import Labels
from opsef_core.errors import BadLabels
from opsef_core.widgets._layers import packed, plane, reduced, unpacked
from opsef_core.widgets._pictures import liveliest, png, step_for


def opened(data):
    return np.array(Pillow.open(io.BytesIO(data)))


def test_a_grey_picture_is_sent_grey_and_a_colour_one_in_colour():
    grey = np.repeat(np.arange(12, dtype=np.uint8).reshape(3, 4, 1), 3, axis=-1)
    colour = grey + np.array([0, 1, 2], np.uint8)
    assert (opened(png(grey)) == grey[..., 0]).all()
    assert (opened(png(colour)) == colour).all()


def test_a_large_image_is_reduced_and_its_ids_have_the_size_of_the_picture(wide):
    image, labels = wide
    step = step_for(image)
    assert step == 3
    picture, ids = opened(png(image.for_display(), step)), reduced(labels.array(), step)
    assert picture.shape == ids.shape == (100, 1667)
    assert set(np.unique(ids)) == {0, 7, 9}
    assert step_for(toy.one_disc()[0]) == 1


@given(arrays.arrays(np.int32, st.tuples(st.integers(0, 9), st.integers(0, 9)), elements=st.integers(0, 3)))
def test_ids_are_the_same_again(ids):
    assert (unpacked(packed(ids), ids.shape) == ids).all()


def test_ids_of_any_size_are_kept_and_take_little_room():
    _, truth = toy.many_discs()
    assert len(packed(truth.array())) < truth.array().nbytes / 20
    huge = np.array([[0, 2**31 - 1], [5, 5]], np.int32)
    assert (unpacked(packed(huge), huge.shape) == huge).all()


def test_of_a_stack_the_middle_plane_is_shown():
    image, truth = toy.one_disc()
    stack = Labels(np.stack([truth.array() * 0, truth.array(), truth.array() * 0]), "ZYX", "stack")
    assert (plane(stack, image) == truth.array()).all()
    with pytest.raises(BadLabels, match="have the size"):
        plane(toy.empty()[1], image)


def test_the_crop_lies_where_most_happens():
    picture = np.zeros((1000, 1200, 3), np.uint8)
    picture[700:740:2, 900:940] = 255
    rows, columns = liveliest(picture)
    assert rows.start <= 700
    assert rows.stop >= 740
    assert columns.start <= 900
    assert columns.stop >= 940
    assert rows.stop - rows.start == columns.stop - columns.start == 400
    assert liveliest(picture[:300, :500]) == (slice(0, 300), slice(0, 500))
    flat = liveliest(np.zeros((100, 900, 3), np.uint8))
    assert flat == (slice(0, 100), slice(0, 400))
