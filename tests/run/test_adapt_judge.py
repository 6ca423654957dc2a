"""What decides whether an adapted model is used: models that find nothing, images that cannot be compared."""

import logging

import numpy as np
import pandas as pd
import pytest
from level_family import BLIND, RIGHT
from perfect_painter import POOR, images

from opsef_core import Recipe, step
from opsef_core.data import Image
from opsef_core.errors import BadImage
from opsef_core.models import Example
from opsef_core.run.adaptation import judge as judging
from opsef_core.run.adaptation.judge import KNOWN, PAINTED, STEADINESS, TRUTH, decide, judge

NAN = float("nan")
INVERTED = Recipe([step("invert")])


def hole():
    pixels = np.full((64, 64), 3.0, np.float32)
    pixels[5, 5] = np.nan
    return Image(pixels, "YX", "hole")


def painted(pairs):
    """Evidence: painted images that nothing was learned from."""
    return {PAINTED: [Example(Image(i.pixels, "YX", f"painted_{i.name}"), labels) for i, labels in pairs]}


def steady(start, adapted):
    """Evidence: painted images gained, and the two models are so steady."""
    rows = {PAINTED: (0.1, 0.3), STEADINESS: (start, adapted)}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["start", "adapted"])
    return table.assign(change=table["adapted"] - table["start"], images=5)


def test_who_finds_nothing_in_the_new_images_is_not_used():
    better, why = decide(steady(0.5, NAN))
    assert not better
    assert "the adapted model finds nothing in the new images" in why
    assert not decide(steady(NAN, NAN))[0]


def test_who_finds_something_where_the_start_found_nothing_is_used_and_no_number_is_made_up():
    better, why = decide(steady(NAN, 0.8))
    assert better
    assert why.count("+") == 1
    assert "; the start model found nothing in the new images" in why


def test_the_table_has_no_change_where_one_found_nothing(new, level):
    made = judge(level.start(BLIND, "blind"), level.start(RIGHT, "right"), painted(new), images(new), "cpu")
    row = made.table.set_index("on").loc[STEADINESS]
    assert (np.isnan(row["start"]), row["adapted"], np.isnan(row["change"])) == (True, 1.0, True)
    assert made.better


def test_an_image_with_holes_among_the_new_ones_does_not_end_the_comparison(new, level, caplog):
    start, adapted = level.start(POOR, "poor"), level.start(RIGHT, "right")
    with caplog.at_level(logging.WARNING):
        made = judge(start, adapted, painted(new), [*images(new), hole()], "cpu", INVERTED)
    assert made.better
    assert "Not all images can be compared behind the recipe invert" in caplog.text
    assert made.table["start_recipe"].notna().sum() == 1


def test_truth_of_an_image_that_a_model_cannot_take_is_left_out(new, level, picky, caplog):
    pairs = [*new, picky]
    truth = [Example(image, labels) for image, labels in pairs]
    with caplog.at_level(logging.WARNING):
        made = judge(level.start(POOR, "p"), level.start(RIGHT, "r"), {TRUTH: truth}, images(pairs), "cpu", INVERTED)
    assert made.table.set_index("on").loc[TRUTH, "images"] == 4
    assert "odd is left out of the comparison: I do not like its width" in caplog.text
    only = judge(level.start(POOR, "q"), level.start(RIGHT, "s"), {TRUTH: truth[-1:]}, images(pairs), "cpu")
    assert TRUTH not in only.table["on"].tolist()
    assert only.table["decides"].all()


def test_where_not_all_truth_can_be_seen_behind_the_recipe_no_score_of_others_is_told(new, level):
    truth = [Example(image, labels) for image, labels in new]
    odd = INVERTED.__class__([step("colour_deconvolution")])
    made = judge(level.start(POOR, "p"), level.start(RIGHT, "r"), {TRUTH: truth}, images(new), "cpu", odd)
    assert made.table["start_recipe"].isna().all()
    assert "finds nothing" in made.why


def test_scores_of_other_images_are_not_set_beside_each_other(new, level, picky, monkeypatch):
    apply = Recipe.__call__

    def failing(self, image):
        if image.name == "new_0":
            raise BadImage("I do not like its name")
        return apply(self, image)

    monkeypatch.setattr(Recipe, "__call__", failing)
    truth = [Example(image, labels) for image, labels in [*new, picky]]  # plain without odd, behind without new_0
    made = judge(level.start(POOR, "p"), level.start(RIGHT, "r"), {TRUTH: truth}, images(new), "cpu", INVERTED)
    assert np.isnan(made.table.set_index("on").loc[TRUTH, "start_recipe"])


@pytest.mark.parametrize("called", [judging.START, "The model of round 1"])
def test_who_stays_is_called_by_its_name(called):
    table = pd.DataFrame({"change": {KNOWN: -0.2}, "images": {KNOWN: 3}})
    assert decide(table, called)[1].startswith(f"{called} stays in use: no gain anywhere; -0.200 on")
