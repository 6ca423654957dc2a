"""The atlas of errors."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from toy import discs, many_discs, pair

from opsef_core.compare import object_errors
from opsef_core.data import Image, Labels
from opsef_core.errors import NothingToShow
from opsef_core.plots import FOUND, TRUE, atlas, thumbnails, wall


@pytest.fixture(autouse=True)
def _close():
    yield
    plt.close("all")


class Shelf:
    """Images, truth and results by name; the name of an image is the key of its result."""

    def __init__(self, *cases):
        self.images = {image.name: image for image, _, _ in cases}
        self.truth = {image.name: truth for image, truth, _ in cases}
        self.results = {image.name: found for image, _, found in cases}

    def image(self, name):
        return self.images[name]

    def truth_of(self, name):
        return self.truth[name]

    def labels(self, key):
        return self.results[key]

    @property
    def errors(self):
        tables = [
            object_errors(self.results[n], self.truth[n]).assign(key=n, grid_point="raw -> m") for n in self.images
        ]
        return pd.concat(tables, ignore_index=True)


def all_errors(name="drawn"):
    """Two merged, one split, one missed, one invented, one found."""
    truth = discs((120, 200), (30, 30, 12), (30, 54, 12), (30, 110, 14), (90, 30, 10), (90, 110, 10))
    found = np.where(np.isin(truth, (1, 2)), 1, np.where(truth == 5, 5, 0))
    found[truth == 3] = 3
    found[:, 110:][truth[:, 110:] == 3] = 4
    found[:, 110] = 0
    found[95:105, 160:180] = 9
    image, labels = pair(name, truth)
    return image, labels, Labels(found, "YX", name)


def test_a_wall_for_each_type_with_names_and_counts():
    shelf = Shelf(all_errors())
    axes = atlas(shelf.errors, shelf)
    figure = axes[0].figure
    words = [t.get_text() for ax in figure.axes for t in ax.texts]
    assert [w for w in words if "of" in w and "(" in w] == [
        "Missed: true objects that nothing matches (1 of 1)",
        "Split: true objects found in pieces (1 of 1)",
        "Merged: several true objects found as one (1 of 1)",
        "Invented: found, but no true object (1 of 1)",
        "Found: the worst outlines of them (1 of 1)",
    ]
    assert words.count("drawn") == len(axes) == 5


def colours(picture):
    return {c for c in (TRUE, FOUND) if (picture == c).all(-1).any()}


def test_outlines_have_the_colours_of_their_side_and_partners_are_not_dimmed():
    shelf = Shelf(all_errors())
    errors = shelf.errors
    shown = {
        kind: thumbnails(wall(errors, kind), shelf)[0] for kind in ("missed", "invented", "split", "merged", "found")
    }
    assert colours(shown["missed"]) == {TRUE}
    assert colours(shown["invented"]) == {FOUND}
    for kind in ("split", "merged", "found"):  # where both lie upon each other they take turns
        assert colours(shown[kind]) == {TRUE, FOUND}
        assert shown[kind].shape == (160, 160, 3)


def test_the_object_fills_half_of_the_picture():
    shelf = Shelf(all_errors())
    (picture,) = thumbnails(wall(shelf.errors, "missed"), shelf, 100)
    rows, columns = np.nonzero((picture == TRUE).all(-1))
    assert 40 <= np.ptp(rows) <= 60
    assert 40 <= np.ptp(columns) <= 60


def test_no_image_fills_a_wall():
    image, truth = many_discs()
    few, some = pair("few", discs((60, 60), (20, 20, 5), (40, 40, 5)))
    shelf = Shelf(
        (image, truth, Labels(truth.pixels * 0, "YX", "none")), (few, some, Labels(some.pixels * 0, "YX", "none"))
    )
    rows = wall(shelf.errors, "missed", 6)
    assert rows["image"].tolist() == ["many_discs", "few"] * 2 + ["many_discs"] * 2
    largest = rows.loc[rows["image"] == "many_discs", "area_px"]
    assert largest.tolist() == sorted(truth.areas_px.tolist())[::-1][:4]


def test_objects_at_the_border_of_small_images_and_in_stacks():
    ids = np.zeros((3, 20, 30), int)
    ids[:, :4, :25] = 1
    stack = Image(ids * 100.0, "ZYX", "stack")
    shelf = Shelf((stack, Labels(ids, "ZYX", "stack"), Labels(ids * 0, "ZYX", "stack")))
    (picture,) = thumbnails(shelf.errors, shelf)
    assert picture.shape == (160, 160, 3)
    assert colours(picture) == {TRUE}


def test_nothing_and_too_much_are_refused_in_words():
    image, truth = pair("blank", np.zeros((20, 20), int))
    shelf = Shelf((image, truth, truth))
    with pytest.raises(NothingToShow, match="nothing to show"):
        atlas(shelf.errors, shelf)
    shelf = Shelf(all_errors())
    two = pd.concat([shelf.errors, shelf.errors.assign(grid_point="b")])
    with pytest.raises(NothingToShow, match=r"Take one: run.errors\(\['raw -> m'\]\)"):
        atlas(two, shelf)
