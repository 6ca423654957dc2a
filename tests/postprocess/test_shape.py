"""Filter by shape."""

import numpy as np
import pytest
from toy import discs

from opsef_core.data import Image, Labels
from opsef_core.errors import BadLabels
from opsef_core.postprocess import clean


def shapes():
    """1: disc, 2: thin line, 3: two discs in a waist, 4: one pixel, 5: 2 x 2."""
    ids = discs((60, 90), (15, 15, 10))
    ids[40, 5:35] = 2
    ids[discs((60, 90), (40, 50, 7), (40, 66, 7)) > 0] = 3
    ids[5, 80] = 4
    ids[10:12, 80:82] = 5
    return Labels(ids, "YX", "shapes")


def after(**limits):
    labels = shapes()
    return clean("shape", **limits).run(labels, Image(labels.pixels, "YX", "shapes")).ids.tolist()


def test_lines_are_not_round():
    assert after(min_circularity=0.8) == [1, 4, 5]
    assert after(max_circularity=0.2) == [2]


def test_lines_are_eccentric():
    assert after(max_eccentricity=0.5) == [1, 4, 5]
    assert after(min_eccentricity=0.99) == [2]


def test_merged_discs_are_not_solid():
    assert after(min_solidity=0.92) == [1, 2, 4, 5]


def test_the_widest_limits_delete_nothing():
    widest = {"min_circularity": 0, "max_circularity": 1, "min_eccentricity": 0, "max_eccentricity": 1}
    assert after(**widest, min_solidity=0, max_solidity=1) == [1, 2, 3, 4, 5]


def test_a_stack_is_refused_in_words():
    ids = np.ones((2, 3, 3), np.int32)
    with pytest.raises(BadLabels) as caught:
        clean("shape", min_solidity=0.5).run(Labels(ids, "ZYX", "s"), Image(ids, "ZYX", "s"))
    assert str(caught.value) == (
        "s is a stack, and solidity is defined for planes only. "
        "Filter it by size, or project the image when reading it (project='max')."
    )
