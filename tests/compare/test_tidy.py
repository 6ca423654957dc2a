"""One row an image x grid point x metric."""

import numpy as np
import pandas as pd
import pytest

from opsef_core.compare import noted, tidy
from opsef_core.errors import NothingToShow

SCORES = pd.DataFrame(
    {
        "image": ["x", "x", "y"],
        "grid_point": ["a", "b", "a"],
        "status": ["done", "failed", "done"],
        "ap(iou_threshold=0.75)": [0.5, np.nan, 0.25],
        "count_error": [0.0, np.nan, 1.0],
        "n_truth": [3, np.nan, 1],
    }
)


def test_every_number_has_its_row():
    long = tidy(SCORES)
    assert list(long) == ["image", "grid_point", "status", "n_truth", "metric", "value", "lower_is_better"]
    assert long["image"].tolist() == ["x", "x", "x", "x", "y", "y"]
    assert long["metric"].tolist() == ["ap(iou_threshold=0.75)", "count_error"] * 3
    assert long["value"].tolist() == pytest.approx([0.5, 0, np.nan, np.nan, 0.25, 1], nan_ok=True)
    assert long["lower_is_better"].tolist() == [False, True] * 3
    back = long.pivot(index=["image", "grid_point"], columns="metric", values="value")
    assert back.loc[("y", "a"), "count_error"] == 1


def test_agreement_is_a_number_too():
    long = tidy(SCORES[["image", "grid_point"]].assign(agreement=[0.1, 0.2, 0.3]))
    assert long[["metric", "value"]].values.tolist() == [["agreement", 0.1], ["agreement", 0.2], ["agreement", 0.3]]


def test_the_warning_above_scores_does_no_harm():
    assert tidy(noted(SCORES, "Mind this.")).equals(tidy(SCORES))
    assert type(tidy(noted(SCORES, "Mind this."))) is pd.DataFrame


@pytest.mark.parametrize("table", [SCORES[["image", "n_truth"]], SCORES.iloc[:0]])
def test_nothing_scored_is_told_in_words(table):
    with pytest.raises(NothingToShow, match="These scores have no metric with a number; call run.score"):
        tidy(table)
