"""Adaptation that is stopped, or runs out of disk: it goes on, comes to the same, and nothing half-done is a result."""

import errno
from pathlib import Path

import pandas as pd
import pytest
from level_family import RIGHT, LevelTrainer
from perfect_painter import FEW, POOR, images

from opsef_core.adapt import StyleModel
from opsef_core.adapt.style import nets
from opsef_core.adapt.style import train as painting
from opsef_core.data import Image
from opsef_core.errors import BadRunFolder, DiskFull, MissingWeights
from opsef_core.run import adapt
from opsef_core.run.adaptation import adapting

SMALL = {**FEW, "masks_a_style": 3, "mask_px": 64, "style_steps": 4, "styles": 2, "least_found": 0.0, "from_bank": 1.0}


@pytest.fixture(autouse=True)
def small_painter(monkeypatch, no_pictures):
    """A painter that learns in no time, with a checkpoint every second step."""
    monkeypatch.setitem(nets.DESIGNS, "light", nets.DESIGNS["tiny"])
    monkeypatch.setattr(painting, "BLOCK_STEPS", 2)


@pytest.fixture
def two_kinds(new):
    """Images of two styles."""
    return [*images(new)[:2], *(Image(255 - i.pixels, "YX", f"dark {i.name}") for i in images(new)[2:])]


def stopping(monkeypatch, owner, name, after):
    """The function is interrupted when it is called so many times more; returns how to let it be."""
    whole, calls = getattr(owner, name), []

    def stopped(*args, **options):
        calls.append(name)
        if len(calls) > after:
            raise KeyboardInterrupt
        return whole(*args, **options)

    monkeypatch.setattr(owner, name, stopped)
    return lambda: monkeypatch.setattr(owner, name, whole)


def test_stopped_anywhere_it_goes_on_and_comes_to_the_same(two_kinds, old, level, tmp_path, monkeypatch):
    start = level.start(POOR)
    level.learns(RIGHT)

    def go(name):
        return adapt(two_kinds, start, tmp_path / name, annotated=old, **SMALL)

    whole = go("whole")
    assert len(whole.styles) == 2
    trained = list(level.blocks)
    cut = tmp_path / "cut"
    steps = []
    step = painting.Training._step
    monkeypatch.setattr(painting.Training, "_step", lambda *a: steps.append(a[1]) or step(*a))
    places = [
        (painting.Training, "_step", 3, "style-01/painter/training", "style-01/painter/style.yml"),
        (painting.Training, "__init__", 1, "style-01/gate.csv", "style-02/painter/style.yml"),
        (painting.Training, "_step", 3, "style-02/painter/training", "style-02/painter/style.yml"),
        (LevelTrainer, "block", 1, "model/training", "before_after.csv"),
        (adapting, "keep", 0, "model/model.yml", "before_after.csv"),
    ]
    level.blocks.clear()
    for owner, name, after, there, not_yet in places:
        let_be = stopping(monkeypatch, owner, name, after)
        with pytest.raises(KeyboardInterrupt):
            go("cut")
        let_be()
        assert (cut / there).exists(), there
        assert not (cut / not_yet).exists(), not_yet
        if not_yet.endswith("style.yml"):
            with pytest.raises(MissingWeights):
                StyleModel.load((cut / not_yet).parent)
    made = go("cut")
    assert steps == [0, 1, 2, 2, 3, 0, 1, 2, 2, 3]  # steps after the last checkpoint are taken again, no others
    assert level.blocks == trained
    pd.testing.assert_frame_equal(made.before_after, whole.before_after)
    for one, other in zip(made.styles, whole.styles, strict=True):
        pd.testing.assert_frame_equal(one.gate, other.gate)
    for file in ("style-02/painter/painter.safetensors", "model/level.json", "images.csv"):
        assert (cut / file).read_bytes() == (tmp_path / "whole" / file).read_bytes()


def test_another_painter_in_its_place_is_not_passed_over(two_kinds, old, level, tmp_path):
    start = level.start(POOR)
    adapt(two_kinds, start, tmp_path / "a", annotated=old, **SMALL)
    card = tmp_path / "a" / "style-02" / "painter" / "style.yml"
    card.write_text(card.read_text().replace("seed: 0", "seed: 9"))
    with pytest.raises(BadRunFolder, match=r"painter holds another style, style-02: it differs in seed"):
        adapt(two_kinds, start, tmp_path / "a", annotated=old, **SMALL)


@pytest.mark.parametrize("part", ["painter", "model"])
def test_a_full_disk_is_said_in_words_and_it_goes_on_when_there_is_room(
    part, two_kinds, old, level, tmp_path, monkeypatch
):
    start = level.start(POOR)
    level.learns(RIGHT)
    write = Path.write_bytes

    def full(self, content):
        if part in self.relative_to(tmp_path).parts and "a" in self.relative_to(tmp_path).parts:
            write(self, content[: len(content) // 2])
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(self, content)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.raises(DiskFull, match="disk is full"):
            adapt(two_kinds, start, tmp_path / "a", annotated=old, **SMALL)
    assert not list((tmp_path / "a").rglob("*.part"))
    assert not list((tmp_path / "a").rglob("model.yml"))
    assert adapt(two_kinds, start, tmp_path / "a", annotated=old, **SMALL).fit.scores is not None
