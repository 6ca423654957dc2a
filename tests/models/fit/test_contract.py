"""What every family that can be trained must do. A new trainer is tested by being there."""

import shutil
import sys

import numpy as np
import pandas as pd
import pytest
import toy
from safetensors.numpy import load_file

from opsef_core.data import RGB, Image
from opsef_core.errors import BadLabels, BadRunFolder, MissingWeights
from opsef_core.models import MODELS, Example, Segmenter, fit, model
from opsef_core.models._card import read_card
from opsef_core.models._fit._progress import Progress

TRAINED_HERE = {"cellpose": "cellpose_file", "stardist": "stardist_folder"}  # fixtures with tiny weights to start from
QUICK = {"steps": 6, "score_every": 4, "progress": False, "device": "cpu", "learning_rate": 1e-3}
CROP_PX = 64


def trains(name):
    return MODELS.get(name).trainer is not Segmenter.trainer


def trainer_of(some):
    """The class behind what makes its trainer."""
    made = some.trainer()
    return getattr(made, "func", made)


@pytest.fixture(scope="module", params=[n for n in MODELS.names() if trains(n)])
def start(request):
    """A model of the family to start from; its trainer takes small crops and short blocks."""
    name = request.param
    if missing := [need.module for need in MODELS.get(name).needs if not need.installed]:
        pytest.skip(f"{name} needs {', '.join(missing)}")
    own = {"pretrained": str(request.getfixturevalue(TRAINED_HERE[name]))} if name in TRAINED_HERE else {}
    with pytest.MonkeyPatch.context() as patch:
        trainer = trainer_of(model(name, **own))
        patch.setattr(trainer, "crop_px", CROP_PX)
        patch.setattr(trainer, "block_steps", 2)
        patch.setattr(trainer, "batch", 2)
        if name == "cellpose":  # its size model is trained on large crops
            patch.setattr(sys.modules[trainer.__module__], "SIZE_CROP_PX", CROP_PX)
        yield model(name, **own)


@pytest.fixture(scope="module")
def whole(start, pairs, tmp_path_factory):
    """A fit in one go; beside its folder, the folder as a kill after the second block would leave it."""
    folder, real, calls = tmp_path_factory.mktemp(start.name) / "whole", Progress.save, []

    def keeps_a_copy(self, place, state):
        real(self, place, state)
        calls.append(self.step)
        if len(calls) == 2:
            shutil.copytree(folder, folder.with_name("killed"))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Progress, "save", keeps_a_copy)
        return fit(start, pairs, folder, seed=5, **QUICK)


def tensors(folder):
    return load_file(folder / "training" / "checkpoint.safetensors")


def test_the_folder_is_a_model_that_loads_and_runs(start, whole, pairs):
    fitted = model(start.name, pretrained=str(whole.folder))
    image, _ = pairs[0]
    labels = fitted(image)
    assert labels.pixels.shape == image.array().shape
    assert np.array_equal(labels.pixels, whole.fitted(image).pixels)
    assert fitted.weights_checksum == whole.fitted.weights_checksum != start.weights_checksum
    assert fitted.trained_on >= {i.fingerprint for i, _ in pairs if i.name not in whole.scores.index}


def test_killed_and_gone_on_with_it_ends_where_one_in_a_single_go_does(start, whole, pairs, monkeypatch):
    folder, trainer, firsts = whole.folder.with_name("parts"), trainer_of(start), []
    real = trainer.block
    shutil.copytree(whole.folder.with_name("killed"), folder)
    monkeypatch.setattr(
        trainer, "block", lambda self, first, *rest: (firsts.append(first), real(self, first, *rest))[1]
    )
    made = fit(start, pairs, folder, seed=5, **QUICK)
    assert firsts == [4]
    ours, theirs = tensors(folder), tensors(whole.folder)
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert np.allclose(ours[name], theirs[name], atol=1e-6, rtol=0), name
    assert made.curves["score"].tolist() == whole.curves["score"].tolist()
    assert made.scores.equals(whole.scores)


