"""A run without truth, or with truth for a few of its images."""

import numpy as np
import pytest
import toy

from opsef_core import model
from opsef_core.choices import either
from opsef_core.errors import NothingToShow
from opsef_core.run import Run


@pytest.fixture
def pictures():
    return [toy.many_discs(name=f"discs_{n}", seed=n, shape=(90, 110)) for n in range(3)]


@pytest.fixture
def run(tmp_path, pictures):
    made = Run(tmp_path, [i for i, _ in pictures], models=[model("bright", level=either(60, 100, 170)), model("noop")])
    made.go(progress=False)
    return made


def test_what_agrees_is_estimated_better(run):
    table = run.estimate().set_index("grid_point")
    assert table["estimate"].idxmin() == "raw -> noop"
    assert table["n_true"].tolist() == [0, 0, 0, 0]
    assert (table["low"] <= table["estimate"]).all()
    assert "hindsight" not in table.attrs


def test_a_few_true_images_move_the_estimate(run, pictures):
    blind = run.estimate().set_index("grid_point")["estimate"]
    table = run.estimate([pictures[0][1]]).set_index("grid_point")
    true = run.score()["dsb_score"]
    assert set(table["n_true"]) == {1}
    assert true.notna().sum() == 4
    best = run.rank().iloc[0]["grid_point"]
    assert table["estimate"][best] != blind[best]
    assert "hindsight" not in table.attrs


def test_with_all_the_truth_it_says_how_well_it_would_have_ranked(run, pictures):
    table = run.estimate([t for _, t in pictures])
    found = table.attrs["hindsight"]
    assert found.grid_points == 4
    assert found.best == pytest.approx(run.rank()["mean"].iloc[0])
    assert 0 < found.spearman <= 1
    assert np.isfinite(found.pairs_right)


def test_before_anything_ran_there_is_nothing_to_estimate(tmp_path, pictures):
    with pytest.raises(NothingToShow, match=r"run\.go"):
        Run(tmp_path, [pictures[0][0]], models=[model("noop")]).estimate()


def test_plausible_shapes_stand_beside_the_estimate(run):
    table = run.estimate().set_index("grid_point")["plausibility"]
    assert np.isnan(table["raw -> noop"])  # nothing found, nothing to say
    assert (table.drop("raw -> noop") > 0.5).all()
