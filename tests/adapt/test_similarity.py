"""Learned similarity: it knows images of one look, is a small safe file, and refuses what it cannot use."""

import csv
import io

import numpy as np
import pandas as pd
import pytest
from looks import fields

from opsef_core.adapt import Similarity, feature_table, learn_similarity
from opsef_core.adapt.features import NAMES
from opsef_core.adapt.similarity import FILE, auc, shipped
from opsef_core.errors import BadParameter, UnreadableFile
from opsef_core.ingest import dataset


@pytest.fixture(scope="module")
def table():
    return feature_table(fields(5))


@pytest.fixture(scope="module")
def groups(table):
    return {name: name.partition("_")[0] for name in table.index}


def test_what_is_shipped_is_small_and_used_as_it_is_stored(table):
    assert FILE.stat().st_size < 300_000
    with np.load(FILE, allow_pickle=False) as file:
        assert set(file) == {"names", "mean", "std", "weights", "intercept"}
    assert set(shipped().names) < set(NAMES)
    p = shipped().within(table)
    one = (table.iloc[[0]], table.iloc[[1]])
    assert shipped().between(*one)[0, 0] == pytest.approx(p[0, 1])


def test_p_is_symmetric_and_of_an_image_with_itself_one(table):
    p = shipped().within(table)
    assert p.shape == (15, 15)
    assert np.array_equal(p, p.T)
    assert (np.diag(p) == 1).all()
    assert ((p >= 0) & (p <= 1)).all()
    other = shipped().between(table, table)
    assert other[np.triu_indices(15, 1)] == pytest.approx(p[np.triu_indices(15, 1)], abs=1e-5)


def test_equal_images_are_very_likely_of_one_condition(table):
    p = shipped().between(table, table)
    assert (np.diag(p) > 0.95).all()
    assert (np.diag(p) >= p.max(axis=1) - 0.01).all()


def test_the_shipped_one_knows_looks_it_has_never_seen(table, groups):
    assert auc(shipped(), table, groups)["pairs"] > 0.95


def test_size_and_a_cameras_gain_matter_little(table):
    other = table.copy()
    other[["height_px", "width_px"]] *= 7
    assert np.array_equal(shipped().within(table), shipped().within(other))
    light = [
        n for n in NAMES if n.split("_")[0] in ("red", "green", "blue") and n.endswith(("mean", "std", "min", "max"))
    ]
    other[light] /= 4
    assert np.abs(shipped().within(table) - shipped().within(other)).max() < 0.2


def test_it_learns_from_groups_and_a_seed_gives_the_same_again(table, groups):
    made = learn_similarity(table, groups, seed=1)
    again = learn_similarity(table.sample(frac=1, random_state=0), groups, seed=1)
    assert np.array_equal(made.weights, again.weights)
    assert made.intercept == again.intercept
    assert auc(made, table, groups)["groups"] > 0.99
    assert not {"height_px", "red_integrated", "lab_l_border_integrated"} & set(made.names)


def test_groups_drawn_by_lot_teach_nothing_about_others(table):
    rng = np.random.default_rng(0)
    lot = dict(zip(table.index, rng.permutation(["a", "b", "c"] * 5), strict=True))
    learned_on, asked = table.iloc[::2], table.iloc[1::2]
    assert auc(learn_similarity(learned_on, lot), asked, lot)["pairs"] < 0.8


def test_auc_counts_pairs_groups_and_pairs_of_one_size():
    names = ["a", "b", "c", "d"]
    rows = pd.DataFrame(0.0, names, list(NAMES))
    rows["lab_a_mean"] = [0.0, 1.0, 5.0, 9.0]
    rows["height_px"] = [8, 8, 8, 9]
    by_colour = Similarity(("lab_a_mean",), np.array([0.0]), np.array([9.0]), np.array([-1.0]), 2.0)
    made = auc(by_colour, rows, dict(zip(names, "xxyy", strict=True)))
    assert made["pairs"] == pytest.approx(7.5 / 8)  # of 2 x 4 comparisons one is a tie: c-d and b-c
    assert np.isnan(auc(by_colour, rows, {"a": "x", "d": "x", "b": "y"})["same_size"])


def test_saved_and_loaded_it_says_the_same(tmp_path, table, groups):
    made = learn_similarity(table, groups)
    path = made.save(tmp_path / "own.npz")
    assert path.stat().st_size < 300_000
    assert Similarity.load(path).within(table) == pytest.approx(made.within(table), abs=1e-4)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not a file of numbers",
        {"names": np.array(["a"])},
        {"names": np.array(["a"]), "mean": [0.0, 1.0], "std": [1.0], "weights": [1.0], "intercept": 0.0},
        {"names": np.array(["a"]), "mean": [0.0], "std": [0.0], "weights": [1.0], "intercept": 0.0},
        {"names": np.array(["a"]), "mean": [np.nan], "std": [1.0], "weights": [1.0], "intercept": 0.0},
        {"names": np.array([{"a": 1}], object), "mean": [0.0], "std": [1.0], "weights": [1.0], "intercept": 0.0},
        {"names": np.array(["a"]), "mean": ["x"], "std": [1.0], "weights": [1.0], "intercept": 0.0},
    ],
)
def test_other_files_are_refused(tmp_path, content):
    if isinstance(content, dict):
        buffer = io.BytesIO()
        np.savez(buffer, **content)
        content = buffer.getvalue()
    (tmp_path / "bad.npz").write_bytes(content)
    with pytest.raises(UnreadableFile, match=r"bad\.npz"):
        Similarity.load(tmp_path / "bad.npz")
    with pytest.raises(UnreadableFile):
        Similarity.load(tmp_path / "not_there.npz")


def test_what_cannot_be_learned_from_is_said(table):
    with pytest.raises(BadParameter, match="two groups"):
        learn_similarity(table, dict.fromkeys(table.index, "one"))
    with pytest.raises(BadParameter, match="one of them of two images"):
        learn_similarity(table, {name: name for name in table.index})
    with pytest.raises(BadParameter, match="0 images"):
        learn_similarity(table, {})
    with pytest.raises(BadParameter, match="lacks features"):
        shipped().within(table[["height_px"]])


def test_on_real_validation_images_it_tells_groups_apart(real_data):
    """Three groups, none of which was learned from."""
    folder = real_data / "bbbc038_train"
    if not folder.is_dir():
        pytest.skip("the BBBC038 training set is not here")
    chosen = ["256x256-grey-08", "256x320-colour-27", "520x696-grey-03"]
    data = dataset("bbbc038", folder=folder, where={"split": "validation", "group": chosen})
    known = dict(data.table["group"])
    assert auc(shipped(), feature_table(data.images), known)["pairs"] > 0.95


def test_it_was_learned_from_the_training_split_alone(root):
    with (root / "datasets" / "bbbc038" / "split.csv").open(newline="") as file:
        train = [row for row in csv.DictReader(file) if row["split"] == "train"]
    assert (len(train), len({row["group"] for row in train})) == (551, 78)  # what the docstring of shipped() says
