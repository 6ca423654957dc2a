"""From agreement to an estimated score, with and without a few true images."""

import numpy as np
import pandas as pd
import pytest

from opsef_core.compare._blind.estimate import SHIPPED, Calibration, estimates, refitted
from opsef_core.compare._blind.hindsight import hindsight
from opsef_core.errors import NothingToShow

LINE = Calibration("dsb_score", 0.1, 0.5, 0.05, 0.1, "a test")


def table(agreements, truths=None, images=4):
    """Grid points p0, p1, ... with these agreements on every image; truths: {grid point: score} on the first two."""
    rows = []
    for n, value in enumerate(agreements):
        for i in range(images):
            known = truths is not None and i < 2
            score = truths.get(f"p{n}", np.nan) if known else np.nan
            rows.append({"image": f"i{i}", "grid_point": f"p{n}", "agreement": value, "dsb_score": score})
    return pd.DataFrame(rows)


def test_without_truth_it_is_the_line():
    made = estimates(table([0.2, 0.8]).drop(columns="dsb_score"), LINE).set_index("grid_point")
    assert made["estimate"].to_dict() == pytest.approx({"p0": 0.2, "p1": 0.5})
    assert list(made.index) == ["p1", "p0"]
    assert (made["low"] < made["estimate"]).all()
    assert (made["high"] > made["estimate"]).all()
    assert made["n_true"].tolist() == [0, 0]


def test_a_few_true_images_move_a_grid_point_but_not_all_the_way():
    plain = estimates(table([0.5, 0.5]), LINE).set_index("grid_point")["estimate"]
    made = estimates(table([0.5, 0.5], {"p0": 0.35, "p1": 0.75}), LINE).set_index("grid_point")
    assert plain["p0"] < made["estimate"]["p1"] < 0.75
    assert made["estimate"]["p0"] < made["estimate"]["p1"]
    assert made["n_true"].to_dict() == {"p0": 2, "p1": 2}


def test_truth_narrows_the_interval():
    def width(t):
        return (t["high"] - t["low"]).mean()

    assert width(estimates(table([0.5], {"p0": 0.35}), LINE)) < width(estimates(table([0.5]), LINE))


def test_the_line_is_fitted_again_where_agreement_means_something_else():
    rng = np.random.default_rng(0)
    agreement = rng.uniform(0, 1, 400)
    steep = refitted(LINE, agreement, 0.9 * agreement)
    assert steep.slope == pytest.approx(0.9, abs=0.05)
    assert abs(steep.intercept) < 0.05
    assert refitted(LINE, np.zeros(0), np.zeros(0)) == LINE


def test_many_true_rows_win_over_the_shipped_line_and_one_does_not():
    few = refitted(LINE, np.array([0.5]), np.array([0.9]))
    assert few.intercept + 0.5 * few.slope == pytest.approx(0.35, abs=0.05)


def test_a_failed_result_counts_as_no_agreement():
    rows = table([0.8, 0.8]).assign(status="done")
    rows.loc[(rows["grid_point"] == "p1") & (rows["image"] != "i0"), ["agreement", "status"]] = [np.nan, "failed"]
    made = estimates(rows, LINE).set_index("grid_point")
    assert made["agreement"].to_dict() == pytest.approx({"p0": 0.8, "p1": 0.2})


def test_estimates_stay_between_0_and_1():
    made = estimates(table([0.0, 1.0]), Calibration("dsb_score", -0.2, 1.5, 0.1, 0.1, "a test"))
    assert made[["estimate", "low", "high"]].to_numpy().min() >= 0
    assert made[["estimate", "low", "high"]].to_numpy().max() <= 1


def test_without_agreement_there_is_nothing_to_estimate_from():
    with pytest.raises(NothingToShow, match="agreement"):
        estimates(pd.DataFrame({"image": ["a"], "grid_point": ["p"]}))


def test_the_shipped_line_says_where_it_is_from():
    assert "BBBC038" in SHIPPED.source
    assert 0 < SHIPPED.slope < 2


def test_hindsight_of_a_right_a_wrong_and_a_blind_ranking():
    true = pd.Series({"a": 0.1, "b": 0.3, "c": 0.5})
    right = hindsight(true * 2, true)
    assert (right.spearman, right.pairs_right, right.chosen, right.best) == (pytest.approx(1.0), 1.0, 0.5, 0.5)
    wrong = hindsight(-true, true)
    assert (wrong.spearman, wrong.pairs_right, wrong.chosen) == (pytest.approx(-1.0), 0.0, 0.1)
    assert np.isnan(hindsight(true * 0, true).spearman)
    assert "Spearman 1.00 over 3 grid points" in str(right)


def test_hindsight_does_not_judge_what_nobody_can_tell_apart():
    true = pd.Series({"a": 0.50, "b": 0.51})
    assert np.isnan(hindsight(-true, true).pairs_right)
    assert hindsight(pd.Series(dtype=float), true).grid_points == 0
