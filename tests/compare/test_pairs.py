"""Intervals and comparisons of a score table."""

import time

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from score_table import table

from opsef_core.compare import compare_pairs, intervals, pareto_front, ranking
from opsef_core.errors import NothingToShow


def test_the_ranking_with_intervals_around_its_means():
    scores = table(a=0.1, b=0.0)
    made = intervals(scores)
    assert_frame_equal(made[list(ranking(scores).columns)], ranking(scores))
    assert ((made["low"] < made["mean"]) & (made["mean"] < made["high"])).all()
    assert made["n_units"].tolist() == [30, 30]
    assert made["on_front"].tolist() == [True, False]
    assert made.attrs["metric"] == "dsb_score"


def test_pairs_see_what_single_intervals_do_not():
    """The images differ by far more than the grid points; image by image the difference is plain."""
    scores = table(a=0.04, b=0.0)
    one, two = intervals(scores).to_dict("records")
    assert one["low"] < two["high"]
    (pair,) = compare_pairs(scores).to_dict("records")
    assert (pair["a"], pair["b"], pair["better"]) == ("a", "b", "a")
    assert 0 < pair["low"] < pair["difference"] < pair["high"] < 0.1
    assert pair["p_holm"] == pair["p"] < 0.01
    assert pair["effect"] > 0.5
    assert pair["in_words"] == "a is better than b: DSB score +0.04 [0.02, 0.07], 30 images."


def test_all_pairs_in_the_order_of_the_ranking():
    pairs = compare_pairs(table(worst=0, best=0.2, middle=0.1))
    assert pairs[["a", "b"]].values.tolist() == [["best", "middle"], ["best", "worst"], ["middle", "worst"]]
    assert (pairs["p_holm"] >= pairs["p"]).all()
    assert (pairs["difference"] > 0).all()


def test_where_small_is_good_the_better_one_has_less():
    (pair,) = compare_pairs(table(metric="count_error", a=0.0, b=0.05), "count_error").to_dict("records")
    assert (pair["a"], pair["better"]) == ("a", "a")
    assert pair["difference"] < 0 < pair["effect"]
    assert pair["in_words"].startswith("a is better than b: count error -0.05 [-0.07, -0.02]")


def test_no_difference_is_said_with_how_many_images_it_would_take():
    (pair,) = compare_pairs(table(12, a=0.0, b=0.0)).to_dict("records")
    assert pair["better"] == ""
    assert pair["images_needed"] > 12
    assert pair["in_words"].startswith("No difference shown between ")
    assert f"about {pair['images_needed']} images would be needed for 0.02" in pair["in_words"]


def test_equal_results_are_called_the_same():
    scores = table(9, noise=0, a=0.0, b=0.0)
    (pair,) = compare_pairs(scores).to_dict("records")
    assert (pair["p"], pair["effect"], pair["low"], pair["high"]) == (1, 0, 0, 0)
    assert pair["in_words"] == "a and b have the same DSB score on each of 9 images."


def test_one_image_gives_no_interval_and_no_test():
    scores = table(1, a=0.1, b=0.0)
    assert intervals(scores)[["low", "high"]].isna().all(axis=None)
    (pair,) = compare_pairs(scores).to_dict("records")
    assert np.isnan([pair["low"], pair["high"], pair["p"], pair["p_holm"], pair["sd"]]).all()
    assert pd.isna(pair["images_needed"])
    assert pair["in_words"].endswith(" on 1 image. One image only: no interval, no test.")


def test_too_few_images_cannot_show_anything():
    pairs = compare_pairs(table(6, noise=0.001, a=0.5, b=0.25, c=0.0))
    assert (pairs["effect"] == 1).all()
    assert (pairs["better"] == "").all()
    assert pairs["in_words"][0].endswith("however large: the test needs at least 7 in 3 comparisons.")


def test_a_failure_counts_as_the_worst_on_its_image():
    scores = table(8, noise=0.0, a=0.1, b=0.0)
    scores.loc[(scores["grid_point"] == "a") & (scores["image"] == "i0"), ["status", "dsb_score"]] = ["failed", np.nan]
    (pair,) = compare_pairs(scores).to_dict("records")
    ease = scores[(scores["grid_point"] == "b") & (scores["image"] == "i0")]["dsb_score"].item()
    assert pair["n_images"] == 8
    assert abs(pair["difference"]) == pytest.approx(abs(0.7 - ease) / 8)


