"""What is said about a score table."""

import numpy as np
import pytest
from score_table import table

from opsef_core.compare import SEEN, verdict


def said(*arguments, **options):
    return str(verdict(*arguments, **options))


def test_a_clear_winner():
    found = verdict(table(30, good=0.2, fair=0.1, poor=0.0))
    assert (found.best, found.worse, found.not_worse, found.cheapest) == ("good", ("fair", "poor"), (), "good")
    first, second = found.sentences
    assert first.startswith("good is best: DSB score 0.8")
    assert first.endswith("], 30 images.")
    assert second == "It is better than all 2 others."


def test_the_cheapest_of_those_that_are_not_worse_is_named_with_what_it_may_cost():
    """`quick` takes 1 s, `slow` 3 s; they are as good as each other."""
    found = verdict(table(40, quick=0.2, poor=0.0, slow=0.202))
    assert found.best == "slow"
    assert (found.worse, found.not_worse, found.cheapest) == (("poor",), ("quick",), "quick")
    text = str(found)
    assert "It is better than 1 of the 2 others; not shown to be worse: quick (" in text
    assert "The cheapest of these is quick: 1.0 s an image instead of 3.0 s; its DSB score is 0.01 lower" in text
    assert " on these images, at most 0.0" in text
    assert text.endswith(" lower (95 % interval).")


def test_a_cheaper_one_that_looks_worse_taken_alone_is_named_with_a_warning():
    """Among many comparisons twelve images cannot show it; the interval of the pair leaves out 0 all the same."""
    others = {f"copy {i}": 0.19 for i in range(9)}
    found = verdict(table(12, noise=0.05, quick=0.14, **others, slow=0.2))
    assert found.cheapest == "quick"
    assert found.sentences[-1] == "Taken alone it looks worse; with more images that may be shown."
    (row,) = found.against_best[found.against_best["b"] == "quick"].to_dict("records")
    assert row["low"] > 0
    assert row["p_holm"] >= 0.05


def test_the_best_may_be_the_cheapest_too():
    assert "It is also the cheapest of these: 1.0 s an image." in said(table(40, quick=0.202, slow=0.2))


def test_where_small_is_good():
    found = verdict(table(40, "count_error", quick=0.01, poor=0.4, slow=0.0), "count_error")
    assert (found.best, found.cheapest, found.worse) == ("slow", "quick", ("poor",))
    assert "higher (95 % interval)" in str(found)


def test_one_image():
    found = verdict(table(1, a=0.1, b=0.0))
    assert (found.best, found.worse, found.cheapest) == ("a", (), None)
    assert "One image only: no interval, no test" in str(found)


def test_tiles_of_one_image():
    assert "on 8 tiles of 1 image. One image only" in said(table(8, a=0.5, b=0.0).assign(parent="slide"))


def test_too_few_images_name_no_cheapest():
    found = verdict(table(4, a=0.0, b=0.5))
    assert (found.best, found.not_worse, found.cheapest) == ("b", ("a",), None)
    assert "the test needs at least 6 images" in str(found)


def test_one_grid_point():
    assert said(table(9, only=0.0)).endswith("There is nothing to compare it with.")


def test_all_failed():
    scores = table(3, a=0.0, b=0.0).assign(status="failed", dsb_score=np.nan)
    found = verdict(scores)
    assert found.best is None
    assert str(found) == "Every grid point failed on every image; the column `reason` of the cells says why."
    assert len(found.against_best) == 0


@pytest.mark.parametrize("rows", [0, 6])
def test_no_score_at_all(rows):
    scores = table(3, a=0.0, b=0.0).assign(dsb_score=np.nan).iloc[:rows]
    assert said(scores) == "No grid point has a DSB score: nothing was finished on an image that could be scored."


def test_times_that_are_not_known_name_no_cheapest():
    assert verdict(table(20, a=0.0, b=0.0).assign(seconds=np.nan)).cheapest is None


def test_images_seen_in_training_bring_a_second_verdict_on_the_others():
    scores = table(40, learned=0.0, honest=0.0)
    early = scores["image"].isin([f"i{i}" for i in range(20)])
    scores[SEEN] = early & (scores["model"] == "learned")
    scores.loc[scores[SEEN], "dsb_score"] += 0.3
    scores.loc[~early & (scores["model"] == "learned"), "dsb_score"] -= 0.2
    found = verdict(scores)
    assert found.best == "learned"
    assert "learned was trained on 20 of these 40 images" in found.warning
    assert (found.clean.best, found.clean.worse, found.clean.warning) == ("honest", ("learned",), "")
    assert "On images that no model here is known to have seen: honest is best: " in str(found)
    everywhere = verdict(scores.assign(**{SEEN: True}))
    assert everywhere.clean is None
    assert "No image is left that no model here has seen." in str(everywhere)


def test_order_of_rows_does_not_matter():
    scores = table(15, a=0.02, b=0.0, c=0.01)
    assert said(scores) == said(scores.sample(frac=1, random_state=1)) == said(scores.iloc[::-1])


def test_nothing_differs_and_nobody_is_called_worse_in_95_of_100_tables():
    wrong = [bool(verdict(table(15, seed=s, a=0, b=0, c=0), resamples=20).worse) for s in range(100)]
    assert np.mean(wrong) <= 0.08


def test_a_true_winner_is_found_nearly_always():
    found = [verdict(table(25, seed=s, a=0.08, b=0, c=0), resamples=20) for s in range(50)]
    assert np.mean([f.best == "a" and len(f.worse) == 2 for f in found]) > 0.9
