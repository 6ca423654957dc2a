import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import toy
from scipy import ndimage
from skimage.measure import label

from opsef_core.data import Act, Image, Labels
from opsef_core.errors import BadLabels, BadParameter
from opsef_core.ingest._substack import substack, substacks
from opsef_core.ingest._tile import cut, tile
from opsef_core.postprocess import stitch

MODEL = Act("model", "bright")


def bright(image, threshold=100):
    """A model whose answer for a pixel does not depend on the tile: connected bright pixels, with a score each."""
    ids = label(np.asarray(image.array()) > threshold)
    scores = ndimage.mean(image.array(), ids, range(1, ids.max() + 1)) if ids.max() else []
    return Labels.of(image, ids, MODEL, pd.DataFrame({"score": scores}, index=range(1, ids.max() + 1)))


def partition(labels):
    """A label image renumbered by first pixel: equal for equal objects, whatever their ids."""
    pixels = labels.pixels if isinstance(labels, Labels) else labels
    ids, first, where = np.unique(pixels, return_index=True, return_inverse=True)
    order = np.argsort(np.argsort(np.where(ids == 0, -1, first)))
    return (order[where] + (0 if 0 in ids else 1)).reshape(pixels.shape)


def by_hand(ids, origin, size, parent="plate", table=None, parent_axes="YX"):
    """Labels of a tile, drawn by hand."""
    ids = np.asarray(ids, np.int32)
    return Labels(
        ids,
        parent_axes,
        f"{parent}/{origin}",
        source="s",
        parent=parent,
        origin=dict(zip(parent_axes, origin, strict=True)),
        parent_shape=dict(zip(parent_axes, size, strict=True)),
        objects=pd.DataFrame() if table is None else table,
    )


@pytest.mark.parametrize(("size", "overlap"), [(64, 24), (100, 60), ((50, 90), (20, 30)), (48, 1), (64, 0), (500, 10)])
def test_tiled_is_what_untiled_is(size, overlap):
    image, truth = toy.many_discs()
    tiles = tile(image, size, overlap)
    (joined,) = stitch([bright(t) for t in tiles])
    whole = bright(image)
    assert np.array_equal(partition(joined), partition(whole))
    assert joined.name == image.name
    assert joined.parent is None
    assert joined.axes == "YX"
    assert joined.count == truth.count == len(joined.objects)


def test_objects_larger_than_a_tile_stay_whole():
    ids = toy.discs((200, 200), (100, 100, 80), (12, 12, 8))
    image = Image(toy.picture(ids), "YX", "big")
    (joined,) = stitch([bright(t) for t in tile(image, 50, 10)])
    assert np.array_equal(partition(joined), partition(ids))


def test_order_of_tiles_changes_nothing():
    image, _ = toy.many_discs()
    found = [bright(t) for t in tile(image, 64, 24)]
    (one,) = stitch(found)
    (other,) = stitch(found[::-1])
    assert np.array_equal(one.pixels, other.pixels)
    assert one.key == other.key
    pd.testing.assert_frame_equal(one.objects, other.objects)


def test_volumes():
    grid = np.indices((30, 60, 70))
    ids = np.zeros((30, 60, 70), np.int32)
    for number, (z, y, x, r) in enumerate([(8, 15, 15, 7), (15, 40, 35, 9), (20, 14, 50, 8), (15, 40, 54, 8)], start=1):
        ids[sum((g - c) ** 2 for g, c in zip(grid, (z, y, x), strict=True)) <= r * r] = number
    image = Image(toy.picture(ids), "ZYX", "embryo", spacing_um={"Z": 2.0, "Y": 0.5, "X": 0.5})
    tiles = tile(image, (16, 32, 32), (6, 10, 10))
    (joined,) = stitch([bright(t) for t in tiles])
    assert joined.axes == "ZYX"
    assert joined.spacing_um == image.spacing_um
    assert np.array_equal(partition(joined), partition(label(ids > 0)))


def test_blocks_of_planes_are_joined_along_z():
    ids = np.zeros((9, 20, 20), np.int32)
    ids[1:8, 5:9, 5:9] = 1
    image = Image(toy.picture(ids), "ZYX", "embryo")
    (joined,) = stitch([bright(b) for b in substacks(image, planes=4)])
    assert np.array_equal(partition(joined), ids)


def test_truth_cut_into_tiles_comes_back_with_ids_and_table():
    image, truth = toy.many_discs()
    ids = truth.pixels * 7 + (truth.pixels > 0) * 1000
    truth = replace(
        truth,
        pixels=ids,
        objects=pd.DataFrame({"class": ["a", "b"] * 36}, index=pd.Index(np.unique(ids)[1:], name="id")),
    )
    pieces = [cut(truth, t) for t in tile(image, 64, 24)]
    (joined,) = stitch(pieces)
    assert np.array_equal(joined.pixels, truth.pixels)
    pd.testing.assert_frame_equal(joined.objects, truth.objects)