def test_the_training_changed_the_network(whole):
    before, after = tensors(whole.folder.with_name("killed")), tensors(whole.folder)
    assert all(np.isfinite(values).all() for values in after.values())
    assert max(np.abs(after[name] - before[name]).max() for name in after if after[name].dtype.kind == "f") > 1e-4


def test_the_card_and_the_curves(whole, start):
    card = read_card(whole.folder)
    assert card.family == start.name
    assert card.architecture
    assert {"object_diameter_px", "channels", "normalisation"} <= set(card.input)
    assert card.training["started_from"] == start.weights_checksum
    assert (card.training["steps"], card.training["seed"], card.training["batch"]) == (6, 5, 2)
    assert card.training["best_step"] in (4, 6)
    assert card.scores["fitted_dsb_score"] == round(whole.scores["fitted_dsb_score"].mean(), 4)
    table = pd.read_csv(whole.folder / "training" / "curves.csv")
    assert table["step"].tolist() == [4, 6]
    assert np.isfinite(table["loss"]).all()
    assert (whole.folder / "training" / "curves.png").is_file()
    assert not list(whole.folder.rglob("*.part"))


def test_every_file_is_verified_when_it_is_loaded(whole, start):
    card = read_card(whole.folder)
    for name in (card.weights, *card.files):
        file = whole.folder / name
        content = file.read_bytes()
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(MissingWeights, match="is damaged"):
            model(start.name, pretrained=str(whole.folder)).ready()
        file.write_bytes(content)


def test_another_training_in_the_folder(whole, start, pairs):
    with pytest.raises(BadRunFolder, match=r"holds another training: it differs in examples, seed\. Give another"):
        fit(start, pairs, whole.folder, seed=6, **QUICK)


def mixed():
    """Colour, grey in one channel, 16 bits, no object, smaller than a crop, ids beyond 16 bits."""
    image, truth = toy.many_discs("grey", shape=(96, 96))
    x = image.array()
    pixels = {
        "colour": (np.stack([x, x // 2, 255 - x]), "CYX", RGB),
        "one_channel": (x[None], "CYX", ()),
        "deep": (x.astype(np.uint16) * 257, "YX", ()),
        "real": (x / 255, "YX", ()),
    }
    made = [Example(Image(p, axes, name, channels=c), truth) for name, (p, axes, c) in pixels.items()]
    large = truth.then(truth.history[-1], np.where(truth.pixels > 0, truth.pixels + 2**24, 0))
    return [*made, Example(image, large), Example(*toy.empty(), share=0.5), Example(*toy.one_disc())]


def test_from_scratch_on_images_of_every_kind(start, tmp_path):
    made = fit(type(start)(), mixed(), tmp_path / "fitted", scratch=True, **(QUICK | {"steps": 4}))
    assert made.start is None
    assert read_card(made.folder).training["started_from"] == "random"
    assert made.scores["n_true"].min() > 0
    assert model(start.name, pretrained=str(made.folder))(toy.empty()[0]).pixels.shape == (48, 56)


def test_much_too_large_a_learning_rate_loses_and_the_start_stays(start, pairs, tmp_path, caplog):
    validation = pairs[:1]
    before = start(pairs[0][0])
    made = fit(
        start, pairs[1:], tmp_path / "fitted", validation=validation, **(QUICK | {"steps": 4, "learning_rate": 1e6})
    )
    assert not made.better
    assert made.model is start
    assert "so the start model stays in use." in caplog.text
    assert np.array_equal(start(pairs[0][0]).pixels, before.pixels)


def test_masks_are_refused(start, pairs, tmp_path):
    masks = [(i, t.then(t.history[-1], np.minimum(t.pixels, 1))) for i, t in pairs]
    with pytest.raises(BadLabels, match="The labels look like masks"):
        start.fit(masks, tmp_path / "fitted")
    assert not (tmp_path / "fitted").exists()
