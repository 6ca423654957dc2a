import errno
from pathlib import Path

import numpy as np
import pytest
import torch
from toy import discs, pair

from opsef_core.adapt import StyleModel, learn_style
from opsef_core.adapt.style import _learn, card, model, train
from opsef_core.adapt.style.model import pieces
from opsef_core.adapt.style.nets import DESIGNS
from opsef_core.data import RGB, Image, Labels
from opsef_core.errors import BadLabels, BadParameter, BadRunFolder, DiskFull, MissingWeights, NothingToShow

TINY = {"design": "tiny", "object_px": 10, "progress": False}
CIRCLES = [(12, 12, 5), (12, 23, 5), (30, 40, 5), (40, 15, 5), (50, 50, 5)]


def pairs():
    return [pair(f"image {i}", discs((64, 64), *CIRCLES), seed=i) for i in range(2)]


def coloured():
    made = []
    for image, labels in pairs():
        x = np.stack([image.pixels, 255 - image.pixels, image.pixels // 2])
        made.append((Image(x, "CYX", image.name, channels=RGB), labels))
    return made


def weights(folder):
    return (folder / card.WEIGHTS).read_bytes()


@pytest.fixture(scope="module")
def learned(tmp_path_factory):
    """A style of a few seconds, with a higher rate than is usual."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train, "RATE", 2e-3)
        patch.setattr(train, "BLOCK_STEPS", 20)
        return learn_style(pairs(), tmp_path_factory.mktemp("style"), steps=60, **TINY)


def test_objects_are_painted_where_the_mask_says(learned):
    mask = Labels(discs((64, 64), (15, 45, 5), (45, 20, 5), (45, 31, 5)), "YX", "new")
    x = learned.paint(mask).pixels.astype(float)
    assert x[mask.pixels > 0].mean() > 2 * x[mask.pixels == 0].mean()


@pytest.mark.parametrize("shape", [(64, 64), (37, 51), (5, 3), (1, 1)])
def test_any_size_is_painted(learned, shape):
    labels = Labels(np.ones(shape, np.int32), "YX", "odd", spacing_um={"Y": 0.5, "X": 0.5})
    image = learned.paint(labels)
    assert image.pixels.shape == shape
    assert image.pixels.dtype == np.uint8
    assert (image.axes, image.name, image.spacing_um) == ("YX", "odd", labels.spacing_um)
    assert image.history[-1].name == "style"
    assert image.history[-1].weights == learned.card.sha256[:16]


def test_no_object_at_all_is_painted(learned):
    assert learned.paint(Labels(np.zeros((30, 30), np.int32), "YX", "empty")).pixels.max() < 150


def test_a_seed_paints_one_picture_and_another_seed_another(learned):
    mask = pairs()[0][1]
    one, again, other = (learned.paint(mask, seed=s) for s in (3, 3, 4))
    np.testing.assert_array_equal(one.pixels, again.pixels)
    assert (one.pixels != other.pixels).mean() > 0.1
    assert one.key == again.key != other.key


def test_another_size_is_painted_at_the_size_learned(learned):
    large = Labels(discs((100, 120), (50, 40, 20), (50, 85, 20)), "YX", "large")
    x = learned.paint(large, diameter_px=40).pixels.astype(float)
    assert x.shape == (100, 120)
    assert x[large.pixels > 0].mean() > 2 * x[large.pixels == 0].mean()


def test_labels_of_another_size_than_learned_are_warned_of(learned, caplog):
    learned.paint(Labels(discs((100, 120), (50, 40, 20)), "YX", "large"))
    assert "give their size as diameter_px" in caplog.text


def test_large_images_are_painted_in_pieces_without_seams(learned, monkeypatch):
    mask = Labels(discs((96, 96), *[(y, x, 5) for y in (20, 48, 76) for x in (20, 48, 76)]), "YX", "m")
    whole = learned.paint(mask).pixels
    monkeypatch.setattr(model, "PIECE_PX", 32)
    monkeypatch.setattr(model, "MARGIN_PX", 64)
    assert len(list(pieces((96, 96), 16))) == 9
    np.testing.assert_allclose(learned.paint(mask).pixels.astype(int), whole.astype(int), atol=1)


def test_a_loaded_style_paints_the_same(learned):
    mask = pairs()[0][1]
    again = StyleModel.load(learned.folder)
    np.testing.assert_array_equal(again.paint(mask, 5).pixels, learned.paint(mask, 5).pixels)
    assert again.object_px == 10
    assert again.curves.columns[0] == "step"


def test_what_is_saved_is_the_last_state_after_the_rate_came_down(learned):
    curves = learned.curves
    assert curves["step"].iloc[-1] == 60
    assert curves["learning_rate"].iloc[-1] == 0
    assert curves["learning_rate"].iloc[0] == 2e-3
    assert not (learned.folder / card.WORK).exists()


def test_the_rate_is_constant_then_falls_to_0():
    assert [train.learning_rate(d) / train.RATE for d in (0, 0.5, 0.75, 1)] == [1, 1, 0.5, 0]


@pytest.mark.parametrize(("tiles", "steps"), [(1, 4050), (100, 9000), (10_000, 10000)])
def test_steps_by_the_number_of_tiles(tiles, steps):
    assert train.recommended_steps(tiles, DESIGNS["light"]) == steps
    assert train.recommended_steps(tiles, DESIGNS["full"]) == np.ceil(steps / 8)  # four times the pixels, two a step


def test_resumed_equals_uninterrupted(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "BLOCK_STEPS", 3)
    learn_style(pairs(), tmp_path / "whole", steps=8, **TINY)
    step, calls = train.Training._step, []

    def killed(self, number, rate):
        calls.append(number)
        if len(calls) == 6:
            raise KeyboardInterrupt
        return step(self, number, rate)

    monkeypatch.setattr(train.Training, "_step", killed)
    with pytest.raises(KeyboardInterrupt):
        learn_style(pairs(), tmp_path / "cut", steps=8, **TINY)
    assert not (tmp_path / "cut" / card.CARD).exists()
    with pytest.raises(MissingWeights, match="call learn_style again"):
        StyleModel.load(tmp_path / "cut")
    learn_style(pairs(), tmp_path / "cut", steps=8, **TINY)
    assert calls == [0, 1, 2, 3, 4, 5, 3, 4, 5, 6, 7]
    assert weights(tmp_path / "cut") == weights(tmp_path / "whole")


def test_a_kill_before_the_card_leaves_no_style(tmp_path, monkeypatch):
    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(_learn, "write_card", killed)
    with pytest.raises(KeyboardInterrupt):
        learn_style(pairs(), tmp_path / "s", steps=1, **TINY)
    assert (tmp_path / "s" / card.WEIGHTS).exists()
    with pytest.raises(MissingWeights):
        StyleModel.load(tmp_path / "s")
    monkeypatch.undo()
    assert learn_style(pairs(), tmp_path / "s", steps=1, **TINY).card.training["steps_done"] == 1


def test_a_finished_style_is_only_loaded_and_another_one_refused(tmp_path, monkeypatch):
    learn_style(pairs(), tmp_path / "s", steps=1, **TINY)
    monkeypatch.setattr(train.Training, "_step", None)
    assert learn_style(pairs(), tmp_path / "s", steps=1, **TINY).folder == tmp_path / "s"
    with pytest.raises(BadRunFolder, match="differs in seed, steps"):
        learn_style(pairs(), tmp_path / "s", steps=2, seed=1, **TINY)


def test_two_trainings_with_one_seed_are_equal(tmp_path):
    for name in "ab":
        learn_style(pairs(), tmp_path / name, steps=2, **TINY)
    assert weights(tmp_path / "a") == weights(tmp_path / "b")


def test_on_a_cpu_a_style_is_learned_for_half_an_hour_at_most(tmp_path, monkeypatch):
    asked = []

    def run(self, steps, hours, bar):
        asked.append((steps, hours))
        raise NothingToShow("enough")

    monkeypatch.setattr(train.Training, "run", run)
    given = {key: value for key, value in TINY.items() if key not in ("steps", "hours")}
    for number, (what, options) in enumerate(
        [(pairs(), {}), ({"a": pairs(), "b": pairs()}, {}), (pairs(), {"steps": 7}), (pairs(), {"hours": 2})]
    ):
        with pytest.raises(NothingToShow, match="enough"):
            learn_style(what, tmp_path / str(number), **given, **options)
    assert [hours for _, hours in asked] == [0.5, 1.0, None, 2]


def test_hours_end_the_training(tmp_path):
    made = learn_style(pairs(), tmp_path / "s", steps=10_000, hours=1e-5, **TINY)
    assert 1 <= made.card.training["steps_done"] < 100
    assert made.curves["learning_rate"].iloc[-1] == 0


def test_colours_are_painted_in_colours(tmp_path):
    made = learn_style(coloured(), tmp_path / "s", steps=1, **TINY)
    image = made.paint(pairs()[0][1])
    assert image.axes == "CYX"
    assert image.is_rgb
    assert image.pixels.shape == (3, 64, 64)


def test_several_styles_in_one_painter(tmp_path):
    made = learn_style({"grey": pairs(), "colour": coloured()}, tmp_path / "s", steps=2, **TINY)
    mask = pairs()[0][1]
    assert made.styles == ("grey", "colour")
    assert made.paint(mask, style="grey").axes == "YX"
    assert made.paint(mask, style="colour").axes == "CYX"
    with pytest.raises(BadParameter, match="choose one of grey, colour"):
        made.paint(mask)


def test_each_style_of_one_painter_is_painted_as_it_was_learned(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "RATE", 2e-3)
    dark = [(Image(200 - image.pixels, "YX", image.name), labels) for image, labels in pairs()]
    made = learn_style({"bright": pairs(), "dark": dark}, tmp_path / "s", steps=60, **TINY)
    mask = Labels(discs((64, 64), (15, 45, 5), (45, 20, 5)), "YX", "new")
    for style, sign in (("bright", 1), ("dark", -1)):
        x = made.paint(mask, style=style).pixels.astype(float)
        assert sign * (x[mask.pixels > 0].mean() - x[mask.pixels == 0].mean()) > 60
    tints = np.array([[-0.8, 0], [0.8, 0], [0.8, 0]], np.float32)
    one, other = (made._painted(mask.pixels, tints, number, 0) for number in (0, 1))
    assert np.abs(one - other).mean() > 0.01  # not by their tints alone


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_style_learned_on_a_gpu_paints_without_one(tmp_path):
    made = learn_style(pairs(), tmp_path / "s", steps=2, device="cuda", **TINY)
    assert made.card.training["device"] == "cuda"
    here = StyleModel.load(made.folder)
    mask = pairs()[0][1]
    np.testing.assert_allclose(here.paint(mask).pixels.astype(int), made.paint(mask).pixels.astype(int), atol=3)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"object_px": 1}, "object_px is 1"),
        ({"steps": 0}, "steps is 0"),
        ({"hours": 0}, "hours is 0"),
        ({"device": "abacus"}, "no device 'abacus'"),
        ({"design": "huge"}, "no design 'huge'"),
    ],
)
def test_impossible_parameters_are_said(tmp_path, how, words):
    with pytest.raises(BadParameter, match=words):
        learn_style(pairs(), tmp_path / "s", **{**TINY, **how})


def test_no_pair_is_said(tmp_path):
    with pytest.raises(NothingToShow, match="No pair"):
        learn_style([], tmp_path / "s", **TINY)


def test_a_folder_with_something_else_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(BadRunFolder, match=r"thesis\.txt"):
        learn_style(pairs(), tmp_path, **TINY)


def test_a_full_disk_is_said(tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull):
        learn_style(pairs(), tmp_path / "s", steps=1, **TINY)


def test_a_broken_checkpoint_and_damaged_weights_are_said(tmp_path):
    made = learn_style(pairs(), tmp_path / "s", steps=1, **TINY)
    (made.folder / card.WEIGHTS).write_bytes(b"broken")
    with pytest.raises(MissingWeights, match="damaged"):
        StyleModel.load(made.folder)
    work = tmp_path / "t" / card.WORK
    work.mkdir(parents=True)
    (work / train.CHECKPOINT).write_bytes(b"broken")
    with pytest.raises(BadRunFolder, match="cannot be read"):
        learn_style(pairs(), tmp_path / "t", steps=1, **TINY)


def test_a_stack_is_not_painted(learned):
    with pytest.raises(BadLabels, match="ZYX"):
        learned.paint(Labels(np.ones((2, 9, 9), int), "ZYX", "stack"))


def test_a_folder_without_style_is_said(tmp_path):
    with pytest.raises(MissingWeights, match="holds no style"):
        StyleModel.load(tmp_path)
    (tmp_path / card.CARD).write_text("format: [")
    with pytest.raises(BadRunFolder, match="no card of a style"):
        StyleModel.load(tmp_path)
