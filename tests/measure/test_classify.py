import numpy as np
import pandas as pd
import pytest
from measure.test_embed import two_kinds

from opsef_core.errors import BadParameter, UnknownName
from opsef_core.measure import classify


@pytest.fixture
def some_known():
    """Two kinds of objects in four images; in three of these somebody gave classes."""
    table, large = two_kinds()
    table["image"] = [f"{n % 4}.png" for n in np.arange(len(table)) // 2]
    truth = pd.Series(np.where(large, "large", "small"), table.index)
    return table, truth, truth.where(table["image"] != "3.png")


def test_all_objects_get_the_class_learned_from_some(some_known):
    table, truth, known = some_known
    made = classify(table, known)
    assert made.index.equals(table.index)
    assert list(made.columns) == ["guess", "sure", "p_large", "p_small"]
    assert (made["guess"] == truth).all()
    assert (made["sure"] > 0.8).all()
    np.testing.assert_allclose(made["p_large"] + made["p_small"], 1)
    pd.testing.assert_frame_equal(made, classify(table, known))


def test_a_known_object_is_guessed_from_other_images_alone(some_known):
    """What only one image says cannot be guessed there."""
    table, truth, _ = some_known
    only = table["image"] == "0.png"
    made = classify(table, truth.mask(only, "odd"))
    assert (made.loc[only, "guess"] == truth[only]).all()
    assert (made.loc[only, "p_odd"] == 0).all()


def test_classes_that_say_nothing_are_not_found_again(some_known):
    table, _, _ = some_known
    chance = pd.Series(np.random.default_rng(0).choice(["a", "b"], len(table)), table.index)
    assert 0.2 < (classify(table, chance)["guess"] == chance).mean() < 0.8


def test_what_cannot_be_classified(some_known):
    table, truth, known = some_known
    with pytest.raises(BadParameter, match="at least two classes; known are small"):
        classify(table, known.where(known == "small"))
    with pytest.raises(BadParameter, match="known are none"):
        classify(table, known.where(known == "x"))
    with pytest.raises(BadParameter, match=r"known in one image alone \(0\.png\)"):
        classify(table, truth.where(table["image"] == "0.png"))
    with pytest.raises(UnknownName, match="column of the table called 'patient'"):
        classify(table, known, groups="patient")
