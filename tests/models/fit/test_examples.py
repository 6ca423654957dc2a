import logging

import numpy as np
import pytest
import toy

from opsef_core.data import RGB, Act, Image, Labels
from opsef_core.errors import BadImage, BadLabels, BadParameter
from opsef_core.ingest import ImageSet, dataset
from opsef_core.ingest._tile import cut, tile
from opsef_core.models import Example
from opsef_core.models._fit import examples_of, held_out


def refusal(kind, given):
    with pytest.raises(kind) as error:
        examples_of(given)
    assert type(error.value) is kind
    return str(error.value)


def of(ids, name="image", pixels=None):
    image = Image(toy.picture(np.asarray(ids)) if pixels is None else pixels, "YX", name)
    return image, Labels.of(image, np.asarray(ids), Act("truth", "toy"))


def blank(name="blank", shape=(64, 64)):
    return of(np.zeros(shape, np.int32), name)


# --- what is given -----------------------------------------------------------------------------------------------


def test_pairs_examples_and_generators():
    image, truth = toy.one_disc()
    as_they_come = [(image, truth), [image, truth], Example(image, truth, "light", 2.0)]
    made = examples_of(e for e in as_they_come)
    assert [e.kind for e in made] == ["", "", "light"]
    assert [e.share for e in made] == [1.0, 1.0, 2.0]
    assert all(e.truth is truth for e in made)


def test_a_data_set_and_its_tiles(root):
    whole = dataset(root / "datasets" / "bbbc038_sample")
    made = examples_of(whole)
    assert len(made) == len(whole.images)
    assert {e.kind for e in made} == set(whole.table["image_class"])
    tiled = dataset(root / "datasets" / "bbbc038_sample", tile=128, overlap=16)
    pieces = examples_of(tiled)
    assert len(pieces) == len(tiled.images) > len(made)
    assert {e.kind for e in pieces} == {e.kind for e in made}
    assert all(e.truth.name == e.image.name for e in pieces)


class Table:
    """A data set of two images, one with truth and without a class."""

    def __init__(self, n=2):
        import pandas as pd

        self.images = [toy.one_disc("a")[0], toy.one_disc("b")[0]]
        self.truth = {"a": toy.one_disc("a")[1]} if n else {}
        self.table = pd.DataFrame({"image_class": [None, "light"]}, index=["a", "b"])


def test_images_without_truth_are_left_out_and_said(caplog):
    made = examples_of(Table())
    assert [(e.image.name, e.kind) for e in made] == [("a", "")]
    assert "1 of 2 images have no truth; nothing is learned from them." in caplog.text


def test_a_data_set_without_truth():
    assert refusal(BadLabels, Table(0)) == (
        "There are no annotated images to learn from: give pairs of image and labels, or a data set."
    )


def test_images_alone_teach_nothing():
    assert refusal(BadLabels, ImageSet([toy.one_disc()[0]])) == (
        "These are images without labels; to learn from, give pairs of image and labels, or a data set."
    )


def test_no_images():
    said = "There are no annotated images to learn from: give pairs of image and labels, or a data set."
    assert refusal(BadLabels, []) == said


@pytest.mark.parametrize(
    ("item", "parts"),
    [
        (toy.one_disc()[0], "Image"),
        ((toy.one_disc()[0],) * 2, "Image, Image"),
        (toy.one_disc()[::-1], "Labels, Image"),
        ((np.zeros((64, 64)), np.zeros((64, 64), int)), "ndarray, ndarray"),
        (np.zeros((64, 64)), "ndarray"),
        ("folder/image.tif", "str"),
    ],
    ids=["image", "images", "swapped", "arrays", "array", "path"],
)
def test_what_is_no_pair(item, parts):
    assert refusal(BadParameter, [toy.one_disc(), item]) == (
        f"Number 2 of what is to be learned from is no pair of Image and Labels (it is {parts}). Arrays become these "
        "by Image(pixels, 'YX', name) and Labels(ids, 'YX', name); a data set can be given as it is."
    )


# --- images ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, np.float64, bool], ids=lambda d: np.dtype(d).name)
@pytest.mark.parametrize("channels", [0, 1, 2, 3, 4])
def test_pixels_are_three_channels_whatever_there_is(dtype, channels):
    grey = toy.one_disc()[0].array()
    x = np.stack([grey + c for c in range(channels)]) if channels else grey
    x = x > 100 if dtype is bool else x.astype(dtype)
    image = Image(x, "CYX" if channels else "YX", "image")
    (example,) = examples_of([(image, toy.one_disc()[1])])
    pixels = example.pixels()
    assert pixels.shape == (3, 64, 64)
    assert pixels.dtype == np.float32
    expected = x[:3] if channels >= 3 else np.stack([x[0] if channels else x] * 3)
    assert np.array_equal(pixels, expected)


