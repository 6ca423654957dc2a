"""What every registered pass must do."""

import numpy as np
import pandas as pd
import pytest
from toy import many_discs

from opsef_core.data import Image, Labels
from opsef_core.postprocess import PASSES, clean

# Parameters under which a pass does something to the busy image below, so that the suite tests more than doing nothing.
BUSY = {
    "size": {"min_area_px": 120},
    "shape": {"min_solidity": 0.96},
    "intensity": {"min_mean_intensity": 180.0},
    "border": {"margin_px": 20},
    "fill": {"max_hole_px": 3},
}
NAMES = PASSES.names()


def busy():
    """Discs with gaps in their ids, some with holes, and a table."""
    image, labels = many_discs()
    ids = np.where(labels.pixels % 3 == 1, 0, labels.pixels * 10)
    ids[::17, ::3] = 0
    scores = pd.DataFrame({"score": 0.5, "class": "nucleus"}, index=np.unique(ids)[1:])
    return image, Labels(ids, "YX", image.name, objects=scores)


def blank(shape, axes):
    return Image(np.zeros(shape, np.uint8), axes, "blank"), Labels(np.zeros(shape, np.int32), axes, "blank")


def stack():
    ids = np.zeros((4, 9, 9), np.int32)
    ids[1:3, 2:7, 2:7] = 5
    return Image((ids * 20).astype(np.uint16), "ZYX", "stack"), Labels(ids, "ZYX", "stack")


@pytest.fixture(params=[(name, given) for name in NAMES for given in ({}, BUSY.get(name, {}))], ids=str)
def each(request):
    name, given = request.param
    return clean(name, **given)


def test_ids_stay_and_the_table_follows(each):
    image, labels = busy()
    after = each.run(labels, image)
    assert set(after.ids) <= set(labels.ids)
    assert after.pixels.dtype == np.int32
    assert after.objects.index.tolist() == after.ids.tolist()
    assert (after.objects["class"] == "nucleus").all()
    there = (labels.pixels > 0) & (after.pixels > 0)
    assert np.array_equal(after.pixels[there], labels.pixels[there])


def test_the_input_is_not_touched_and_the_history_is_one_act_longer(each):
    image, labels = busy()
    pixels, ids, table = image.pixels.copy(), labels.pixels.copy(), labels.objects.copy()
    after = each.run(labels, image)
    assert np.array_equal(image.pixels, pixels)
    assert np.array_equal(labels.pixels, ids)
    assert labels.objects.equals(table)
    assert after.history == (*labels.history, each.act)
    assert after.key != labels.key


def test_twice_gives_the_same(each):
    image, labels = busy()
    once = each.run(labels, image)
    assert np.array_equal(each.run(labels, image).pixels, once.pixels)
    assert np.array_equal(each.run(once, image).pixels, once.pixels)


@pytest.mark.parametrize(("shape", "axes"), [((7, 9), "YX"), ((1, 1), "YX"), ((3, 5, 6), "ZYX")])
def test_no_object_stays_no_object(each, shape, axes):
    if axes == "ZYX" and each.name == "shape" and each != clean("shape"):
        pytest.skip("shapes are defined for planes only")
    image, labels = blank(shape, axes)
    assert each.run(labels, image).count == 0


def test_one_object_of_one_pixel_in_an_image_of_one_pixel(each):
    image, labels = Image(np.array([[7]], np.uint8), "YX", "dot"), Labels(np.array([[3]]), "YX", "dot")
    assert each.run(labels, image).ids.tolist() in ([3], [])


@pytest.mark.parametrize("name", NAMES)
def test_stacks_keep_their_ids(name):
    image, labels = stack()
    assert clean(name).run(labels, image).ids.tolist() == [5]


@pytest.mark.parametrize("name", [name for name in NAMES if name in BUSY])
def test_the_busy_parameters_do_something(name):
    image, labels = busy()
    after = clean(name, **BUSY[name]).run(labels, image)
    assert not np.array_equal(after.pixels, labels.pixels)
    assert after.count > 0


@pytest.mark.parametrize("name", ["size", "shape", "intensity"])
def test_without_limits_nothing_goes(name):
    image, labels = busy()
    assert np.array_equal(clean(name).run(labels, image).pixels, labels.pixels)


@pytest.mark.parametrize("name", NAMES)
def test_it_is_documented(name):
    assert len(PASSES.get(name).__doc__) > 80
