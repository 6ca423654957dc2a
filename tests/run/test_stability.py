"""The same sweep on images that were changed a little."""

import numpy as np
import pytest
import toy

from opsef_core import model
from opsef_core.choices import either
from opsef_core.data import Image
from opsef_core.errors import NothingToShow, UnknownName
from opsef_core.run import Run
from opsef_core.run.stability import CHANGES


def a_run(folder, *models):
    images = [toy.many_discs(name=f"discs_{n}", seed=n, shape=(90, 130))[0] for n in range(2)]
    run = Run(folder, images, models=[*models])
    run.go(progress=False)
    return run


@pytest.mark.parametrize("name", ["mirrored", "turned"])
def test_labels_of_a_view_come_back_exactly(name):
    ids = np.arange(35).reshape(5, 7)
    change = CHANGES[name]
    assert np.array_equal(change.back(change.there(ids), ids.shape), ids)


def test_a_smaller_image_keeps_type_and_range_and_its_labels_come_back_about():
    image, truth = toy.many_discs(shape=(90, 131))
    change = CHANGES["smaller"]
    pixels = image.array()
    small = change.there(pixels)
    assert small.dtype == pixels.dtype
    assert small.shape == (72, 105)
    assert small.max() <= pixels.max()
    colour = np.stack([pixels] * 3)
    assert change.there(colour).shape == (3, 72, 105)
    labels = truth.pixels
    again = change.back(change.back(labels, (72, 105)), labels.shape)
    assert (again == labels).mean() > 0.95


def test_what_sees_no_direction_is_steady(tmp_path):
    table = a_run(tmp_path, model("threshold")).stability(progress=False)
    assert list(table.columns) == ["image", "grid_point", "mirrored", "turned", "smaller", "stability"]
    assert len(table) == 2
    assert table[["mirrored", "turned"]].to_numpy().min() > 0.95
    assert 0.3 < table["smaller"].min() <= 1
    assert table["stability"].to_numpy() == pytest.approx(table[["mirrored", "turned", "smaller"]].mean(axis=1))


def test_what_sees_a_direction_is_not(tmp_path):
    run = a_run(tmp_path, *model("half", side=either("left", "top")))
    table = run.stability(["mirrored"], progress=False).set_index("grid_point")["stability"]
    means = table.groupby(level=0).mean()
    assert means["raw -> half(side=top)"] > 0.9
    assert means["raw -> half"] < 0.5


def test_some_images_and_a_second_time(tmp_path):
    run = a_run(tmp_path, model("threshold"))
    first = run.stability(["turned"], ["discs_1"], progress=False)
    assert first["image"].tolist() == ["discs_1"]
    assert run.stability(["turned"], ["discs_1"], progress=False).equals(first)


def test_mistakes_are_answered_in_words(tmp_path):
    run = a_run(tmp_path / "run", model("threshold"))
    with pytest.raises(UnknownName, match="mirrored"):
        run.stability(["miror"])
    with pytest.raises(UnknownName, match="discs_0"):
        run.stability(images=["disc_0"])
    idle = Run(tmp_path / "idle", [toy.one_disc()[0]], models=[model("threshold")])
    with pytest.raises(NothingToShow, match=r"run\.go"):
        idle.stability()
    stack = Image(np.zeros((2, 8, 8), np.uint8), "ZYX", "stack")
    deep = Run(tmp_path / "deep", [stack], models=[model("threshold")])
    deep.go(progress=False)
    with pytest.raises(NothingToShow, match="planes only"):
        deep.stability(progress=False)