def test_stacks_and_time_series():
    image = Image(np.zeros((2, 64, 64)), "ZYX", "stack")
    labels = Labels(np.ones((2, 64, 64), int), "ZYX", "stack")
    assert refusal(BadImage, [(image, labels)]) == (
        "stack has the axes ZYX; models are fitted to planes (YX or CYX). Choose a plane when reading it (z=0, t=0), "
        "and the same plane of its labels."
    )
    with pytest.raises(BadImage, match="movie has the axes TYX; models"):
        examples_of([(Image(np.zeros((2, 64, 64)), "TYX", "movie"), toy.one_disc()[1])])


def test_nan_and_infinite_pixels():
    x = np.zeros((64, 64))
    x[3, 4], x[5, 6] = np.nan, np.inf
    assert refusal(BadImage, [(Image(x, "YX", "holes"), toy.one_disc()[1])]) == (
        "holes has 2 pixels of 4096 that are NaN or infinite. Read it with replace_nan=0 (or another number) to fill "
        "them."
    )


def test_sizes_that_do_not_match():
    image, _ = toy.one_disc("small")
    _, truth = toy.touching_discs()
    assert refusal(BadLabels, [(image, truth)]) == (
        "The labels of small have the size {'Y': 64, 'X': 80}, the image {'Y': 64, 'X': 64}."
    )


def test_images_too_narrow_to_learn_from():
    assert refusal(BadImage, [of(np.ones((31, 200), int), "strip")]) == (
        "strip is 31 x 200 px; to learn from, at least 32 px are needed."
    )
    assert len(examples_of([of(np.ones((32, 32), int), "just")])) == 1


@pytest.mark.parametrize("share", [-1.0, float("nan"), float("inf")])
def test_impossible_shares(share):
    assert refusal(BadParameter, [Example(*toy.one_disc("a"), share=share)]) == (
        f"a has the share {share}; shares are 0 or larger."
    )


def test_shares_that_leave_nothing():
    assert refusal(BadParameter, [Example(*toy.one_disc("a"), share=0.0)]) == (
        "All images have the share 0; nothing would be trained on."
    )


# --- labels ------------------------------------------------------------------------------------------------------


def test_nothing_annotated_at_all():
    assert refusal(BadLabels, [blank("a"), blank("b")]) == (
        "None of the 2 images has an annotated object; there is nothing to learn from."
    )


def test_empty_images_among_others_teach_background(caplog):
    with caplog.at_level(logging.INFO, "opsef_core"):
        assert len(examples_of([toy.one_disc(), blank()])) == 2
    assert "1 of 2 images have no object; they teach what background looks like." in caplog.text


MASKS = (
    "The labels look like masks: one value for all objects. A model learns from instances, every object with a number "
    "of its own; number them first, e.g. with skimage.measure.label (touching objects then become one)."
)


def test_masks_are_no_instances():
    _, truth = toy.many_discs()
    mask, few = truth.pixels > 0, toy.one_disc()[1].pixels > 0
    assert refusal(BadLabels, [of(mask * 255, "a"), of(mask, "b")]) == MASKS
    assert refusal(BadLabels, [of(mask * 1), of(few * 1), blank()]) == MASKS  # one disc could be an instance
    two_classes = np.where(np.indices(mask.shape)[1] > 100, 1, 2) * mask
    assert refusal(BadLabels, [of(two_classes)]) == MASKS


def test_one_mask_among_instances_is_named(caplog):
    _, truth = toy.many_discs()
    assert len(examples_of([toy.many_discs("a"), toy.many_discs("b"), of(truth.pixels > 0, "the_mask")])) == 3
    assert "The labels of the_mask look like a mask: one value for all objects." in caplog.text


def test_one_object_in_a_few_pieces_is_an_instance():
    three = (toy.discs((64, 64), (12, 12, 6), (40, 40, 6), (12, 40, 6)) > 0).astype(int)
    assert examples_of([of(three)])[0].truth.count == 1


def test_an_object_that_fills_the_image_is_an_instance():
    assert examples_of([of(np.ones((64, 64), int))])[0].truth.count == 1


# --- held out ----------------------------------------------------------------------------------------------------


def many(n, **look):
    return examples_of([toy.many_discs(f"image_{i}", seed=i, shape=(64, 64), **look) for i in range(n)])


def names(examples):
    return [e.image.name for e in examples]


@pytest.mark.parametrize(("n", "judge"), [(4, 1), (5, 1), (8, 2), (20, 4)])
def test_a_fifth_of_the_images_judges(n, judge):
    known = many(n)
    training, judging = held_out(known, seed=0)
    assert len(judging) == judge
    assert sorted(names(training) + names(judging)) == sorted(names(known))
    assert names(held_out(known, seed=0)[1]) == names(judging)
    assert any(names(held_out(known, seed=s)[1]) != names(judging) for s in range(1, 9))