def test_a_whole_object_replaces_one_that_is_cut_off():
    left = np.zeros((4, 10), np.int32)
    left[1:3, 7:10] = 1  # cut off, and drawn too high at its end
    left[0, 9] = 1
    right = np.zeros((4, 10), np.int32)
    right[1:3, 1:6] = 1
    rows = [pd.DataFrame({"score": [s]}, index=[1]) for s in (0.2, 0.9)]
    joined = stitch([by_hand(left, (0, 0), (4, 16), table=rows[0]), by_hand(right, (0, 6), (4, 16), table=rows[1])])[0]
    expected = np.zeros((4, 16), np.int32)
    expected[1:3, 7:12] = 1
    assert np.array_equal(joined.pixels, expected)
    assert joined.objects["score"].tolist() == [0.9]


def test_two_whole_objects_are_not_joined_by_a_blob_cut_off_over_both():
    left = np.zeros((9, 20), np.int32)
    left[1:8, 15:20] = 1  # at its border one tile sees one blob
    right = np.zeros((9, 20), np.int32)
    right[1:4, 5:12], right[5:8, 5:12] = 1, 2  # the other sees two nuclei
    joined = stitch([by_hand(left, (0, 0), (9, 30)), by_hand(right, (0, 10), (9, 30))])[0]
    assert joined.count == 2
    assert np.array_equal(joined.pixels[:, 10:] > 0, right > 0)


def test_a_split_beside_a_torn_object_gives_way_to_the_whole_object_the_other_tile_saw():
    left = np.zeros((9, 20), np.int32)
    left[2:7, 11:17], left[2:7, 17:20] = 1, 2  # the nucleus ends outside, and what is seen of it was split
    right = np.zeros((9, 20), np.int32)
    right[2:7, 1:11] = 1  # whole, though nearer to the border than 1 is
    joined = stitch([by_hand(left, (0, 0), (9, 30)), by_hand(right, (0, 10), (9, 30))])[0]
    assert joined.count == 1
    assert joined.areas_px.tolist() == [50]


def test_of_two_whole_versions_the_one_farther_from_its_border_stays_and_the_other_leaves_no_ring():
    left, right = np.zeros((20, 30), np.int32), np.zeros((20, 30), np.int32)
    left[4:16, 16:28] = 1  # 2 pixels from the border
    right[7:13, 9:15] = 1  # the same nucleus, smaller; 9 pixels from the border
    joined = stitch([by_hand(left, (0, 0), (20, 40)), by_hand(right, (0, 10), (20, 40))])[0]
    assert joined.count == 1
    assert joined.areas_px.tolist() == [36]


def test_what_only_one_tile_could_see_stays():
    left, right = np.zeros((9, 20), np.int32), np.zeros((9, 20), np.int32)
    left[2:7, 2:19] = 1  # one long blob, for the other tile only its end is an object
    right[2:7, 5:9] = 1
    joined = stitch([by_hand(left, (0, 0), (9, 30)), by_hand(right, (0, 10), (9, 30))])[0]
    assert (joined.pixels[2:7, 2:15] > 0).all()
    assert joined.count == 2


def test_one_object_seen_cut_off_by_four_tiles_is_one():
    ids = toy.discs((60, 60), (30, 30, 20))
    image = Image(toy.picture(ids), "YX", "corner")
    tiles = tile(image, 34, 8)
    assert len(tiles) == 4
    (joined,) = stitch([bright(t) for t in tiles])
    assert np.array_equal(joined.pixels, ids)


def test_neighbours_that_touch_across_a_seam_stay_two():
    ids = toy.discs((64, 80), (32, 28, 12), (32, 53, 12))
    truth = Labels(ids, "YX", "pair", source="s")
    image = Image(toy.picture(ids), "YX", "pair", source="s")
    (joined,) = stitch([replace(cut(truth, t), objects=pd.DataFrame()) for t in tile(image, 48, 16)])
    assert np.array_equal(joined.pixels, ids)


def test_colliding_ids_are_unique_afterwards_and_contiguous():
    image, truth = toy.many_discs()
    (joined,) = stitch([bright(t) for t in tile(image, 64, 24)])
    assert joined.ids.tolist() == list(range(1, truth.count + 1))


