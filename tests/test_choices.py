import pytest

from opsef_core.choices import Either, combinations, either, flat
from opsef_core.errors import BadParameter


def test_either_holds_its_alternatives_in_order():
    assert list(either(5, 3)) == [5, 3]
    assert len(either(5, 3)) == 2


def test_either_within_either_is_unfolded():
    assert either(1, either(2, either(3, 4)), 5) == Either((1, 2, 3, 4, 5))


def test_one_alternative_and_none_are_alternatives():
    assert either(None).options == (None,)


def test_no_alternative_is_refused():
    with pytest.raises(BadParameter) as error:
        either()
    assert str(error.value) == "either() needs at least one alternative, for example either(3, 5)."


def test_flat_leaves_other_lists_alone():
    assert list(flat([1, [2, 3], either(4, 5)])) == [1, [2, 3], 4, 5]


def test_combinations_vary_the_last_fastest():
    made = combinations({"a": either(1, 2), "b": "fixed", "c": either("x", "y")})
    assert [(m["a"], m["b"], m["c"]) for m in made] == [
        (1, "fixed", "x"),
        (1, "fixed", "y"),
        (2, "fixed", "x"),
        (2, "fixed", "y"),
    ]
    assert all(list(m) == ["a", "b", "c"] for m in made)


def test_lists_and_strings_are_values_not_alternatives():
    assert combinations({"a": [1, 2], "b": "xy"}) == [{"a": [1, 2], "b": "xy"}]


def test_nothing_combines_to_one_empty_choice():
    assert combinations({}) == [{}]
