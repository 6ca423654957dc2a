"""On what it depends whether an object is found."""

import numpy as np
import pandas as pd
import pytest

from opsef_core.compare import breakdown, strongest


def table(diameters, found, **more):
    """Errors of true objects: one row a diameter."""
    kinds = np.where(found, "found", "missed")
    return pd.DataFrame({"side": "truth", "type": kinds, "diameter_px": diameters, **more})


def small_are_missed(n=400):
    rng = np.random.default_rng(0)
    diameters = np.linspace(5, 45, n)
    return table(diameters, rng.random(n) < np.where(diameters < 15, 0.4, 0.95), touching=rng.random(n) < 0.5)


def test_recall_by_size_in_readable_bins():
    made = breakdown(small_are_missed())
    size = made[made["property"] == "diameter_px"]
    assert size["bin"].tolist() == ["below 15 px", "15 to 25 px", "25 to 35 px", "35 px and more"]
    assert size["n_truth"].sum() == 400
    assert size["recall"].iloc[0] < 0.5 < 0.9 < size["recall"].iloc[1:].min()
    assert made.loc[made["property"] == "touching", "bin"].tolist() == ["no", "yes"]
    assert np.allclose(made[["recall", "missed", "split", "merged"]].sum(axis=1), 1)


def test_the_sentence_names_the_strongest_dependency():
    sentence = strongest(breakdown(small_are_missed()))
    assert sentence.startswith("Small objects (below 15 px) are found in ")
    assert sentence.endswith(" %.")
    assert "large objects" in sentence or "objects (" in sentence


def test_chance_is_no_dependency():
    rng = np.random.default_rng(1)
    assert strongest(breakdown(table(rng.random(60) * 20, rng.random(60) < 0.7))) == ""
    assert strongest(breakdown(table([3.0, 30.0], [False, True]))) == ""


def test_grid_points_share_their_bins():
    rows = small_are_missed()
    both = pd.concat([rows.assign(grid_point="a"), rows.assign(grid_point="b", type="found")], ignore_index=True)
    made = breakdown(both)
    a, b = (made[made["grid_point"] == p].reset_index(drop=True) for p in "ab")
    assert a[["property", "bin", "n_truth"]].equals(b[["property", "bin", "n_truth"]])
    assert (b["recall"] == 1).all()


@pytest.mark.parametrize("diameters", [[], [7.0] * 12, [np.nan] * 5])
def test_few_equal_or_unknown_values(diameters):
    made = breakdown(table(np.array(diameters, float), np.ones(len(diameters), bool)))
    assert made["n_truth"].tolist() == ([12] if diameters[:1] == [7.0] else [])
    assert strongest(made) == ""


def test_classes_are_bins_of_their_own_and_inventions_do_not_count():
    rows = table([9.0] * 40, [True] * 20 + [False] * 20, image_class=["smear"] * 20 + ["tissue"] * 20)
    rows = pd.concat([rows, rows.assign(side="found", type="invented")], ignore_index=True)
    made = breakdown(rows)
    classes = made[made["property"] == "image_class"]
    assert classes["recall"].tolist() == [1.0, 0.0]
    assert strongest(made) == "Objects of the class smear are found in 100 %, objects of the class tissue in 0 %."
