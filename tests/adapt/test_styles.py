"""Styles: looks are found, whatever the order, number, size or type of the images."""

import logging
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from looks import LOOKS, fields, look

from opsef_core.adapt import Similarity, feature_table, find_styles, styles_of
from opsef_core.adapt import styles as module
from opsef_core.adapt.features import NAMES
from opsef_core.adapt.similarity import shipped
from opsef_core.adapt.styles import SHOWN, _cuts
from opsef_core.data import RGB, Image, Unreadable
from opsef_core.errors import BadParameter, NothingToShow, OpsefError

BY_COLOUR = Similarity(("lab_a_mean",), np.array([0.0]), np.array([1.0]), np.array([-4.0]), 4.0)


def numbers(*values):
    """A table in which only one feature differs, so that P is known: logistic(4 - 4 x difference)."""
    table = pd.DataFrame(0.0, [f"i{n:02d}" for n in range(len(values))], list(NAMES))
    return table.assign(lab_a_mean=np.array(values, float))


def sorted_into(found):
    return sorted(sorted(style.members) for style in found)


@pytest.fixture(scope="module")
def images():
    return fields(6)


@pytest.fixture(scope="module")
def found(images):
    return find_styles(images)


@pytest.fixture(scope="module")
def table(images):
    return feature_table(images)


def test_looks_are_never_mixed(found, images):
    assert len(found) >= len(LOOKS)
    for style in found:
        assert len({name.partition("_")[0] for name in style.members}) == 1, style
    assert sorted(n for s in found for n in s.members) == sorted(i.name for i in images)


def test_asked_for_as_many_as_there_are_looks_it_finds_them(table):
    made = styles_of(table, count=3)
    assert sorted_into(made) == [[f"{kind}_{n:02d}" for n in range(6)] for kind in LOOKS]
    assert made.rule == "3 styles: so many were asked for."
    assert made.choice.empty


def test_a_style_says_what_it_is(found):
    sizes = [len(style.members) for style in found]
    assert sizes == sorted(sizes, reverse=True)
    assert [style.name for style in found] == [f"style-{n:02d}" for n in range(1, len(found) + 1)]
    for style in found:
        assert style.shown[0] == style.medoid
        assert len(style.shown) == len(set(style.shown)) == min(SHOWN, len(style.members))
        assert set(style.shown) <= set(style.members)
        assert list(style.members) == sorted(style.members)
    assert found.styles[0].medoid in repr(found)


def test_the_table_has_a_row_an_image(found):
    table = found.table
    assert table.index.name == "image"
    assert table.columns.tolist() == ["style", "distance_to_medoid"]
    for style in found:
        assert table.loc[list(style.members), "style"].eq(style.name).all()
        assert table.loc[style.medoid, "distance_to_medoid"] == 0
    assert table["distance_to_medoid"].between(0, 1).all()


def test_order_plays_no_part(found, images):
    again = find_styles(images[::-1])
    assert again.styles == found.styles
    pd.testing.assert_frame_equal(again.table, found.table)
    assert again.rule == found.rule


def test_medoid_and_shown_are_the_nearest_to_all_and_then_the_furthest():
    made = styles_of(numbers(0, 0.1, 0.2, 0.3, 0.5), single=True, similarity=BY_COLOUR)
    (style,) = made.styles
    assert style.medoid == "i02"
    assert style.shown[:3] == ("i02", "i04", "i00")
    assert made.table["distance_to_medoid"]["i04"] == pytest.approx(1 - 1 / (1 + np.exp(-(4 - 4 * 0.3))))


def test_the_number_is_the_largest_whose_silhouette_is_near_the_best():
    made = styles_of(numbers(0, 0, 0.02, 5, 5, 5.02, 9, 9, 9.02), similarity=BY_COLOUR)
    assert sorted_into(made) == [["i00", "i01", "i02"], ["i03", "i04", "i05"], ["i06", "i07", "i08"]]
    assert made.choice["k"].tolist() == list(range(2, 10))
    values = made.choice.set_index("k")["silhouette"]
    assert len(made) == values.index[values >= values.max() - module.TOLERANCE].max()
    assert values[9] == 0
    assert "3 styles" in made.rule
    assert f"{values.max():.2f}" in made.rule


def test_more_styles_are_preferred_within_the_tolerance(monkeypatch):
    values = (0, 0, 0.45, 0.45, 5, 5, 5.45, 5.45)
    few = styles_of(numbers(*values), similarity=BY_COLOUR)
    monkeypatch.setattr(module, "TOLERANCE", 0.9)
    assert len(styles_of(numbers(*values), similarity=BY_COLOUR)) > len(few)


def test_unlike_images_are_a_style_each():
    assert len(styles_of(numbers(0, 5, 10, 15, 20), similarity=BY_COLOUR)) == 5


def test_one_look_is_one_style():
    made = find_styles([look("bright", n) for n in range(8)])
    assert len(made) == 1
    assert made.rule.startswith("1 style: parted in two, the parts are still of one condition")


def test_a_cluster_of_one():
    made = styles_of(numbers(0, 0.01, 0.02, 5), similarity=BY_COLOUR)
    last = made.styles[-1]
    assert (last.members, last.medoid, last.shown) == (("i03",), "i03", ("i03",))
    assert made.table.loc["i03", "distance_to_medoid"] == 0


