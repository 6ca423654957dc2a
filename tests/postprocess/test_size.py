"""Filter by size."""

import numpy as np
import pytest
from toy import one_disc

from opsef_core.data import Image, Labels
from opsef_core.errors import BadParameter
from opsef_core.postprocess import clean

ROW = np.array([[4, 0, 7, 7, 0, 9, 9, 9]])  # areas 1, 2, 3


def after(**limits):
    labels = Labels(ROW, "YX", "row")
    return clean("size", **limits).run(labels, Image(ROW, "YX", "row")).ids.tolist()


def test_limits_are_inclusive():
    assert after(min_area_px=2) == [7, 9]
    assert after(max_area_px=2) == [4, 7]
    assert after(min_area_px=2, max_area_px=2) == [7]
    assert after(min_area_px=4) == []


def test_voxels_are_counted_in_a_stack():
    ids = np.ones((2, 2, 2), np.int32)
    assert clean("size", min_area_px=8).run(Labels(ids, "ZYX", "s"), Image(ids, "ZYX", "s")).count == 1
    assert clean("size", min_area_px=9).run(Labels(ids, "ZYX", "s"), Image(ids, "ZYX", "s")).count == 0


def test_a_new_limit_starts_from_the_stored_labels():
    image, labels = one_disc()
    assert clean("size", min_area_px=10_000).run(labels, image).count == 0
    assert clean("size", min_area_px=10).run(labels, image).count == 1


def test_limits_the_wrong_way_round_are_refused():
    with pytest.raises(BadParameter) as caught:
        clean("size", min_area_px=9, max_area_px=5)
    assert "min_area_px is larger than max_area_px (9 > 5), so no object could stay." in str(caught.value)


def test_negative_limits_are_refused():
    with pytest.raises(BadParameter) as caught:
        clean("size", min_area_px=-1)
    assert str(caught.value) == (
        "pass 'size': min_area_px = -1 is not possible: Input should be greater than or equal to 0."
    )
