import pickle

import dask
import dask.array as da
import numpy as np
import pandas as pd
import pytest
import toy

from opsef_core.data import RGB, Act, Image, Labels, digest
from opsef_core.errors import BadImage, BadLabels

ACT = Act("test", "toy", {"a": 1})


@pytest.mark.parametrize("axes", ["YX", "CYX", "ZYX", "TYX", "TCZYX", "CZYX"])
def test_possible_axes(axes):
    image = Image(np.zeros((2,) * len(axes)), axes, "i")
    assert image.shape == dict.fromkeys(axes, 2)


@pytest.mark.parametrize("axes", ["XY", "YXC", "Y", "ZCYX", "SYX", ""])
def test_impossible_axes(axes):
    with pytest.raises(BadImage, match=f"i: axes '{axes}' are not possible; they are letters of TCZYX in this order"):
        Image(np.zeros((2,) * len(axes)), axes, "i")


def test_axes_are_never_guessed():
    with pytest.raises(BadImage, match=r"an array of shape \(2, 2, 2\) does not have the axes 'YX': 3 dimensions"):
        Image(np.zeros((2, 2, 2)), "YX", "i")


def test_the_key_follows_pixels_and_history_not_the_name():
    a, b = Image(np.zeros((3, 3)), "YX", "a"), Image(np.zeros((3, 3)), "YX", "b")
    assert a.key == b.key
    assert a.then(ACT, a.pixels).key != a.key
    assert Image(np.ones((3, 3)), "YX", "a").key != a.key
    assert Image(np.zeros((3, 3), np.uint8), "YX", "a").key != a.key


def test_the_digest_is_the_same_on_every_machine():
    assert digest("source", [{"b": 1, "a": None}], np.arange(3, dtype="<i4")) == "9676cf5f1f94dd53"


def test_channel_names():
    assert Image(np.zeros((2, 3, 3)), "CYX", "i").channels == ("0", "1")
    assert Image(np.zeros((3, 3, 3)), "CYX", "i", channels=RGB).is_rgb
    with pytest.raises(BadImage, match="2 channel names"):
        Image(np.zeros((3, 3, 3)), "CYX", "i", channels=("a", "b"))


@pytest.mark.parametrize(
    ("pixels", "axes", "shape"),
    [
        (np.zeros((4, 5), np.uint16), "YX", (4, 5, 3)),
        (np.zeros((2, 4, 5)), "CYX", (4, 5, 3)),
        (np.full((7, 4, 5), np.nan), "CYX", (4, 5, 3)),
        (np.ones((2, 3, 4, 5), bool), "TZYX", (4, 5, 3)),
        (np.zeros((0, 0)), "YX", (0, 0, 3)),
    ],
)
def test_everything_can_be_displayed(pixels, axes, shape):
    shown = Image(pixels, axes, "i").for_display()
    assert shown.shape == shape
    assert shown.dtype == np.uint8


def test_labels_know_their_objects():
    image, truth = toy.mixed_sizes()
    assert truth.count == 6
    assert truth.areas_px.sum() == (truth.pixels > 0).sum()
    assert list(truth.objects.index) == list(truth.ids)
    assert truth.name == image.name
    assert truth.history[-1].kind == "truth"


def test_ids_stay_when_objects_go():
    _, truth = toy.mixed_sizes()
    kept = truth.keep([2, 5], ACT)
    assert list(kept.ids) == [2, 5]
    assert truth.count == 6


@pytest.mark.parametrize(
    ("pixels", "message"),
    [
        (
            np.zeros((2, 2), float),
            r"i: labels are whole numbers, not float64\. If these are ids, convert them: array.astype\(int\)\.",
        ),
        (
            np.full((2, 2), 0.3),
            "i: labels are whole numbers, not float64, and these have fractions. Probabilities are made into labels by "
            r"a threshold, then by numbering the pieces: skimage.measure.label\(array > 0.5\)\.",
        ),
        (
            np.array([[1.0, np.nan], [np.inf, 0]]),
            "i: labels are whole numbers; 2 pixels are NaN or infinite. Decide what they are, for background: "
            r"numpy.nan_to_num\(array, posinf=0, neginf=0\).astype\(int\)\.",
        ),
        (
            np.zeros((5, 4, 3), np.uint8),
            r"i: an array of shape \(5, 4, 3\) is a colour picture, not a label image. Give one number a pixel: 0 for "
            "background, and an id of its own for every object.",
        ),
        (np.full((2, 2), "a"), "i: labels are whole numbers, not <U1."),
        (np.full((2, 2), -1), "i: labels are 0 or positive, the smallest here is -1."),
        (np.full((2, 2), 2**31), "i: the id 2147483648 does not fit into 32 bits; renumber the objects first."),
    ],
)
def test_arrays_that_are_no_labels(pixels, message):
    with pytest.raises(BadLabels, match=f"^{message}$"):
        Labels(pixels, "YX", "i")


