"""The course's data set of difficulties is small, complete, and what its script makes."""

import importlib.util

import numpy as np
import pytest
from scipy import ndimage as ndi

from opsef_core.ingest import dataset

DRAWN = {"round.png": "round bodies", "bent.png": "bent bodies", "rings.png": "rings"}


@pytest.fixture(scope="module")
def data():
    return dataset("course_shapes")


@pytest.fixture(scope="module")
def maker(root):
    spec = importlib.util.spec_from_file_location("course_shapes_make", root / "datasets/course_shapes/make.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_one_image_a_difficulty_all_with_truth(data):
    assert len(data.images.readable) == len(data.truth) == 8
    assert data.table["image_class"].is_unique
    assert data.info.licence == "CC0-1.0"
    assert all(f.image_sha256 and f.truth_sha256 for f in data.files)


def test_it_is_small(root):
    folder = root / "datasets" / "course_shapes"
    files = [f for part in ("images", "truth") for f in (folder / part).iterdir()]
    assert sum(f.stat().st_size for f in [*files, folder / "dataset.yml"]) < 300_000


def test_truth_has_as_many_objects_as_it_says_each_in_one_piece(data):
    for name, labels in data.truth.items():
        assert labels.count == data.table.loc[name, "nuclei"]
        if name in DRAWN:
            assert not len(labels.scattered)


@pytest.mark.parametrize("name", DRAWN)
def test_shapes_are_what_they_are_called(data, name):
    ids = data.truth[name].array()
    for number in np.unique(ids)[1:]:
        mask = ids == number
        middle = tuple(np.round(ndi.center_of_mass(mask)).astype(int))
        hole = ndi.binary_fill_holes(mask).sum() > mask.sum()
        assert hole == (name == "rings.png")
        assert mask[middle] == (name == "round.png")  # the middle of a bow lies outside of it


def test_the_script_makes_what_lies_there(data, maker):
    made = maker.pictures()
    assert [f"{name}.png" for name in made] == [image.name for image in data.images]
    for image in data.images:
        kind, _, grey, ids = made[image.name.removesuffix(".png")]
        assert kind == data.table.loc[image.name, "image_class"]
        assert np.array_equal(ids, data.truth[image.name].array())
        assert np.abs(grey.astype(int) - image.array().astype(int)).max() <= 1  # the last digit may be the machine's


def test_half_and_double_are_the_same_nuclei(data):
    counts = {name: data.truth[f"{name}.png"].count for name in ("plain", "half", "double", "blurred")}
    assert set(counts.values()) == {28}
    plain, double = data.truth["plain.png"].areas_px, data.truth["double.png"].areas_px
    assert np.allclose(double / plain, 4)