def test_mean_and_ranks_of_two_minds_show_nothing():
    """Slightly better on 29 images, a wreck on one: no verdict on the strength of either alone."""
    scores = table(30, noise=0.0, a=0.01, b=0.0)
    scores.loc[(scores["grid_point"] == "a") & (scores["image"] == "i0"), "dsb_score"] -= 0.5
    (pair,) = compare_pairs(scores).to_dict("records")
    assert pair["p"] < 0.05
    assert (pair["a"], pair["better"]) == ("b", "")
    assert pair["effect"] < 0 < pair["difference"]


def test_tiles_of_one_image_count_once():
    scores = table(40, a=0.03, b=0.0)
    scores["parent"] = "slide " + (scores["image"].str[1:].astype(int) // 10).astype(str)
    (pair,) = compare_pairs(scores).to_dict("records")
    assert (pair["n_images"], pair["n_units"], pair["p"]) == (40, 4, 0.125)
    assert "40 tiles of 4 images" in pair["in_words"]
    assert compare_pairs(scores, by="image")["n_units"].tolist() == [40]
    assert intervals(scores)["n_units"].tolist() == [4, 4]


def test_another_column_may_tell_what_belongs_together():
    scores = table(20, a=0.1, b=0.0)
    scores["patient"] = scores["image"].map(lambda name: "p1" if name < "i15" else None)
    (pair,) = compare_pairs(scores, by="patient").to_dict("records")
    alone = (scores["patient"].isna()).sum() // 2
    assert pair["n_units"] == alone + 1
    assert f"20 images in {alone + 1} groups (patient)" in pair["in_words"]
    with pytest.raises(NothingToShow, match="no column 'slide'; it has: image, grid_point"):
        compare_pairs(scores, by="slide")


def test_order_of_rows_and_grid_points_does_not_matter():
    scores = table(15, a=0.02, b=0.0, c=0.01)
    shuffled = scores.sample(frac=1, random_state=4)[[*scores.columns[::-1]]]
    for make in (intervals, compare_pairs):
        first = make(scores, resamples=500)
        again = make(shuffled, resamples=500)
        assert_frame_equal(first, again[first.columns], check_exact=True)


def test_missing_results_leave_the_images_both_have():
    scores = table(20, a=0.1, b=0.0)
    scores = scores[~((scores["grid_point"] == "b") & (scores["image"].isin(["i0", "i1"])))]
    (pair,) = compare_pairs(scores).to_dict("records")
    assert pair["n_images"] == 18


def test_no_image_in_common():
    scores = table(4, a=0.1, b=0.0)
    scores = scores[(scores["grid_point"] == "a") == scores["image"].isin(["i0", "i1"])]
    (pair,) = compare_pairs(scores).to_dict("records")
    assert pair["in_words"] in ("a and b have no scored image in common.", "b and a have no scored image in common.")


def test_one_grid_point_or_none_has_no_pairs():
    columns = list(compare_pairs(table(5, a=0, b=0)).columns)
    for scores in (table(5, a=0.0), table(5, a=0.0).iloc[:0]):
        made = compare_pairs(scores)
        assert len(made) == 0
        assert list(made.columns) == columns


def test_a_missing_metric_is_refused_in_words():
    with pytest.raises(NothingToShow, match="no column 'pq'; it has: image"):
        compare_pairs(table(3, a=0), "pq")


def test_memory_is_that_of_the_worst_image():
    scores = table(3, a=0.1, b=0.0).assign(peak_memory_mb=[10.0, 30.0, 20.0, 1.0, np.nan, 2.0])
    assert intervals(scores)["peak_memory_mb"].tolist() == [30, 2]


def test_forty_grid_points_on_two_hundred_images_take_seconds():
    scores = table(200, **{f"g{i:02}": i / 500 for i in range(40)})
    began = time.perf_counter()
    assert len(compare_pairs(scores)) == 780
    assert time.perf_counter() - began < 20  # 1.5 s on an idle core


def test_the_front_by_hand():
    merit, seconds = [0.9, 0.8, 0.8, 0.5, 0.4, np.nan, 0.95], [5, 2, 3, 1, 1, 0.1, np.nan]
    assert pareto_front(merit, seconds).tolist() == [True, True, False, True, False, False, False]
    assert pareto_front([0.5, 0.5], [1, 1]).tolist() == [True, True]
    assert pareto_front([], []).tolist() == []
