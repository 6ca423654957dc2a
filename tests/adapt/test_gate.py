import numpy as np
import pandas as pd
import pytest
from toy import discs, pair

from opsef_core.adapt import gate
from opsef_core.data import Labels
from opsef_core.errors import BadLabels, BadParameter


def scattered(seed, count=30, radius=6, side=240):
    rng = np.random.default_rng(seed)
    at = []
    while len(at) < count:
        place = rng.integers(radius, side - radius, 2)
        if all(np.hypot(*(place - other)) > 3 * radius for other in at):
            at.append(place)
    return pair(f"painted {seed}", discs((side, side), *[(y, x, radius) for y, x in at]))


def dense(seed, count=85, radius=12, side=256):
    """Discs all over the picture and beyond its edge."""
    centres = np.random.default_rng(seed).integers(-radius, side + radius, (count, 2))
    return pair(f"dense {seed}", discs((side, side), *[(int(y), int(x), radius) for y, x in centres]))


PAIRS = [scattered(i) for i in range(8)]


def masks(pairs=PAIRS):
    return [mask for _, mask in pairs]


def poor(mask, share, seed=0):
    """Only some of the objects, and as many false ones."""
    rng = np.random.default_rng(seed)
    kept = rng.permutation(mask.ids)[: round(share * mask.count)]
    lost = np.where(np.isin(mask.pixels, kept), mask.pixels, 0)
    moved = np.where(~np.isin(mask.pixels, kept), mask.pixels, 0)
    wrong = np.roll(moved, (9, 7), (0, 1))
    return Labels(np.where(lost > 0, lost, wrong), "YX", mask.name)


def test_found_masks_pass():
    made = gate(PAIRS, masks())
    assert made.kept == tuple(PAIRS)
    assert made.table["score"].eq(1).all()
    assert made.table["reason"].eq("").all()
    assert made.summary.startswith("8 of 8 painted pairs passed")
    assert not made.dropped


def test_shuffled_masks_fail_and_the_style_with_them():
    made = gate(PAIRS, masks(PAIRS[1:] + PAIRS[:1]))
    assert made.kept == ()
    assert "mask was not found" in made.dropped
    assert "dropped" in made.summary


def test_one_wrong_pair_is_dropped_alone():
    found = masks()
    found[3] = found[4]
    made = gate(PAIRS, found)
    assert [bool(k) for k in made.table["kept"]] == [True] * 3 + [False] + [True] * 4
    assert "by chance" in made.table["reason"][3]


def test_a_poor_start_model_lets_useful_pairs_through():
    made = gate(PAIRS, [poor(m, 0.2, i) for i, m in enumerate(masks())])
    assert made.table["score"].between(0.15, 0.25).all()
    assert made.table["kept"].mean() >= 0.75


def test_nothing_found_is_no_proof():
    none = [Labels(np.zeros((240, 240), int), "YX", "x")] * 8
    made = gate(PAIRS, none)
    assert made.kept == ()
    assert made.table["reason"].eq("nothing found where the mask has 30 objects").all()


def test_empty_masks_in_which_nothing_is_found_are_right():
    empty = [pair("e", np.zeros((40, 40), np.int32))]
    assert gate(empty, masks(empty)).kept == tuple(empty)
    made = gate(empty, [Labels(np.ones((40, 40), int), "YX", "x")])
    assert made.table["reason"][0] == "1 objects found where the mask has none"


def test_what_does_not_look_like_the_style_is_dropped():
    rng = np.random.default_rng(0)
    real, like = rng.normal(size=(20, 30)), rng.normal(size=(8, 30))
    like[5] += 6
    made = gate(PAIRS, masks(), real, like)
    assert made.table["kept"].tolist() == [True] * 5 + [False] + [True] * 2
    assert "does not look like the style" in made.table["reason"][5]
    assert gate(PAIRS, masks(), real, like + 6).dropped.endswith("8 do not look like the style")


def test_rows_of_a_table_are_found_by_name():
    rng = np.random.default_rng(0)
    real, like = rng.normal(size=(20, 30)), rng.normal(size=(8, 30))
    like[5] += 6
    table = pd.DataFrame(like, index=[image.name for image, _ in PAIRS])
    mixed = gate(PAIRS, masks(), real, table.sample(frac=1, random_state=1))
    assert mixed.table.equals(gate(PAIRS, masks(), real, like).table)
    with pytest.raises(BadParameter, match="no row for painted 0"):
        gate(PAIRS, masks(), real, table.iloc[1:])


def test_few_real_images_are_no_measure():
    rng = np.random.default_rng(0)
    made = gate(PAIRS, masks(), rng.normal(size=(3, 5)), 9 + rng.normal(size=(8, 5)))
    assert len(made.kept) == 8
    assert "too few real images" in made.summary
    assert made.table["distance"].gt(3).all()


def test_features_that_never_vary_do_not_matter():
    rng = np.random.default_rng(0)
    real, like = rng.normal(size=(20, 5)), rng.normal(size=(8, 5))
    real[:, 0], like[:, 0] = 7, 9
    assert len(gate(PAIRS, masks(), real, like).kept) == 8


def test_the_same_seed_gives_the_same_table():
    found = [poor(m, 0.3) for m in masks()]
    assert gate(PAIRS, found, seed=2).table.equals(gate(PAIRS, found, seed=2).table)


def test_objects_that_the_edge_cuts_do_not_look_like_more_than_chance():
    of = [dense(seed) for seed in range(60)]
    table = gate(of[:30], masks(of[30:])).table  # found is another layout: nothing but chance
    assert (table["inner"] > table["chance"]).sum() <= 4  # 1.5 are expected; with objects at the edge 4.6


def test_no_pair_is_no_style():
    made = gate([], [])
    assert made.kept == ()
    assert made.summary == "No pair was painted."
    assert len(made.table.columns) == 8


def test_what_does_not_fit_is_said():
    with pytest.raises(BadParameter, match="8 pairs and 1 results"):
        gate(PAIRS, masks()[:1])
    with pytest.raises(BadLabels, match="same"):
        gate(PAIRS[:1], [Labels(np.ones((5, 5), int), "YX", "x")])
    with pytest.raises(BadParameter, match="same columns"):
        gate(PAIRS, masks(), np.zeros((9, 3)), np.zeros((8, 4)))
    with pytest.raises(BadParameter, match="NaN"):
        gate(PAIRS, masks(), np.zeros((9, 3)), np.full((8, 3), np.nan))