def test_one_image_is_one_style():
    made = find_styles([look("dim", 0)])
    assert [s.members for s in made] == [("dim_00",)]
    assert made.rule == "1 style: there is one image."
    assert made.choice.columns.tolist() == ["k", "silhouette"]


@pytest.mark.parametrize(("values", "styles"), [((0, 0.1), 1), ((0, 3), 2), ((0, 0), 1)])
def test_two_images(values, styles):
    assert len(styles_of(numbers(*values), similarity=BY_COLOUR)) == styles


def test_two_images_of_two_looks_are_two_styles():
    assert len(find_styles([look("dim", 0), look("tissue", 0)])) == 2


@pytest.mark.parametrize(
    "pixels", [np.zeros((40, 40), np.uint8), np.full((40, 40), 99, np.uint16), look("dim", 1).pixels]
)
def test_equal_images_are_one_style(pixels):
    made = find_styles([Image(pixels, "YX", f"copy_{n}") for n in range(12)])
    assert len(made) == 1
    assert len(made.styles[0].members) == 12
    assert made.styles[0].medoid == "copy_0"


def test_one_experiment_is_one_style_whatever_it_shows(table):
    made = styles_of(table, single=True)
    assert [len(s.members) for s in made] == [18]
    assert made.rule == "1 style: it was asked for."


def test_number_type_size_and_grey_in_colour_make_no_styles():
    image = look("bright", 1, side=128)
    deep = replace(image, pixels=image.pixels.astype(np.uint16) * 257, name="deep")
    colour = Image(np.stack([image.pixels] * 3), "CYX", "colour", channels=RGB)
    crop = replace(image, pixels=image.pixels[20:110, 10:120], name="crop")
    assert len(find_styles([image, deep, colour, crop])) == 1


def test_odd_images_do_not_stop_the_others(caplog):
    odd = [
        Image(np.zeros((50, 50)), "YX", "black"),
        Image(np.ones((1, 300), np.uint16), "YX", "thin"),
        Image(np.array([[3]], np.uint8), "YX", "pixel"),
        Image(np.full((9, 9), np.nan), "YX", "nan"),
        Unreadable("broken", "it ends early"),
    ]
    with caplog.at_level(logging.WARNING):
        made = find_styles([*odd, look("bright", 0), look("bright", 1)])
    assert set(made.table.index) == {"black", "thin", "pixel", "bright_00", "bright_01"}
    assert made.table["style"]["bright_00"] == made.table["style"]["bright_01"] != made.table["style"]["black"]
    assert "nan is left out" in caplog.text
    assert "broken is left out" in caplog.text


@pytest.mark.parametrize(
    "nothing", [[], [Unreadable("broken", "it ends early")], [Image(np.array([[np.nan]]), "YX", "n")]]
)
def test_without_an_image_it_says_so(nothing):
    with pytest.raises(NothingToShow, match="no image") as error:
        find_styles(nothing)
    assert isinstance(error.value, OpsefError)


@pytest.mark.parametrize(("count", "single"), [(0, False), (-1, False), (5, False), (2, True)])
def test_impossible_counts_are_refused(count, single):
    with pytest.raises(BadParameter, match=f"count={count}"):
        styles_of(numbers(0, 1, 2, 3), count=count, single=single)


def test_every_count_can_be_had():
    for count in range(1, 7):
        made = styles_of(numbers(0, 0, 0, 1, 1, 4), count=count, similarity=BY_COLOUR)
        assert len(made) == count


def test_last_merges_are_undone_one_after_the_other():
    tree = np.array([[0, 1, 0.1, 2], [2, 3, 0.2, 2], [4, 5, 0.9, 4]])
    assert _cuts(tree, 4).tolist() == [[0, 0, 1, 1], [0, 0, 1, 2], [0, 3, 1, 2]]


def test_of_many_images_a_sample_is_clustered_and_the_others_join(monkeypatch, table):
    monkeypatch.setattr(module, "SAMPLE", 9)
    made = styles_of(table, count=3, seed=1)
    assert sorted_into(made) == sorted_into(styles_of(table.iloc[::-1], count=3, seed=1))
    assert len(made.table) == 18
    assert "9 of 18 images, drawn with seed 1" in made.rule
    right = sum(len({n.partition("_")[0] for n in s.members}) == 1 for s in made)
    assert right == 3
    for style in made:
        assert made.table.loc[style.medoid, "distance_to_medoid"] == 0
        away = made.table.loc[list(style.members), "distance_to_medoid"]
        medoids = table.loc[[s.medoid for s in made]]
        assert away.to_numpy() == pytest.approx(_nearest(table.loc[list(style.members)], medoids), abs=1e-6)


def _nearest(rows, medoids):
    away = 1 - shipped().between(rows, medoids)
    away[[name in medoids.index for name in rows.index]] = 0
    return away.min(axis=1)


def test_ten_thousand_images_are_sorted_quickly(monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 300)
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        0.02 * rng.standard_normal((10_000, len(NAMES))), [f"{i:05d}" for i in range(10_000)], list(NAMES)
    )
    table["lab_a_mean"] += 5 * rng.integers(0, 4, len(table))
    made = styles_of(table, similarity=BY_COLOUR)
    assert len(made) == 4
    assert len(made.table) == 10_000
