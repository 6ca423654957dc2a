"""The rules of exercises."""

import numpy as np
import pandas as pd
import pytest

from opsef_core.course.bank import Question
from opsef_core.course.checks import as_number, is_right, same, tried
from opsef_core.errors import BadParameter


def exercise(**rule):
    return Question(kind="exercise", prompt="p", **rule)


@pytest.mark.parametrize(
    ("rule", "good", "bad"),
    [
        ({"right": 14}, [14, 14.0, np.int32(14), "14"], [13, "x", None, True, float("nan"), [14]]),
        ({"right": 0.3}, [0.1 + 0.2, np.float32(0.3).item() * 0 + 0.3], [0.31, "0.3 px"]),
        ({"right": 14, "tolerance": 1}, [13, 15, np.float32(14.9)], [12.9, 15.1]),
        ({"between": (3, 5)}, [3, 5, 4.2, np.array(4)], [2.99, 5.01, "four", [4]]),
        ({"at_least": 3}, [3, 1e9], [2.9, float("inf")]),
        ({"at_least": 0, "at_most": 1}, [0, 1, 0.5], [-0.1, 1.1]),
        ({"right": "Otsu"}, ["otsu", " OTSU "], ["li", 3, None]),
        ({"right": True}, [True, np.True_], [1, "True", False]),
        ({"right": [1, 2]}, [[1, 2], (1, 2), np.array([1, 2])], [[2, 1], [1], 1, {1, 2}]),
    ],
)
def test_a_rule(rule, good, bad):
    assert [value for value in good if not is_right(exercise(**rule), value)] == []
    assert [value for value in bad if is_right(exercise(**rule), value)] == []


def test_the_notebook_may_say_what_is_right():
    assert is_right(exercise(), 5, right=np.int64(5))
    assert not is_right(exercise(right=3), 3, right=4)  # it goes before the bank
    assert is_right(exercise(), np.ones((2, 2)), right=np.ones((2, 2)))
    assert not is_right(exercise(), np.ones((2, 2)), right=np.ones(4))
    assert is_right(exercise(), pd.Series({"a": 1.0}), right={"a": 1})
    assert not is_right(exercise(), {"a": 1}, right={"a": 1, "b": 2})
    with pytest.raises(BadParameter, match="no rule in its file"):
        is_right(exercise(), 5)


def test_what_is_right_follows_from_what_the_notebook_hands_over():
    largest = exercise(follows="largest")
    assert is_right(largest, 7, pd.Series({3: 10.0, 7: 12.0}))
    assert not is_right(largest, 3, pd.Series({3: 10.0, 7: 12.0}))
    assert is_right(largest, "unet", {"unet": 2, "stardist": 1})
    minutes = exercise(follows="product", times=1 / 60, tolerance=0.5)
    assert is_right(minutes, 20.4, [np.int64(120), 10])
    assert not is_right(minutes, 1200, [120, 10])


@pytest.mark.parametrize(("follows", "given"), [("largest", 3), ("largest", {}), ("product", 3), ("product", ["x"])])
def test_what_nothing_follows_from_is_told(follows, given):
    with pytest.raises(BadParameter, match="right="):
        is_right(exercise(follows=follows), 1, given)


def test_a_set_knows_no_order():
    assert same(["b", "A"], {"a", "b"})
    assert not same({"a"}, {"a", "b"})


def test_dots_are_not_tried_and_numbers_are_read_from_text():
    assert [tried(value) for value in (..., None, 0, "", np.zeros(3))] == [False, False, True, True, True]
    assert [as_number(x) for x in ("2,5", " 3 ", "1e3", "", "x", True, float("inf"))] == [2.5, 3, 1000, *[None] * 4]
