"""Outlines over images."""

import numpy as np
import pytest
from toy import one_disc

from opsef_core.data import RGB, Image, Labels
from opsef_core.errors import BadImage, BadLabels
from opsef_core.plots import FOUND, TRUE, overlay, overlays


def square(background=0):
    """10 x 12 pixels, object 4 in rows 2 to 6, columns 3 to 8."""
    ids = np.zeros((10, 12), np.int32)
    ids[2:7, 3:9] = 4
    pixels = np.full((3, 10, 12), background, np.uint8)
    return Image(pixels, "CYX", "square", channels=RGB), Labels(ids, "YX", "square")


def painted(picture, colour=FOUND):
    return (picture == colour).all(-1)


def test_the_outline_is_the_edge_of_the_object():
    image, labels = square()
    picture = overlay(image, labels)
    edge = labels.pixels > 0
    edge[3:6, 4:8] = False
    assert picture.shape == (10, 12, 3)
    assert picture.dtype == np.uint8
    assert np.array_equal(painted(picture), edge)
    assert (picture[~edge] == 0).all()


def test_touching_objects_are_told_apart():
    ids = np.ones((4, 6), np.int32)
    ids[:, 3:] = 2
    picture = overlay(Image(np.zeros((4, 6)), "YX", "two"), Labels(ids, "YX", "two"))
    assert painted(picture).all(0).tolist() == [False, False, True, True, False, False]


def test_zoom_keeps_outlines_thin():
    image, labels = square()
    picture = overlay(image, labels, zoom=4)
    assert picture.shape == (40, 48, 3)
    assert painted(picture)[8, 12:36].all()
    assert not painted(picture)[9, 13:35].any()


@pytest.mark.parametrize("background", [0, 255])
def test_wide_outlines_stay_inside_and_have_a_dark_rim(background):
    image, labels = square(background)
    picture = overlay(image, labels, zoom=4, line_px=3)
    assert painted(picture)[8:11, 12:36].all()
    assert not painted(picture)[7].any()
    assert (picture[7, 20] == int(background * 0.45)).all()
    assert (picture[6, 20] == background).all()


def test_a_crop_shows_its_part_and_is_cut_at_the_edge():
    image, labels = square()
    whole = overlay(image, labels)
    assert np.array_equal(overlay(image, labels, crop=(2, 3, 5, 4))[1:-1, 1:-1], whole[3:6, 4:6])
    assert overlay(image, labels, crop=(8, 8, 50, 50)).shape == (2, 4, 3)


def test_a_crop_outside_is_refused_in_words():
    with pytest.raises(BadImage) as caught:
        overlay(*square(), crop=(20, 0, 5, 5))
    assert str(caught.value) == (
        "The crop (20, 0, 5, 5) (top, left, height, width) holds no pixel of square, which has 10 rows and 12 columns."
    )


def test_labels_of_another_size_are_refused_in_words():
    image, _ = square()
    with pytest.raises(BadLabels) as caught:
        overlay(image, one_disc()[1])
    assert str(caught.value) == (
        "The labels one_disc have the size {'Y': 64, 'X': 64} and cannot be drawn over square, "
        "which has {'C': 3, 'Y': 10, 'X': 12}."
    )


def test_inputs_stay_as_they_are():
    image, labels = square(90)
    pixels, ids = image.pixels.copy(), labels.pixels.copy()
    overlay(image, labels)[:] = 1
    overlay(image)[:] = 1
    assert np.array_equal(image.pixels, pixels)
    assert np.array_equal(labels.pixels, ids)


def test_a_stack_shows_its_middle_plane():
    ids = np.zeros((3, 6, 6), np.int32)
    ids[1, 2:4, 2:4] = 1
    image, labels = Image(np.zeros((3, 6, 6)), "ZYX", "s"), Labels(ids, "ZYX", "s")
    assert painted(overlay(image, labels)).sum() == 4


def test_no_object_shows_the_image_alone():
    image, labels = square(77)
    nothing = Labels(labels.pixels * 0, "YX", "none")
    assert np.array_equal(overlay(image, nothing), overlay(image))


def test_many_layers_are_the_same_as_one_by_one():
    image, labels = square(50)
    plain, found, true = overlays(image, [(None, FOUND), (labels, FOUND), (labels, TRUE)], zoom=2, line_px=2)
    assert np.array_equal(plain, overlay(image, zoom=2))
    assert np.array_equal(found, overlay(image, labels, zoom=2, line_px=2))
    assert painted(true, TRUE).sum() == painted(found).sum() > 0
