"""The full BBBC038 training set: what is committed about it is complete and fair, and fits the files where they are."""

import csv
import time

import numpy as np
import pandas as pd
import pytest

from opsef_core.ingest._dataset import dataset

CLASSES = {"small_fluorescent", "large_fluorescent", "purple_tissue", "pink_purple_tissue", "grayscale_tissue"}


@pytest.fixture(scope="module")
def described():
    return dataset("bbbc038")


@pytest.fixture(scope="module")
def table(described):
    return pd.DataFrame([f.columns for f in described.files]).set_index("id", drop=False)


@pytest.fixture(scope="module")
def prepared(real_data):
    folder = real_data / "bbbc038_train"
    if not folder.is_dir():
        pytest.skip("the BBBC038 training set is not here")
    return folder


def test_all_images_are_described_without_their_pixels(described, table):
    assert len(described.files) == 664
    assert table["nuclei"].sum() == 28986
    assert all(f.image == f"images/{i}.png" for f, i in zip(described.files, table["id"], strict=True))
    assert all(f.truth == f"labels/{i}.tif" for f, i in zip(described.files, table["id"], strict=True))
    assert all(f.image_sha256 and f.truth_objects_sha256 for f in described.files)
    assert len({f.image_sha256 for f in described.files}) == 664
    assert described.info.licence == "CC0-1.0"
    assert described.info.fetch == "fetch.py"


def test_the_table_has_the_split_of_the_list(root, table):
    with (root / "datasets" / "bbbc038" / "split.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert table[list(rows[0])].to_dict("records") == rows


def test_no_group_stands_on_both_sides_of_the_split(table):
    assert set(table["split"]) == {"train", "validation"}
    assert table.groupby("group")["split"].nunique().max() == 1


def test_each_class_stands_on_both_sides_in_like_shares(table):
    for name, part in table.groupby("image_class"):
        held = (part["split"] == "validation").sum()
        one_is_nearest = len(part) < 5 and held == 1
        assert 0.12 <= held / len(part) <= 0.22 or one_is_nearest, name
    assert set(table["image_class"]) == CLASSES
    assert 0.12 <= (table["split"] == "validation").mean() <= 0.22


def test_no_image_of_the_sample_nor_its_look_alikes_are_for_training(table):
    sample = [f.columns["original_id"] for f in dataset("bbbc038_sample").files]
    assert set(table.loc[sample, "split"]) == {"validation"}
    train = table[table["split"] == "train"]
    assert not set(train["group"]) & set(table.loc[sample, "group"])


def test_opening_and_choosing_is_quick():
    begin = time.process_time()
    data = dataset("bbbc038", where={"split": "train"})
    assert "551 images" in repr(data)
    assert time.process_time() - begin < 1


def test_its_ids_are_those_of_the_prepared_images(prepared, table):
    said = pd.read_csv(prepared / "metadata.csv").set_index("id")
    assert table.index.tolist() == said.index.tolist()
    assert table["nuclei"].tolist() == said["n_nuclei"].tolist()
    assert table["image_class"].tolist() == said["image_class"].tolist()


def test_train_and_validation_are_two_data_sets(prepared):
    train, validation = (dataset("bbbc038", folder=prepared, where={"split": s}) for s in ("train", "validation"))
    assert (len(train), len(validation)) == (551, 113)
    assert not set(train.truth) & set(validation.truth)
    assert set(validation.table["split"]) == {"validation"}
    assert validation.images.failed == []
    assert {i.axes for i in validation.images} == {"CYX"}  # colour, alpha dropped


def test_an_image_of_the_sample_has_the_same_pixels_and_objects_here(prepared):
    sample = dataset("bbbc038_sample")
    ids = sample.table["original_id"]
    data = dataset("bbbc038", folder=prepared, where={"id": ids.tolist()})
    here = dict(zip(data.table["id"], data.images, strict=True))
    for image in sample.images:
        other = here[ids[image.name]]
        assert (other.axes, other.channels, other.pixels.dtype) == (image.axes, image.channels, image.pixels.dtype)
        assert np.array_equal(other.array(), image.array())
        assert other.fingerprint == image.fingerprint
        assert np.array_equal(data.truth[other.name].pixels, sample.truth[image.name].pixels)
