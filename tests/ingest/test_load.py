"""A data set or files, whichever was named."""

import pytest
from image_files import png, ramp

from opsef_core.errors import BadParameter, UnknownName, UnreadableFile
from opsef_core.ingest import Dataset, ImageSet, load


@pytest.fixture
def folder(tmp_path):
    """Two images in a folder with a space and a letter that is not ASCII."""
    home = tmp_path / "meine Bilder ä"
    home.mkdir()
    png(home / "one.png", ramp(20, 30))
    png(home / "two.png", ramp(20, 30) + 1)
    return home


def test_a_data_set_by_name_and_by_folder(root):
    named, there = load("bbbc038_sample"), load(root / "datasets" / "bbbc038_sample")
    assert isinstance(named, Dataset)
    assert isinstance(there, Dataset)
    assert [i.key for i in named.images] == [i.key for i in there.images]
    assert len(load("bbbc038_sample", where={"image_class": "purple_tissue"})) == 2


def test_a_folder_a_pattern_and_a_file_are_images_without_truth(folder):
    for place in (folder, str(folder), f"{folder}/*.png"):
        found = load(place)
        assert isinstance(found, ImageSet)
        assert [i.name for i in found.images] == ["one.png", "two.png"]
        assert found.truth is None
    assert len(load(folder / "one.png", tile=16)) == 4


def test_what_is_neither_is_said_with_the_nearest_name(folder):
    with pytest.raises(UnknownName, match=r"no data set, file or folder called 'bbbc038_sampel'.*'bbbc038_sample'"):
        load("bbbc038_sampel")
    with pytest.raises(UnreadableFile, match="Nothing matches"):
        load(f"{folder}/*.tif")
    with pytest.raises(BadParameter, match=r"has no dataset\.yml"):
        load(folder, where={"split": "train"})
