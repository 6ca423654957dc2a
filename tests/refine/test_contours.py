"""Contours enclose exactly the pixels of their object."""

import io
import zipfile

import numpy as np
import pytest
import roifile
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from refine.annotatorj_emulator import filled

from opsef_core.errors import BadImage
from opsef_core.refine._contours import contours
from opsef_core.refine.imagej_roi import roi_set

PIXEL = np.array([[1]], bool)
RING = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], bool)
DIAGONAL = np.array([[1, 0], [0, 1]], bool)


def test_one_pixel_has_four_corners():
    assert [loop.tolist() for loop in contours(PIXEL)] == [[[0, 0], [1, 0], [1, 1], [0, 1]]]


def test_straight_edges_have_no_corners_in_between():
    assert [len(loop) for loop in contours(np.ones((5, 9), bool))] == [4]


def test_a_hole_is_a_loop_of_its_own_the_other_way_round():
    outer, hole = contours(RING)
    assert len(outer) == len(hole) == 4
    assert turning(outer) > 0 > turning(hole)


def turning(loop):
    x, y = loop.astype(float).T
    return float(np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)))


def test_pixels_that_touch_at_a_corner_are_two_parts():
    assert [len(loop) for loop in contours(DIAGONAL)] == [4, 4]


@settings(max_examples=60, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.booleans()))
def test_filling_the_contours_gives_the_mask_back(mask):
    assert np.array_equal(filled(contours(mask), mask.shape), mask)


def test_the_zip_has_names_groups_and_pixels():
    mask = np.zeros((20, 30), np.uint16)
    mask[2:7, 3:9] = 7
    mask[4, 5] = 0  # a hole
    mask[10:12, 10:12] = mask[15, 28] = 300  # two parts
    mask[19, 0:4] = 12345
    content = roi_set(mask, {7: 2})
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        rois = {name: roifile.ImagejRoi.frombytes(archive.read(name)) for name in archive.namelist()}
    assert list(rois) == ["0007.roi", "0300.roi", "12345.roi"]
    assert [roi.group for roi in rois.values()] == [2, 0, 0]
    assert [roi.name for roi in rois.values()] == ["0007", "0300", "12345"]
    assert rois["0007.roi"].stroke_color == b"\xff\x00\xff\x00"
    assert (rois["12345.roi"].left, rois["12345.roi"].top, rois["12345.roi"].right) == (0, 19, 4)
    for number, roi in zip((7, 300, 12345), rois.values(), strict=True):
        assert np.array_equal(filled(roi.coordinates(multi=True), mask.shape), mask == number)


def test_the_same_labels_give_the_same_bytes():
    mask = np.eye(4, dtype=np.uint16)
    assert roi_set(mask, {}) == roi_set(mask, {})


def test_too_large_for_the_format():
    with pytest.raises(BadImage) as error:
        roi_set(np.zeros((1, 40000), np.uint16), {})
    assert str(error.value) == ("ImageJ's outlines reach 32767 pixels, not 40000; export tiles, or as 'ome_tiff'.")


def test_a_composite_is_built_like_the_one_imagej_wrote(real_data):
    """ImageJ's own composite ROI, with a hole added and written by us, has the same kind, bounds and path."""
    theirs = next(r for r in roifile.roiread(real_data / "roi_samples/annotatorj/img_ROIs_classes.zip") if r.composite)
    mask = filled(theirs.coordinates(multi=True), (256, 256))
    mask[98, 156] = False
    with zipfile.ZipFile(io.BytesIO(roi_set(mask.astype(np.uint16), {}))) as archive:
        ours = roifile.ImagejRoi.frombytes(archive.read("0001.roi"))
    assert (ours.roitype, ours.version) == (theirs.roitype, theirs.version)
    for roi in (ours, theirs):  # bounds enclose the path, which is in pixels of the image
        corners = np.concatenate(roi.coordinates(multi=True))
        assert (roi.left, roi.top) == tuple(np.floor(corners.min(axis=0)))
        assert (roi.right, roi.bottom) == tuple(np.ceil(corners.max(axis=0)))
    assert (ours.multi_coordinates[0], ours.multi_coordinates[-1]) == (0, 4)
    assert (theirs.multi_coordinates[0], theirs.multi_coordinates[-1]) == (0, 4)
    assert np.array_equal(filled(ours.coordinates(multi=True), mask.shape), mask)
