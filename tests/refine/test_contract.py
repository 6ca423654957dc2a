"""What every export format keeps: it writes where it may, gives back what it was given, or says that it cannot."""

import numpy as np
import pandas as pd
import pytest
import toy
from pydantic import ValidationError

from opsef_core.data import Act, Image, Labels
from opsef_core.errors import BadLabels, BadParameter, BadRunFolder, NothingToShow
from opsef_core.refine import FORMATS, Format, file_format

NAMES = FORMATS.names()


def classified():
    """Ids with gaps, classes of which one is missing."""
    image, labels = toy.mixed_sizes()
    ids = labels.pixels * 3
    table = pd.DataFrame({"class": ["a", "b", None, "a", "b", "b"]}, index=[3, 6, 9, 12, 15, 18])
    return image, Labels.of(image, ids, Act("truth", "toy"), table)


CASES = [toy.one_disc, toy.touching_discs, toy.empty, classified]


@pytest.fixture(params=NAMES)
def format_name(request):
    return request.param


def test_something_is_registered():
    assert {"annotatorj", "ome_tiff"} <= set(NAMES)


def test_its_name_is_its_files_name_and_it_has_a_docstring(format_name):
    kind = FORMATS.get(format_name)
    assert kind.name == format_name
    assert kind.__module__ == f"opsef_core.refine.{format_name}"
    assert kind.__doc__


def test_options_are_checked_and_fixed(format_name):
    with pytest.raises(BadParameter, match="no parameter of format"):
        file_format(format_name, nonsense=1)
    made = file_format(format_name)
    with pytest.raises((ValidationError, AttributeError)):
        made.anything = 1


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_out_and_back(format_name, case, tmp_path):
    image, labels = case()
    first = file_format(format_name).out(tmp_path / "new" / "folder", [(image, labels)])
    assert first.exists()
    if FORMATS.get(format_name).back is Format.back:
        with pytest.raises(NothingToShow, match=f"The format '{format_name}' cannot be read back yet"):
            file_format(format_name).back(tmp_path / "new" / "folder")
        return
    returned = file_format(format_name).back(tmp_path / "new" / "folder")
    (again,) = returned.labels
    assert returned.problems == ()
    assert np.array_equal(again.pixels, labels.pixels)
    assert (again.key, again.name, again.spacing_um) == (labels.key, labels.name, labels.spacing_um)
    assert (
        again.objects.astype(object)
        .where(again.objects.notna(), None)
        .equals(labels.objects.astype(object).where(labels.objects.notna(), None))
    )


def test_it_leaves_what_it_is_given_alone(format_name, tmp_path):
    image, labels = classified()
    pixels, ids, objects = image.array().copy(), labels.pixels.copy(), labels.objects.copy()
    file_format(format_name).out(tmp_path, [(image, labels)])
    assert np.array_equal(image.array(), pixels)
    assert np.array_equal(labels.pixels, ids)
    pd.testing.assert_frame_equal(labels.objects, objects)


def test_it_writes_no_half_file_and_nothing_outside(format_name, tmp_path):
    image, labels = toy.pair("../../outside", toy.one_disc()[1].pixels)
    file_format(format_name).out(tmp_path / "p", [(image, labels)])
    assert [path.name for path in tmp_path.iterdir()] == ["p"]
    assert not list(tmp_path.rglob("*.part"))


def test_it_refuses_a_folder_that_is_not_its_own(format_name, tmp_path):
    (tmp_path / "mine.txt").write_text("important")
    with pytest.raises(BadRunFolder):
        file_format(format_name).out(tmp_path, [toy.one_disc()])
    other = next(name for name in NAMES if name != format_name)
    file_format(other).out(tmp_path / "other", [toy.one_disc()])
    with pytest.raises(BadRunFolder, match=f"holds an export as '{other}'"):
        file_format(format_name).out(tmp_path / "other", [toy.one_disc()])
    (tmp_path / "file").write_text("a file")
    with pytest.raises(BadRunFolder, match="is a file, not a folder"):
        file_format(format_name).out(tmp_path / "file", [toy.one_disc()])


def test_it_may_be_done_again_with_the_table_of_objects_beside_it(format_name, tmp_path):
    file_format(format_name).out(tmp_path, [toy.one_disc(), toy.empty()])
    (tmp_path / "objects.csv").write_text("image,label\n")
    first = file_format(format_name).out(tmp_path, [toy.one_disc()])
    assert first.exists()
    assert not [path for path in tmp_path.rglob("*") if "empty" in path.name]


def test_nothing_to_export_says_so(format_name, tmp_path):
    with pytest.raises(NothingToShow) as error:
        file_format(format_name).out(tmp_path / "p", [])
    assert str(error.value) == "There is nothing to export: the list of images and labels is empty."
    assert not (tmp_path / "p").exists()


def test_labels_without_pixels_are_refused(format_name, tmp_path):
    image = Image(np.zeros((0, 5), np.uint8), "YX", "nothing")
    with pytest.raises(BadLabels) as error:
        file_format(format_name).out(
            tmp_path / "p", [(image, Labels.of(image, np.zeros((0, 5), np.int32), Act("t", "t")))]
        )
    assert str(error.value) == "nothing has no pixels: its size is {'Y': 0, 'X': 5}."


def test_a_single_pixel(format_name, tmp_path):
    image = Image(np.ones((1, 1), np.uint8), "YX", "dot")
    assert (
        file_format(format_name)
        .out(tmp_path, [(image, Labels.of(image, np.ones((1, 1), int), Act("t", "t")))])
        .exists()
    )
