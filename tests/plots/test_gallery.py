"""Galleries."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from toy import empty, one_disc

from opsef_core.data import Image
from opsef_core.errors import BadImage, NothingToShow
from opsef_core.plots import gallery


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_images_stand_side_by_side_with_their_names_or_titles():
    (disc, _), (nothing, _) = one_disc(), empty()
    axes = gallery([disc, ("none at all", nothing), disc], columns=2)
    assert [ax.get_title() for ax in axes] == [disc.name, "none at all", disc.name]
    assert len(axes[0].figure.axes) == 4  # two rows, the last panel is left empty
    shown = [np.asarray(ax.images[0].get_array()) for ax in axes]
    assert np.array_equal(shown[0], shown[2])
    assert not np.array_equal(shown[0], shown[1])


def test_sizes_channels_and_planes_may_differ():
    stack = Image(np.zeros((5, 20, 30)), "ZYX", "stack")
    colours = Image(np.zeros((2, 40, 10), np.uint16), "CYX", "two channels")
    assert len(gallery([stack, colours])) == 2


def test_one_crop_for_all():
    image, _ = one_disc()
    axes = gallery([image, image], crop=(20, 20, 30, 20))
    assert [ax.images[0].get_array().shape for ax in axes] == [(240, 160, 3)] * 2


def test_nothing_to_show_and_a_crop_outside_are_said():
    with pytest.raises(NothingToShow, match="at least one image"):
        gallery([])
    with pytest.raises(BadImage, match="holds no pixel"):
        gallery([one_disc()[0]], crop=(900, 0, 5, 5))
