"""Contact sheets."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from toy import empty, one_disc, touching_discs

from opsef_core.data import Image, Labels
from opsef_core.plots import contact_sheet
from opsef_core.plots._sheet import lens


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def titles(axes):
    return [ax.get_title() for ax in axes]


def test_original_truth_and_results_stand_side_by_side():
    image, truth = touching_discs()
    nothing = Labels(truth.pixels * 0, "YX", "none")
    axes = contact_sheet(image, [("threshold", truth), ("nothing", nothing)], truth=truth)
    assert titles(axes) == ["touching_discs", "truth\n2 objects", "threshold\n2 objects", "nothing\n0 objects"]
    shown = [np.asarray(ax.images[0].get_array()) for ax in axes]
    assert np.array_equal(shown[0], shown[3])
    assert not np.array_equal(shown[1], shown[2])  # other colour


def test_without_results_the_image_is_shown_alone():
    image, _ = empty()
    axes = contact_sheet(image, [])
    assert titles(axes) == ["empty"]
    assert len(axes[0].figure.axes) == 1


def test_one_crop_for_all_and_small_ones_are_enlarged():
    image, labels = one_disc()
    axes = contact_sheet(image, [("a", labels)], crop=(20, 20, 30, 20))
    assert [ax.images[0].get_array().shape for ax in axes] == [(240, 160, 3)] * 2


def test_rows_fill_up_and_long_titles_are_wrapped(tmp_path):
    image, labels = one_disc()
    results = [("median(size_px=3) + clahe(clip_limit=0.01) -> threshold(sigma_px=2.0) " * 3, labels)] * 5
    axes = contact_sheet(image, results, columns=3)
    assert len(axes) == 6
    assert max(len(line) for title in titles(axes) for line in title.split("\n")) <= 38
    axes[0].figure.savefig(tmp_path / "sheet.png", dpi=30)


def test_outlines_get_wider_on_large_images():
    big = Image(np.zeros((2100, 100)), "YX", "big")
    assert lens(big, None) == (1, 8)
    assert lens(big, (0, 0, 50, 50)) == (8, 3)
    assert lens(big, (0, 0, 420, 10)) == (1, 2)


def test_no_global_setting_changes():
    before = dict(mpl.rcParams)
    contact_sheet(*one_disc()[:1], [])
    assert dict(mpl.rcParams) == before
