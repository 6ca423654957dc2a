"""Ranking of grid points."""

import numpy as np
import pandas as pd
import pytest

from opsef_core.compare import counted, ranking, with_failures
from opsef_core.errors import NothingToShow


def table(*rows):
    names = ["image", "grid_point", "dsb_score", "seconds", "status"]
    return pd.DataFrame(rows, columns=names).assign(recipe="plain", model="m", model_title=lambda t: t["grid_point"])


TWO = table(
    ("x", "good", 0.8, 3.0, "done"),
    ("y", "good", 0.6, 1.0, "done"),
    ("x", "poor", 0.1, 1.0, "done"),
    ("y", "poor", 0.3, 1.0, "done"),
)


def test_mean_deviation_and_speed():
    ranks = ranking(TWO)
    assert ranks["grid_point"].tolist() == ["good", "poor"]
    assert ranks["rank"].tolist() == [1, 2]
    assert ranks["mean"].tolist() == pytest.approx([0.7, 0.2])
    assert ranks["std"].tolist() == pytest.approx([0.2 / np.sqrt(2)] * 2)
    assert ranks[["n_images", "failures", "seconds"]].values.tolist() == [[2, 0, 2.0], [2, 0, 1.0]]
    assert ranks["model_title"].tolist() == ["good", "poor"]


def test_small_errors_are_better():
    ranks = ranking(TWO.rename(columns={"dsb_score": "count_error"}), "count_error")
    assert ranks["grid_point"].tolist() == ["poor", "good"]


def test_the_faster_wins_a_tie_and_full_ties_share_a_rank():
    ranks = ranking(
        table(
            ("x", "slow", 0.5, 9.0, "done"),
            ("x", "fast", 0.5, 1.0, "done"),
            ("x", "twin", 0.5, 1.0, "done"),
            ("x", "last", 0.4, 0.1, "done"),
        )
    )
    assert ranks[["rank", "grid_point"]].values.tolist() == [[1, "fast"], [1, "twin"], [3, "slow"], [4, "last"]]


FRAGILE = table(
    ("x", "fragile", 1.0, 1.0, "done"),
    ("y", "fragile", np.nan, np.nan, "failed"),
    ("x", "sturdy", 0.6, 1.0, "done"),
    ("y", "sturdy", 0.6, 1.0, "done"),
    ("broken", "fragile", np.nan, np.nan, "failed"),
    ("broken", "sturdy", np.nan, np.nan, "failed"),
)


def test_who_fails_on_half_of_the_images_cannot_win():
    ranks = ranking(FRAGILE)
    assert ranks["grid_point"].tolist() == ["sturdy", "fragile"]
    assert ranks["mean"].tolist() == [0.6, 0.5]
    assert ranks["failures"].tolist() == [1, 2]
    assert ranks["n_images"].tolist() == [2, 2]


def test_a_failure_counts_as_the_worst_but_a_broken_file_against_nobody():
    assert counted(FRAGILE, "dsb_score").tolist()[:2] == [1.0, 0.0]
    assert counted(FRAGILE, "dsb_score").isna().tolist() == [False] * 4 + [True] * 2
    assert counted(FRAGILE.rename(columns={"dsb_score": "count_error"}), "count_error").tolist()[1] == 1.0


def test_images_without_truth_are_left_out():
    rows = table(("x", "a", 0.5, 1.0, "done"), ("no truth", "a", np.nan, 1.0, "done"))
    assert ranking(rows)[["mean", "n_images", "failures"]].values.tolist() == [[0.5, 1, 0]]


def test_failed_cells_join_the_scores_once():
    scores = TWO.drop(columns="status")
    cells = pd.DataFrame({"image": ["x", "z"], "status": ["done", "failed"]}).assign(grid_point="good", other=1)
    joined = with_failures(scores, cells)
    assert joined["status"].tolist() == ["done", "done", "done", "done", "failed"]
    assert set(joined.columns) == {*TWO.columns}
    assert with_failures(joined, cells).equals(joined)


def test_an_empty_table_gives_an_empty_ranking():
    ranks = ranking(TWO.iloc[:0])
    assert len(ranks) == 0
    assert ranks.columns[0] == "rank"


def test_a_missing_metric_is_refused_in_words():
    with pytest.raises(NothingToShow) as caught:
        ranking(TWO[["image", "grid_point"]], "pq")
    assert str(caught.value) == "The table of scores has no column 'pq'; it has: image, grid_point."
