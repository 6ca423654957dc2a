"""Two layouts in one figure."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from drawn_nuclei import field

from opsef_core.adapt import measure_layout
from opsef_core.errors import NothingToShow
from opsef_core.plots import layouts
from opsef_core.plots._layouts import PANELS, _ks


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


def test_every_property_has_a_panel_with_its_distance():
    a, b = measure_layout([field(0), field(1)]), measure_layout([field(2, radius=(9, 13))])
    figure = layouts(a, b, names=("real", "made"))
    assert [ax.get_xlabel() for ax in figure.axes] == list(PANELS.values())
    distances = [float(ax.get_title(loc="right").split()[1]) for ax in figure.axes if ax.get_title(loc="right")]
    known = a.compare(b)["ks"].loc[list(PANELS)].dropna()
    np.testing.assert_allclose(distances, known, atol=0.006)
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["real", "made"]


def test_what_is_not_known_is_said():
    one = np.zeros((50, 50), np.int32)
    one[20:30, 20:30] = 1
    figure = layouts(measure_layout([one]), measure_layout([field()]))
    texts = {ax.get_xlabel(): [t.get_text() for t in ax.texts] for ax in figure.axes}
    assert texts[PANELS["gap_px"]] == ["not known"]
    assert texts[PANELS["area_px"]] == []


def test_nothing_to_draw_is_said_in_words():
    class Nothing:
        def values(self, name):
            return np.zeros(0), np.zeros(0)

    with pytest.raises(NothingToShow, match="'synthetic' holds no object"):
        layouts(measure_layout([field()]), Nothing())


def test_equal_values_are_no_difference():
    ones = np.ones(4)
    assert _ks((ones, ones), (ones[:2], ones[:2])) == pytest.approx(0, abs=1e-12)
    assert _ks((ones, ones), (2 * ones, ones)) == pytest.approx(1)
