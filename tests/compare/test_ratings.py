"""What people said, as one number a grid point."""

import pandas as pd
import pytest

from opsef_core.compare import RATINGS, share_good
from opsef_core.compare._blind.ratings import wilson
from opsef_core.errors import BadParameter, NothingToShow, UnknownName


def table(*rows):
    return pd.DataFrame(rows, columns=["image", "grid_point", "rating", "rater"])


@pytest.mark.parametrize(
    ("good", "n", "low", "high"),
    # Newcombe 1998, doi 10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E, table I, method 3
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_that_of_the_literature(good, n, low, high):
    assert wilson(good / n, n) == pytest.approx((low, high), abs=1e-4)


def test_it_lies_in_0_to_1_and_knows_nothing_of_no_image():
    assert wilson(0.0, 0) == (0.0, 1.0)
    for n in (1, 5, 1000):
        for share in (0.0, 1.0):
            low, high = wilson(share, n)
            assert 0 <= low <= share <= high <= 1


def test_the_best_comes_first_with_all_that_was_said():
    said = [
        ("a", "x", "good", "ann"),
        ("b", "x", "failed", "ann"),
        ("a", "y", "good", "ann"),
        ("b", "y", "good", "ann"),
    ]
    found = share_good(table(*said))
    assert list(found["grid_point"]) == ["y", "x"]
    assert list(found["share_good"]) == [1.0, 0.5]
    assert found.loc[1, [*RATINGS]].to_list() == [1, 0, 0, 1]
    assert found.loc[1, ["low", "high"]].to_list() == pytest.approx(list(wilson(0.5, 2)))


def test_several_raters_of_an_image_are_one_image():
    said = [("a", "x", "good", r) for r in ("ann", "bob")] + [("b", "x", "good", "ann"), ("b", "x", "failed", "bob")]
    (row,) = share_good(table(*said)).to_dict("records")
    assert (row["share_good"], row["n_images"], row["n_ratings"], row["n_raters"]) == (0.75, 2, 4, 2)
    assert (row["low"], row["high"]) == wilson(0.75, 2)


def test_it_stands_beside_the_agreement_by_name():
    ranks = pd.DataFrame({"grid_point": ["x"], "agreement": [0.8]})
    joined = ranks.merge(share_good(table(("a", "x", "good", "ann"))), on="grid_point")
    assert joined.loc[0, ["agreement", "share_good"]].to_list() == [0.8, 1.0]


def test_what_is_no_rating_is_refused():
    assert share_good(table()).empty
    with pytest.raises(UnknownName, match="no rating called 'goood'. Did you mean 'good'"):
        share_good(table(("a", "x", "goood", "ann")))
    with pytest.raises(NothingToShow, match="no column grid_point and no column rating"):
        share_good(pd.DataFrame({"image": ["a"]}))
    with pytest.raises(BadParameter, match="between 0 and 1"):
        share_good(table(), level=95)
