"""COCO's run lengths, compared with what COCO's own tools write."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from opsef_core.errors import BadLabels
from opsef_core.refine._rle import counts_of, packed, stencil_of, unpacked


def mask(rows):
    return np.array([[c == "1" for c in row] for row in rows.split()])


# Masks by row, and the text that pycocotools 2.0.11 gives for them.
THEIRS = [
    ("0000 0000 0000", "<"),
    ("1111 1111 1111", "0<"),
    ("001 001 000 110 100 011 011 101 101", "32201ON11012"),
    ("01 11 11 11 11 11 11 11 11 10 10", "1c02"),
    ("111101111", "0410"),
    ("1101 0101 1001 0101", "0110010O33"),
    ("11011111111 11111111110", "041<0"),
]


@pytest.mark.parametrize(("rows", "text"), THEIRS)
def test_as_coco_writes_it(rows, text):
    wanted = mask(rows)
    found = stencil_of(unpacked(text), *wanted.shape)
    assert np.array_equal(placed(found, wanted.shape), wanted)
    if wanted.any():
        assert packed(counts_of(wanted, 0, 0, *wanted.shape)) == text


def test_long_runs_as_coco_writes_them():
    """300 x 200, a rectangle with a hole; the beginning of pycocotools' text, which is long."""
    wanted = np.zeros((300, 200), bool)
    wanted[10:290, 20:180], wanted[100:150, 50:60] = True, False
    text = packed(counts_of(wanted[10:290, 20:180], 10, 20, 300, 200))
    assert text.startswith("jk5h8d0000000000")
    assert text.endswith("000Vk5")
    assert "RJn0b1RO^Nn0b1RO^N" in text
    assert np.array_equal(placed(stencil_of(unpacked(text), 300, 200), wanted.shape), wanted)


def placed(found, shape):
    inside, top, left = found
    image = np.zeros(shape, bool)
    image[top : top + inside.shape[0], left : left + inside.shape[1]] = inside
    return image


@settings(max_examples=150, deadline=None)
@given(arrays(bool, st.tuples(st.integers(1, 8), st.integers(1, 8))), st.tuples(*[st.integers(0, 3)] * 4))
def test_out_and_back_anywhere_in_an_image(inside, around):
    above, below, before, after = around
    wanted = np.pad(inside, ((above, below), (before, after)))
    if inside.any():
        counts = counts_of(inside, above, before, *wanted.shape)
        assert counts.sum() == wanted.size
        assert (counts[1:] > 0).all()
        assert np.array_equal(unpacked(packed(counts)), counts)
        assert np.array_equal(placed(stencil_of(counts, *wanted.shape), wanted.shape), wanted)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 2**38), min_size=1, max_size=12))
def test_all_numbers_pack(numbers):
    counts = np.array(numbers, np.int64)
    assert np.array_equal(unpacked(packed(counts)), counts)


@pytest.mark.parametrize("counts", [[3, 4], [-1, 13], [1.5, 10.5], "x", None, [[12]], [2**70], [2**63 - 1, 2**63 - 1]])
def test_counts_that_are_none(counts):
    with pytest.raises(BadLabels, match="counts that"):
        stencil_of(counts, 3, 4)


@pytest.mark.parametrize("text", ["", "P", "é", "0~", " ", "PPPPPPPPPPPP0", "\x7f"])
def test_texts_that_are_none(text):
    with pytest.raises(BadLabels, match="counts "):
        unpacked(text)


@pytest.mark.parametrize(
    "counts", [2.0**63, [2.0**63], [float("nan"), 1], [-1, 21], [2**64, 0], [[1], [2, 3]], "x", None]
)
def test_counts_that_cannot_be(counts):
    with pytest.raises(BadLabels, match="counts that are no"):
        stencil_of(counts, 4, 5)
