"""The shipped sample is what it says: small, free, complete, and never trained on."""

import csv

import imageio.v3 as iio
import numpy as np
import pytest
import tifffile
import yaml

from opsef_core.ingest._dataset import dataset

CLASSES = {"small_fluorescent", "large_fluorescent", "purple_tissue", "pink_purple_tissue", "grayscale_tissue"}


@pytest.fixture(scope="module")
def sample():
    return dataset("bbbc038_sample")


def test_a_dozen_images_of_every_class_and_background(sample):
    assert len(sample.images.readable) == len(sample.truth) == 12
    assert set(sample.table["image_class"]) == CLASSES
    assert set(sample.table["background"]) == {"black", "purple", "white", "pink", "gray"}


def test_it_is_small(root):
    files = (root / "datasets" / "bbbc038_sample").rglob("*")
    assert sum(f.stat().st_size for f in files if f.is_file()) < 5e6


def test_every_file_is_described_and_every_description_has_a_file(root, sample):
    folder = root / "datasets" / "bbbc038_sample"
    there = {p.relative_to(folder).as_posix() for part in ("images", "truth") for p in (folder / part).iterdir()}
    assert there == {f.image for f in sample.files} | {f.truth for f in sample.files}
    assert all(f.image_sha256 and f.truth_sha256 for f in sample.files)


def test_none_of_them_is_for_training(root, sample):
    with (root / "datasets" / "bbbc038" / "split.csv").open() as file:
        split = {row["id"]: row["split"] for row in csv.DictReader(file)}
    assert [split[i] for i in sample.table["original_id"]] == ["validation"] * 12


def test_truth_has_as_many_nuclei_as_it_says(sample):
    for name, labels in sample.truth.items():
        assert labels.count == sample.table.loc[name, "nuclei"]


def test_it_says_how_to_cite(root):
    said = yaml.safe_load((root / "datasets" / "bbbc038_sample" / "dataset.yml").read_text())
    assert said["licence"] == "CC0-1.0"
    assert said["doi"] == "10.1038/s41592-019-0612-7"
    assert "Caicedo" in said["cite"]
    assert "BBBC038v1" in said["source"]


def test_pixels_and_ids_are_those_of_the_original(real_data, sample):
    original = real_data / "bbbc038_train"
    for image in sample.images:
        i = sample.table.loc[image.name, "original_id"]
        pixels = iio.imread(original / "images" / f"{i}.png")
        assert np.array_equal(np.moveaxis(image.array(), 0, -1), pixels[..., :3])
        assert np.array_equal(sample.truth[image.name].pixels, tifffile.imread(original / "labels" / f"{i}.tif"))
