"""Made-up nuclei, and the size shapes are brought to."""

import numpy as np
import pytest
from drawn_nuclei import field

from opsef_core.adapt import ShapeBank, measure_layout, parametric_bank, synthetic_masks
from opsef_core.adapt._match import Matcher, sheet
from opsef_core.adapt._outlines import FEATURES, filled, points


@pytest.mark.parametrize("ratio", [0.5, 1, 2, 4])
def test_a_length_grows_as_the_root_of_the_area(ratio):
    """The ancestor used the ratio of areas as the scale of lengths."""
    for outline in ShapeBank.shipped().outlines[::1000]:
        z = points(outline[None])[0]
        assert filled(z * np.sqrt(400 * ratio)).sum() == pytest.approx(400 * ratio, rel=0.05)


@pytest.mark.parametrize("stretch", [1.0, 2.5])
def test_parametric_nuclei_are_as_elongated_as_measured(stretch):
    """The ancestor tested a stretched outline and stored the round one."""
    rng = np.random.default_rng(0)
    layout = measure_layout([field(1, stretch=stretch), field(2, stretch=stretch)])
    bank = parametric_bank(layout, count=1000, seed=1)
    assert len(bank) == 1000
    wanted = layout.shapes[list(FEATURES)].to_numpy()
    chosen = Matcher(bank, layout, rng).choose(wanted, rng)
    measured = sheet([filled(z) for z in points(bank.outlines[chosen]) * 15])
    assert measured["elongation"].mean() == pytest.approx(wanted[:, 0].mean(), rel=0.06)
    assert measured["solidity"].mean() == pytest.approx(wanted[:, 2].mean(), abs=0.02)


def test_parametric_nuclei_are_spread_as_measured():
    """Their mean alone can be right where all of them are alike."""
    layout = measure_layout([field(n, 40, stretch=s) for n, s in enumerate((1.0, 1.4, 2.0, 3.0))])
    made = measure_layout(list(synthetic_masks(layout, count=6, from_bank=0)))
    assert layout.compare(made).loc[["elongation", "circularity", "solidity"], "ks"].max() < 0.25


def test_parametric_nuclei_are_the_same_for_a_seed():
    layout = measure_layout([field()])
    first, again, other = (parametric_bank(layout, count=50, seed=s).outlines for s in (3, 3, 4))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