def test_huge_ids():
    left, right = np.zeros((4, 6), np.int32), np.zeros((4, 6), np.int32)
    left[1:3, 1:3] = 2_000_000_000
    right[1:3, 3:5] = 2_000_000_000
    joined = stitch([by_hand(left, (0, 0), (4, 12)), by_hand(right, (0, 6), (4, 12))])[0]
    assert joined.ids.tolist() == [2_000_000_000, 2_000_000_001]


def test_empty_tiles_and_tables_of_different_columns():
    blank = np.zeros((4, 6), np.int32)
    (joined,) = stitch([by_hand(blank, (0, 0), (4, 12)), by_hand(blank, (0, 6), (4, 12))])
    assert joined.count == 0
    assert joined.pixels.shape == (4, 12)
    assert len(joined.objects) == 0
    one = blank.copy()
    one[1, 1] = 1
    table = pd.DataFrame({"score": [0.5], "class": ["tumour"]}, index=[1])
    pair = [by_hand(one, (0, 0), (4, 12)), by_hand(one, (0, 6), (4, 12), table=table)]
    (joined,) = stitch(pair)
    assert joined.objects["class"].tolist()[1] == "tumour"
    assert joined.objects["score"].isna().tolist() == [True, False]
    assert stitch([]) == []


def test_images_and_models_are_kept_apart():
    a, _ = toy.many_discs("a")
    b, _ = toy.many_discs("b", seed=3)
    tiles = [*tile(a, 100, 20), *tile(b, 100, 20)]
    low, high = [bright(t) for t in tiles], [replace(bright(t), history=(*t.history, Act("model", "x"))) for t in tiles]
    joined = stitch([*low, *high])
    assert [j.name for j in joined] == ["a", "b", "a", "b"]
    assert len({j.key for j in joined}) == 4
    assert [act.kind for act in joined[0].history] == ["model", "stitch"]


def test_a_missing_tile_is_said():
    image, _ = toy.many_discs("plate")
    found = [bright(t) for t in tile(image, 100, 20)]
    assert len(found) == 9
    with pytest.raises(BadLabels) as error:
        stitch([f for f in found if dict(f.origin) != {"Y": 0, "X": 80}])
    assert str(error.value) == (
        "The 8 tiles of plate leave 3200 of its pixels uncovered (first Y 0 to 79, X 100 to 139). "
        'Give all tiles, or stitch(..., missing="background") to leave that part empty.'
    )


def test_a_missing_tile_may_be_left_empty_and_is_noted(caplog):
    image, _ = toy.many_discs("plate")
    found = [bright(t) for t in tile(image, 64, 10)][1:]
    (joined,) = stitch(found, missing="background")
    assert not joined.pixels[:54, :54].any()
    assert joined.history[-1].parameters["uncovered_px"] == 54 * 54
    assert "leave 2916 of its pixels uncovered" in caplog.text


def test_mistakes_are_told():
    image, truth = toy.one_disc("disc")
    with pytest.raises(BadLabels, match="^disc is not a tile of an image, so it cannot be stitched.$"):
        stitch([truth])
    one = bright(tile(image, 64)[0])
    with pytest.raises(
        BadLabels, match=r"^Two tiles of disc have the same place \(Y 0 to 63, X 0 to 63\); give each tile once.$"
    ):
        stitch([one, one])
    with pytest.raises(BadLabels, match="reaches from 10 to 74 along Y, outside disc, which has 64.$"):
        stitch([replace(one, origin={"Y": 10, "X": 0})])
    with pytest.raises(BadParameter, match=r'^missing=\'ignore\' is not possible; it is "error" or "background".$'):
        stitch([one], missing="ignore")
    stack = Image(np.zeros((3, 8, 8), np.uint8), "ZYX", "stack")
    with pytest.raises(
        BadLabels, match="^stack/z001 is a plane of stack, not a tile; planes cannot be stitched to a stack.$"
    ):
        stitch([bright(substack(stack, z=1))])


def test_five_thousand_objects_take_seconds():
    side, step = 4096, 57
    ids = np.zeros((side, side), np.int32)
    disc = toy.discs((41, 41), (20, 20, 18)) > 0
    number = 0
    for y in range(0, side - 41, step):
        for x in range(0, side - 41, step):
            number += 1
            ids[y : y + 41, x : x + 41][disc] = number
    truth = Labels(ids, "YX", "slide", source="s")
    image = Image(ids, "YX", "slide", source="s")
    pieces = [cut(truth, t) for t in tile(image, 512, 64)]
    before = time.process_time()
    (joined,) = stitch(pieces)
    seconds = time.process_time() - before
    assert np.array_equal(joined.pixels, ids)
    assert number > 5000
    assert seconds < 10
