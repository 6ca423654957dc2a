import time

import imageio.v3 as iio
import numpy as np
import pytest
import toy
from scipy.optimize import linear_sum_assignment

from opsef_core.data import RGB, Image
from opsef_core.errors import BadImage, BadParameter
from opsef_core.models import model


def overlap(truth, found):
    """Smallest IoU of a true object with its best partner; 0 if the numbers differ."""
    ids, others = np.unique(truth)[1:], np.unique(found)[1:]
    if len(ids) != len(others):
        return 0.0
    pairs = [[(truth == a, found == b) for b in others] for a in ids]
    iou = np.array([[np.sum(a & b) / np.sum(a | b) for a, b in row] for row in pairs])
    rows, columns = linear_sum_assignment(-iou)
    return iou[rows, columns].min()


@pytest.mark.parametrize("case", ["one_disc", "touching_discs", "mixed_sizes", "many_discs"])
def test_finds_the_discs(case):
    image, truth = getattr(toy, case)()
    assert overlap(truth.pixels, model("threshold")(image).pixels) > 0.75


def test_a_small_disc_keeps_its_seed_when_it_touches_a_large_one():
    image, truth = toy.pair("contact", toy.discs((110, 120), (50, 40, 30), (50, 75, 7)))
    assert overlap(truth.pixels, model("threshold")(image).pixels) > 0.7


def test_split_depth_joins_what_hardly_narrows():
    image, _ = toy.pair("peanut", toy.discs((64, 80), (32, 30, 14), (32, 46, 14)))
    assert model("threshold", split_depth_px=0.1)(image).count == 2
    assert model("threshold", split_depth_px=5)(image).count == 1


def test_dark_objects_are_found_by_themselves_or_on_demand():
    image, truth = toy.many_discs()
    dark = Image(255 - image.array(), "YX", "dark")
    bright = model("threshold")(image)
    assert overlap(truth.pixels, model("threshold")(dark).pixels) > 0.75
    assert np.array_equal(bright.pixels, model("threshold", objects_are="dark")(dark).pixels)
    assert (model("threshold", objects_are="bright")(dark).pixels > 0).mean() > 0.5


@pytest.mark.parametrize(("method", "least"), [("otsu", 0.7), ("li", 0.7), ("triangle", 0.4), (100.0, 0.7), (90, 0.7)])
def test_every_way_to_find_the_threshold(method, least):
    image, truth = toy.many_discs()
    assert overlap(truth.pixels, model("threshold", threshold=method)(image).pixels) > least


def test_a_fixed_threshold_is_on_the_scale_of_the_image():
    image, truth = toy.one_disc()
    deep = Image(image.array().astype(np.uint16) * 200, "YX", "deep")
    assert model("threshold", threshold=100 * 200)(deep).count == truth.count
    assert model("threshold", threshold=60000, objects_are="bright")(deep).count == 0


def test_neither_bit_depth_nor_a_hot_pixel_changes_the_result():
    image, _ = toy.many_discs()
    at_8_bit = model("threshold")(image).pixels
    deep = image.array().astype(np.uint16) * 20
    assert np.array_equal(model("threshold")(Image(deep, "YX", "deep")).pixels, at_8_bit)
    deep[0, 0] = 65535
    hot = model("threshold")(Image(deep, "YX", "hot")).pixels
    assert (hot[5:, 5:] > 0).mean() == pytest.approx((at_8_bit[5:, 5:] > 0).mean(), abs=0.01)


def test_holes_are_closed_up_to_a_size():
    ring = toy.discs((64, 64), (32, 32, 14))
    ring[toy.discs((64, 64), (32, 32, 4)) > 0] = 0
    image, _ = toy.pair("ring", ring)
    closed = model("threshold", max_hole_px=100)(image)
    assert closed.pixels[32, 32] > 0
    assert closed.count == 1
    assert model("threshold", max_hole_px=0)(image).pixels[32, 32] == 0


def test_small_objects_are_dropped_and_ids_stay_contiguous():
    image, _ = toy.mixed_sizes()
    labels = model("threshold", min_area_px=250)(image)
    assert labels.ids.tolist() == [1, 2, 3, 4]


def test_colour_is_luminance_and_channels_can_be_chosen():
    image, truth = toy.one_disc()
    grey = image.array()
    colour = Image(np.stack([grey] * 3), "CYX", "colour", channels=RGB)
    assert overlap(truth.pixels, model("threshold")(colour).pixels) > 0.8
    two = Image(np.stack([np.zeros_like(grey), grey]), "CYX", "two")
    assert np.array_equal(model("threshold", channel=1)(two).pixels, model("threshold")(image).pixels)
    with pytest.raises(BadImage) as error:
        model("threshold", channel=2)(two)
    assert str(error.value) == "threshold was asked for channel 2; the image has 2 (0 is the first)."


def test_stacks_are_segmented_in_3d():
    z, y, x = np.ogrid[:24, :48, :64]
    ball = (z - 12) ** 2 + (y - 24) ** 2 + np.minimum((x - 20) ** 2, (x - 40) ** 2) < 100
    labels = model("threshold")(Image(toy.picture(ball.astype(int)), "ZYX", "balls"))
    assert labels.axes == "ZYX"
    assert labels.count == 2


@pytest.mark.parametrize("value", [0, 7, 65535])
def test_a_constant_image_has_no_object(value):
    assert model("threshold")(Image(np.full((20, 30), value, np.uint16), "YX", "flat")).count == 0


def test_an_image_all_above_a_fixed_threshold_is_one_object():
    image = Image(np.arange(100, 130, dtype=np.uint8).reshape(5, 6), "YX", "full")
    assert model("threshold", threshold=50, objects_are="bright")(image).count == 1


def test_an_impossible_value_is_explained():
    with pytest.raises(BadParameter, match="split_depth_px = 0 is not possible: Input should be greater than 0"):
        model("threshold", split_depth_px=0)
    with pytest.raises(BadParameter, match="threshold"):
        model("threshold", threshold="otzu")


def test_half_a_second_for_a_usual_image():  # of processor time: others may use the machine, too
    image, _ = toy.many_discs(shape=(520, 696))
    segment = model("threshold")
    segment(image)
    seconds = []
    for _ in range(3):
        began = time.process_time()
        segment(image)
        seconds.append(time.process_time() - began)
    assert min(seconds) < 0.5


def test_real_nuclei_are_counted_about_right(real_data):
    import pandas as pd

    folder = real_data / "bbbc038_train"
    table = pd.read_csv(folder / "metadata.csv").query("image_class == 'small_fluorescent' and n_nuclei > 10")
    ratios = []
    for row in table.head(6).itertuples():
        pixels = iio.imread(folder / "images" / f"{row.id}.png")[..., 0]
        ratios.append(model("threshold")(Image(pixels, "YX", row.id)).count / row.n_nuclei)
    assert 0.6 < np.median(ratios) < 1.4