def test_empty_images_do_not_judge():
    known = examples_of([blank(f"blank_{i}") for i in range(6)] + [toy.one_disc(f"disc_{i}") for i in range(3)])
    for seed in range(5):
        training, judging = held_out(known, seed)
        assert all(e.truth.count for e in judging)
        assert any(e.truth.count for e in training)


def test_of_two_images_with_objects_one_is_trained_on():
    known = examples_of([*(blank(f"blank_{i}") for i in range(8)), toy.one_disc("a"), toy.mixed_sizes("b")])
    training, judging = held_out(known, seed=0)
    assert len(judging) == 1
    assert sum(e.truth.count > 0 for e in training) == 1


def test_one_image_with_objects_among_empty_ones_is_cut(caplog):
    known = examples_of([toy.many_discs("discs"), *(blank(f"blank_{i}", (48, 48)) for i in range(5))])
    training, judging = held_out(known, seed=0)
    assert names(judging) == ["discs/judge"]
    assert names(training) == ["discs/train", *(f"blank_{i}" for i in range(5))]  # too small to be cut
    assert "Only 1 images with objects: the last fifth of each image judges the fit." in caplog.text


@pytest.mark.parametrize("n", [1, 2, 3])
def test_of_few_images_a_part_of_each_judges(n, caplog):
    known = examples_of([toy.many_discs(f"image_{i}", seed=i, shape=(100, 200)) for i in range(n)])
    training, judging = held_out(known, seed=0)
    assert f"Only {n} images with objects: the last fifth of each image judges the fit." in caplog.text
    assert [e.image.array().shape for e in training] == [(100, 160)] * n
    assert [e.image.array().shape for e in judging] == [(100, 40)] * n
    for whole, left, right in zip(known, training, judging, strict=True):
        assert np.array_equal(np.hstack([left.truth.pixels, right.truth.pixels]), whole.truth.pixels)
        assert np.array_equal(np.hstack([left.image.array(), right.image.array()]), whole.image.array())
        assert left.image.history[-1].kind == "cut"


def test_tall_and_colour_images_are_cut_across():
    image, truth = toy.many_discs("tall", shape=(200, 64))
    colour = Image(np.stack([image.array()] * 3), "CYX", "tall", channels=RGB)
    training, judging = held_out(examples_of([(colour, truth)]), seed=0)
    assert training[0].image.shape == {"C": 3, "Y": 160, "X": 64}
    assert judging[0].truth.shape == {"Y": 40, "X": 64}


@pytest.mark.parametrize(
    ("ids", "purpose"),
    [
        (toy.discs((64, 200), (32, 40, 12)), "to judge by"),
        (toy.discs((64, 200), (32, 184, 8)), "to train on"),
        (toy.discs((60, 60), (30, 30, 10)), "to judge by"),  # too small to be cut
    ],
    ids=["left", "right", "small"],
)
def test_too_few_annotations(ids, purpose):
    with pytest.raises(BadLabels) as error:
        held_out(examples_of([of(ids)]), seed=0)
    assert str(error.value) == (f"Too few annotations: no object would be left {purpose}. Annotate at least 4 images.")


def test_tiles_of_one_image_stay_together():
    slides = [toy.many_discs(f"slide_{i}", seed=i, shape=(160, 160)) for i in range(5)]
    known = examples_of([(t, cut(truth, t)) for image, truth in slides for t in tile(image, 96, 32)])
    for seed in range(4):
        training, judging = held_out(known, seed)
        assert {e.image.parent for e in judging}.isdisjoint(e.image.parent for e in training)
        assert len(judging) == 4


def test_tiles_of_a_single_image_are_divided_all_the_same():
    image, truth = toy.many_discs("slide", shape=(192, 288))
    known = examples_of([(t, cut(truth, t)) for t in tile(image, 96)])
    training, judging = held_out(known, seed=0)
    assert (len(training), len(judging)) == (5, 1)


def test_copies_of_a_picture_stay_together():
    pictures = [toy.many_discs(str(i), seed=i, shape=(64, 64)) for i in range(5)]
    twice = [(Image(i.array(), "YX", f"{n}/{i.name}"), t) for n in ("a", "b") for i, t in pictures]
    training, judging = held_out(examples_of(twice), seed=1)
    assert len(judging) == 2
    assert {e.image.fingerprint for e in judging}.isdisjoint(e.image.fingerprint for e in training)


def test_shares_decide_what_is_trained_on():
    known = [Example(*toy.many_discs("drawn", shape=(64, 200)), share=0.0), Example(*blank("never drawn"))]
    with pytest.raises(BadLabels, match="no object would be left to train on"):
        held_out(examples_of(known), seed=0)
