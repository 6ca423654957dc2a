"""Objects that overlap, want the same id, lie outside: nothing is lost silently."""

import numpy as np
import pytest
from refine.objects_of_all_kinds import square

from opsef_core.data import Act, Image
from opsef_core.errors import BadLabels
from opsef_core.refine._drawing import Sketch, from_ids

SIZE = {"Y": 20, "X": 30}


def drawn(*objects, size=SIZE):
    sketch = Sketch("f", size)
    for loops, about in objects:
        sketch.outline(loops, **about)
    return sketch.drawing()


def test_overlaps_stay_whole_in_layers_and_are_reported_when_flat():
    drawing = drawn(
        ([square(2, 2)], {"name": "a", "id": 4}),
        ([square(4, 4)], {"name": "b", "id": 5}),
        ([square(20, 2)], {"name": "c", "id": 6}),
        ([square(19, 1, 6)], {"name": "d", "id": 7}),
    )
    first, second = drawing.layers()
    assert [(first == 4).sum(), (first == 6).sum(), (second == 5).sum(), (second == 7).sum()] == [16, 16, 16, 36]
    flat = drawing.flat()
    assert [(flat.pixels == i).sum() for i in (4, 5, 6, 7)] == [12, 16, 0, 36]
    assert flat.problems == (
        "f: objects cut, because later ones overlap them (1): a.",
        "f: objects lost, because later ones cover them wholly (1): c.",
    )


def test_one_id_twice_gives_a_new_one_above_all():
    drawing = drawn(
        ([square(2, 2)], {"name": "0004", "id": 4}),
        ([square(9, 2)], {"name": "0004-1", "id": 4}),
        ([square(20, 2)], {"name": "0009", "id": 9}),
        ([square(20, 9)], {"name": "new"}),
    )
    assert drawing.ids == (4, 10, 9, 11)
    assert drawing.flat().problems == ("f: objects with a new id, because an earlier one has theirs (1): 0004-1.",)


def test_ids_that_do_not_fit():
    drawing = drawn(*(([square(6 * n, 2)], {"name": str(i), "id": i}) for n, i in enumerate((0, 2**31, 2**31 - 1, 3))))
    assert drawing.ids == (1, 2, 2**31 - 1, 3)
    assert drawing.flat().problems == (
        "f: objects with a new id, because theirs is not between 1 and 2147483647 (2): 0, 2147483648.",
    )


def test_outside_and_empty():
    drawing = drawn(
        ([square(-2, 3)], {"name": "a"}),
        ([square(28, 18)], {"name": "b"}),
        ([square(40, 3)], {"name": "c"}),
        ([square(5, 5, 0)], {"name": "d"}),
        ([], {"name": "e"}),
        ([np.array([[np.nan, 1], [2, 2], [3, 1]])], {"name": "f"}),
    )
    assert [int(s.inside.sum()) for s in drawing.shapes] == [8, 4]
    assert drawing.problems == (
        "f: objects cut at the edge of the image, because they reach beyond it (2): a, b.",
        "f: objects left out, because they lie outside of the image (1): c.",
        "f: objects left out, because they enclose the centre of no pixel (2): d, e.",
        "f: objects left out, because they cannot be read (1): f.",
    )


def test_an_object_on_several_planes_is_one():
    size = {"Z": 3, **SIZE}
    drawing = drawn(
        ([square(2, 2)], {"id": 4, "plane": 0}),
        ([square(3, 3)], {"id": 4, "plane": 2}),
        ([square(9, 9)], {"id": 4, "plane": 2, "name": "x"}),
        ([square(15, 9)], {"id": 8}),
        ([square(15, 9)], {"plane": 3, "name": "y"}),
        size=size,
    )
    assert drawing.ids == (4, 4, 9, 8)
    assert [(drawing.flat().pixels == i).any(axis=(1, 2)).tolist() for i in (4, 8, 9)] == [
        [True, False, True],
        [True, True, True],
        [False, False, True],
    ]


def test_masks_are_cut_to_the_image():
    sketch = Sketch("f", SIZE)
    sketch.stencil(np.ones((5, 5), bool), -2, 28, name="a")
    sketch.stencil(np.ones((5, 5), bool), 50, 50, name="b")
    (shape,) = sketch.drawing().shapes
    assert (shape.inside.shape, shape.top, shape.left) == ((3, 2), 0, 28)


def test_labels_of_an_image():
    image = Image(np.zeros((20, 30), np.uint8), "YX", "i")
    drawing = drawn(([square(-2, 3)], {"name": "a", "id": 3, "label": "k"}), ([square(9, 3)], {"id": 5}))
    labels, problems = drawing.labels(image, Act("hand", "x"))
    assert labels.objects["class"].to_dict()[3] == "k"
    assert labels.ids.tolist() == [3, 5]
    assert len(problems) == 1
    assert drawn().layers()[0].shape == (20, 30)


def test_a_file_that_would_fill_the_memory_is_refused(monkeypatch):
    monkeypatch.setattr("opsef_core.refine._drawing.MOST_PIXELS", 1000)
    whole = np.array([[0, 0], [30, 0], [30, 20], [0, 20]])
    with pytest.raises(BadLabels, match="cover the image many times over"):
        drawn(*[([whole], {})] * 5)


@pytest.mark.parametrize(
    ("pixels", "words"),
    [
        (np.zeros((3, 3), int), "keep the size"),
        (np.full((20, 30), -1), "no ids"),
        (np.full((20, 30), 0.5), "no ids"),
        (np.full((20, 30), np.nan), "no ids"),
        (np.full((20, 30), "a"), "no ids"),
    ],
)
def test_label_images_that_are_none(pixels, words):
    with pytest.raises(BadLabels, match=words):
        from_ids("f", SIZE, pixels, {})


def test_label_images_with_huge_numbers():
    pixels = np.zeros((20, 30), np.uint64)
    pixels[3, 3], pixels[5, 5] = 2**40, 7
    assert from_ids("f", SIZE, pixels, {}).ids == (7, 8)
