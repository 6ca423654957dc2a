"""Real images beside painted ones."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import toy

from opsef_core.errors import NothingToShow
from opsef_core.plots import painted


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_real_ones_above_painted_ones_plain_and_with_their_masks():
    real = [toy.many_discs(f"r{n}", seed=n, shape=(100, 140)) for n in range(2)]
    made = [toy.many_discs(f"m{n}", seed=9 + n, shape=(80, 90)) for n in range(7)]
    axes = painted(real, made)
    assert axes.shape == (3, 5)
    assert [a.get_title(loc="left") for a in axes[:, 0]] == ["real, with labels", "painted", "painted, with masks"]
    assert [len(a.images) for a in axes[0]] == [1, 1, 0, 0, 0]
    assert all(len(a.images) == 1 for a in axes[1:].ravel())
    plain, outlined = (axes[row, 0].images[0].get_array() for row in (1, 2))
    assert plain.shape[:2] == outlined.shape[:2] == (80, 80)  # the smallest, so that all are shown at one scale
    assert (np.asarray(plain) != np.asarray(outlined)).any()


def test_nothing_painted_is_said():
    with pytest.raises(NothingToShow, match="No image of this style was painted"):
        painted([toy.one_disc()], [])
