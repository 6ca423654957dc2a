import numpy as np
import pytest
from toy import discs, pair

from opsef_core.adapt.style.tiles import Tiles, diameters_px, sources_of, turned
from opsef_core.data import RGB, Act, Image, Labels
from opsef_core.errors import BadImage, BadLabels, NothingToShow


def of_size(radius_px, shape=(160, 200), name="a"):
    step = 3 * radius_px
    centres = [(y, x) for y in range(step, shape[0] - step, step) for x in range(step, shape[1] - step, step)]
    return pair(name, discs(shape, *[(*c, radius_px) for c in centres]))


@pytest.mark.parametrize("radius_px", [4, 10])
def test_objects_come_to_one_size_on_both_axes(radius_px):
    (source,) = sources_of({"a": [of_size(radius_px)]}, 16, 32)
    found = Labels(source.ids, "YX", "x")
    assert np.median(diameters_px(found)) == pytest.approx(16, abs=0.8)
    assert source.pixels.shape[1] / source.pixels.shape[2] == pytest.approx(160 / 200, abs=0.02)


def test_with_few_objects_the_size_is_the_style_s():
    few = pair("few", discs((60, 60), (30, 30, 20)))
    sources = sources_of({"a": [of_size(8), few]}, 17, 32)
    assert sources[1].pixels.shape[1] > 60  # by its own object it would be 25


def test_small_images_are_reflected_up_to_a_tile():
    small = pair("small", discs((20, 50), (10, 10, 5), (10, 30, 5)))
    (source,) = sources_of({"a": [small]}, float(np.median(diameters_px(small[1]))), 64)
    assert source.pixels.shape == (1, 64, 64)
    np.testing.assert_array_equal(source.ids[20:40, :50], source.ids[:20, :50][::-1])


def test_tiles_overlap_hold_objects_and_come_all_before_any_comes_again():
    tiles = Tiles(sources_of({"a": [pair("one", discs((128, 128), (8, 8, 6)))]}, 12, 64), 64, seed=1)
    assert len(tiles) == 1  # of 4 x 4 places
    many = Tiles(sources_of({"a": [of_size(8)]}, 16, 64), 64, seed=1)
    first = [many[i] for i in range(len(many))]
    assert len({t.seen[3].sum().round(2) + t.pixels.sum() for t in first}) == len(many)
    assert all(t.seen[0].any() for t in first)
    np.testing.assert_array_equal(many[7].pixels, many[7].pixels)


def test_styles_take_turns():
    groups = {"a": [of_size(8)], "b": [of_size(8, name="b")]}
    tiles = Tiles(sources_of(groups, 16, 64), 64, seed=0)
    assert [tiles[i].style for i in range(4)] == [0, 1, 0, 1]


def test_turning_keeps_image_and_labels_together():
    x = np.arange(32).reshape(2, 4, 4)
    views = {turned(x, view).tobytes() for view in range(8)}
    assert len(views) == 8


def test_tiles_come_in_all_eight_views_and_labels_turn_with_them():
    labels = pair("a", discs((64, 64), (14, 20, 7), (40, 50, 9)))[1]
    image = Image((200 * (labels.pixels > 0)).astype(np.uint8), "YX", "a")
    as_it_is = float(np.median(diameters_px(labels)))
    many = Tiles(sources_of({"a": [(image, labels)]}, as_it_is, 64), 64, seed=0)
    tiles = [many[i] for i in range(80)]
    assert len({t.seen[0].tobytes() for t in tiles}) == 8
    assert all(((t.pixels[0] > 0) == (t.seen[0] > 0)).all() for t in tiles)


def test_intensities_are_on_one_scale_whatever_the_type():
    image, labels = of_size(8)
    many = Image(image.pixels.astype(np.uint16) * 200, "YX", "16 bit")
    a, b = sources_of({"a": [(image, labels), (many, Labels(labels.pixels, "YX", "16 bit"))]}, 16, 32)
    np.testing.assert_allclose(a.pixels, b.pixels, atol=1e-4)
    assert a.levels == pytest.approx((11, 188), abs=6)
    assert b.levels[1] == 235


def test_grey_stays_grey_and_is_repeated_beside_colours():
    image, labels = of_size(8)
    as_rgb = Image(np.repeat(image.pixels[None], 3, 0), "CYX", "rgb", channels=RGB)
    (source,) = sources_of({"a": [(as_rgb, labels)]}, 16, 32)
    assert source.pixels.shape[0] == 1
    assert source.grey
    coloured = Image(as_rgb.pixels * np.array([1, 0, 1], np.uint8)[:, None, None], "CYX", "c", channels=RGB)
    grey, colour = sources_of({"a": [(image, labels)], "b": [(coloured, labels)]}, 16, 32)
    assert grey.pixels.shape[0] == colour.pixels.shape[0] == 3
    assert grey.grey
    assert not colour.grey


@pytest.mark.parametrize(
    ("groups", "error", "words"),
    [
        ({}, NothingToShow, "No pair"),
        ({"a": []}, NothingToShow, "No pair"),
        ({"a": [pair("e", np.zeros((40, 40), np.int32))]}, NothingToShow, "has an object"),
        ({"a": [(of_size(8)[0], Labels(np.ones((9, 9), int), "YX", "w"))]}, BadLabels, "'Y': 9"),
        ({"a": [(Image(np.zeros((2, 9, 9)), "ZYX", "z"), Labels(np.ones((9, 9), int), "YX", "z"))]}, BadImage, "ZYX"),
        (
            {"a": [(Image(np.arange(162).reshape(2, 9, 9), "CYX", "c"), Labels(np.ones((9, 9), int), "YX", "c"))]},
            BadImage,
            "2 channels",
        ),
    ],
)
def test_what_cannot_be_learned_from_is_said(groups, error, words):
    with pytest.raises(error, match=words):
        sources_of(groups, 16, 32)


def test_images_without_objects_are_left_out():
    empty = Image(np.zeros((40, 40), np.uint8), "YX", "empty")
    none = Labels.of(empty, np.zeros((40, 40), int), Act("truth", "toy"))
    assert len(sources_of({"a": [(empty, none), of_size(8)]}, 16, 32)) == 1
