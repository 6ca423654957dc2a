"""The montage of styles."""

from dataclasses import dataclass

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from looks import fields, look

from opsef_core.data import Unreadable
from opsef_core.errors import NothingToShow
from opsef_core.plots import styles


@dataclass(frozen=True)
class Group:
    name: str
    members: tuple[str, ...]
    shown: tuple[str, ...]


TWO = [
    Group("style-01", ("bright_00", "bright_01", "bright_02"), ("bright_01", "bright_00")),
    Group("style-02", ("tissue_00",), ("tissue_00",)),
]


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def texts(axes):
    figure = axes[0, 0].figure
    return "\n".join(t.get_text() for t in [*figure.texts, *(t for ax in figure.axes for t in ax.texts)])


def test_a_row_a_style_the_medoid_first_and_framed(tmp_path):
    axes = styles(TWO, [*fields(3), Unreadable("broken", "it ends early")])
    assert axes.shape == (2, 2)
    assert axes[1, 1] is None
    assert [bool(ax.spines["top"].get_visible()) for ax in (axes[0, 0], axes[0, 1], axes[1, 0])] == [True, False, True]
    said = texts(axes)
    for part in ("style-01\n3 images\n75%", "style-02\n1 image\n25%", "2 styles in 4 images", "bright_01"):
        assert part in said
    axes[0, 0].figure.savefig(tmp_path / "styles.png", dpi=30)


def test_every_picture_shows_as_many_pixels_from_the_middle():
    small, large = look("bright", 0, side=40), look("bright", 1, side=120)
    axes = styles([Group("a", ("bright_00", "bright_01"), ("bright_00", "bright_01"))], [small, large], side_px=64)
    left, right = (np.asarray(ax.images[0].get_array()) for ax in axes[0])
    assert left.shape == right.shape == (64, 64, 3)
    assert np.array_equal(left[12:52, 12:52], small.for_display())
    assert (left[:12] == left[0, 0]).all()
    assert np.array_equal(right, large.for_display()[28:92, 28:92])


def test_images_that_are_not_given_leave_their_place_empty():
    axes = styles(TWO, [look("bright", 0)])
    assert "not given" in texts(axes)
    assert not axes[0, 0].images
    assert axes[0, 1].images


def test_of_many_styles_the_first_are_shown():
    axes = styles([Group(f"s{n}", ("bright_00",), ("bright_00",)) for n in range(9)], [look("bright", 0)], rows=4)
    assert len(axes) == 4
    assert "9 styles in 9 images, the largest 4 of them here" in texts(axes)


@pytest.mark.parametrize(("found", "images"), [([], [look("bright", 0)]), (TWO, []), (TWO, [look("dim", 0)])])
def test_nothing_to_show_is_said(found, images):
    with pytest.raises(NothingToShow, match="no style to show"):
        styles(found, images)


def test_no_global_setting_changes():
    before = dict(mpl.rcParams)
    styles(TWO, fields(3))
    assert dict(mpl.rcParams) == before