def test_an_id_in_two_pieces_is_legal_and_noted():
    pixels = np.array([[1, 1, 0, 1], [0, 0, 2, 0], [3, 0, 0, 2], [0, 9, 0, 9]])
    labels = Labels(pixels, "YX", "i")
    assert labels.count == 4
    assert labels.scattered.tolist() == [1, 9]
    assert Labels(pixels[None], "ZYX", "i").scattered.tolist() == [1, 9]
    assert Labels(pixels * 0, "YX", "i").scattered.tolist() == Labels(pixels[:0], "YX", "i").scattered.tolist() == []


def test_huge_ids_cost_no_memory():
    pixels = np.zeros((10, 10), np.int64)
    pixels[0, 0], pixels[5, 5] = 2**31 - 1, 7
    assert list(Labels(pixels, "YX", "i").ids) == [7, 2**31 - 1]


def test_a_table_with_foreign_ids_is_refused():
    with pytest.raises(BadLabels, match=r"ids that are not in the image: \[9\]"):
        Labels(np.eye(3, dtype=int), "YX", "i", objects=pd.DataFrame({"score": [1.0]}, index=[9]))


def test_outlines_lie_inside_the_objects():
    _, truth = toy.touching_discs()
    lines = truth.outlines()
    assert (truth.pixels[lines] > 0).all()
    assert 0 < lines.sum() < (truth.pixels > 0).sum()


def test_labels_of_another_shape_are_refused():
    image, _ = toy.one_disc()
    with pytest.raises(BadLabels, match="toy returned labels of shape"):
        Labels.of(image, np.zeros((2, 2), int), ACT)


def test_acts_and_images_survive_the_way_to_a_worker():
    image, truth = toy.one_disc()
    assert Act.from_dict(ACT.as_dict()) == ACT
    assert pickle.loads(pickle.dumps(image)).key == image.key
    assert pickle.loads(pickle.dumps(truth)).key == truth.key


def test_grey_stored_as_colour_is_stretched_and_colour_is_not():
    dim = np.random.default_rng(0).integers(10, 40, (1, 9, 9)).astype(np.uint8)
    grey = Image(np.repeat(dim, 3, axis=0), "CYX", "grey", channels=RGB)
    assert np.array_equal(grey.for_display(), Image(dim[0], "YX", "grey").for_display())
    assert grey.for_display().max() > 200
    colour = np.concatenate([dim, dim, dim + 1])
    shown = Image(colour, "CYX", "colour", channels=RGB).for_display()
    assert np.array_equal(shown, np.moveaxis(colour, 0, -1))


GREY = np.arange(12).reshape(3, 4)


@pytest.mark.parametrize("dtype", ["u1", "<u2", ">u2", "i4", "i8", "u8", "f2", "f4", ">f8"])
def test_the_fingerprint_follows_the_values_not_their_type(dtype):
    assert Image(GREY.astype(dtype), "YX", "a").fingerprint == Image(GREY, "YX", "b").fingerprint


def test_the_fingerprint_is_the_same_on_every_machine():
    assert Image(GREY, "YX", "a").fingerprint == digest(GREY.astype("u1")) == "9bed13be3971637a"


def test_the_fingerprint_ignores_all_but_the_pixels():
    plain = Image(GREY, "YX", "a")
    other = Image(GREY, "YX", "b/tile", {"Y": 0.5}, "source", (ACT,), "b", {"Y": 0, "X": 0}, {"Y": 9, "X": 9})
    assert other.fingerprint == plain.fingerprint
    assert Image(GREY[None, None], "CZYX", "one channel, one plane").fingerprint == plain.fingerprint


def test_grey_saved_as_colour_has_the_fingerprint_of_the_grey_image():
    colour = np.stack([GREY] * 3)
    assert Image(colour, "CYX", "i", channels=RGB).fingerprint == Image(GREY, "YX", "i").fingerprint
    colour[2, 0, 0] += 1
    assert Image(colour, "CYX", "i", channels=RGB).fingerprint != Image(GREY, "YX", "i").fingerprint


@pytest.mark.parametrize(
    "other",
    [GREY + 1, -GREY, GREY + 0.5, GREY + 2**40, GREY.T, GREY[::-1], GREY[:, :-1], GREY.reshape(1, 12), GREY[:0]],
)
def test_other_pixels_have_another_fingerprint(other):
    assert Image(other, "YX", "i").fingerprint != Image(GREY, "YX", "i").fingerprint


def test_fingerprints_of_real_numbers():
    short = GREY.astype("f4") + np.float32(0.5)
    assert Image(short, "YX", "i").fingerprint == Image(short.astype("f8"), "YX", "i").fingerprint
    assert Image(GREY + 0.1, "YX", "i").fingerprint != Image((GREY + 0.1).astype("f4"), "YX", "i").fingerprint
    zeros = Image(np.array([[0.0, np.nan]]), "YX", "i"), Image(np.array([[-0.0, np.nan]], "f4"), "YX", "i")
    assert zeros[0].fingerprint == zeros[1].fingerprint


def test_a_lazy_image_is_read_once_for_its_fingerprint():
    reads = []

    def read():
        reads.append(1)
        return GREY

    lazy = Image(da.from_delayed(dask.delayed(read)(), GREY.shape, GREY.dtype), "YX", "i", source="s")
    assert lazy.fingerprint == lazy.fingerprint == Image(GREY, "YX", "i").fingerprint
    assert len(reads) == 1
