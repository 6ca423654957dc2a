"""Interrupted, gone on with, damaged: a training is one chain of blocks, whatever happens between two of them."""

import json
import logging

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file, save_file

from opsef_core.errors import BadRunFolder
from opsef_core.models import fit
from opsef_core.models._card import read_card
from opsef_core.models._fit import _job

QUICK = {"score_every": 2, "progress": False}


@pytest.fixture
def stops(level, monkeypatch):
    """Interrupt the training in its n-th block (once)."""

    def at(number):
        real, calls = level.trainer.block, []

        def block(self, *args):
            calls.append(1)
            if len(calls) == number:
                raise KeyboardInterrupt
            return real(self, *args)

        monkeypatch.setattr(level.trainer, "block", block)

    return at


def state(folder):
    return load_file(folder / "training" / "checkpoint.safetensors")


def progress(folder):
    from safetensors import safe_open

    with safe_open(folder / "training" / "checkpoint.safetensors", "np") as file:
        return json.loads(file.metadata()["progress"])


def test_an_interrupted_training_goes_on_where_it_was(level, pairs, tmp_path, stops, caplog):
    level.learns(level.BLIND, level.RIGHT, level.SWAMPED, 500.0)
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    stops(4)
    with pytest.raises(KeyboardInterrupt):
        fit(start, pairs, folder, steps=8, **QUICK)
    assert level.blocks == [(0, 2), (2, 2), (4, 2)]
    assert progress(folder)["step"] == 6
    level.blocks.clear()
    with caplog.at_level(logging.INFO, "opsef_core"):
        made = fit(start, pairs, folder, steps=8, **QUICK)
    assert level.blocks == [(6, 2)]
    assert "going on at step 6 of 8 (best so far 1.0000)" in caplog.text
    assert made.curves["step"].tolist() == [2, 4, 6, 8]
    assert made.fitted.ready()._level == level.RIGHT


def test_the_time_already_used_counts(level, pairs, tmp_path):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    fit(start, pairs, folder, steps=2, **QUICK)
    told = progress(folder) | {"seconds": 3600.0}
    save_file(state(folder), folder / "training" / "checkpoint.safetensors", {"progress": json.dumps(told)})
    level.blocks.clear()
    fit(start, pairs, folder, steps=100, hours=1, **QUICK)
    assert level.blocks == []
    assert read_card(folder).training["hours"] == 1.0
    fit(start, pairs, folder, steps=4, hours=2, **QUICK)
    assert level.blocks == [(2, 2)]


def test_a_finished_training_is_only_scored_again(level, pairs, tmp_path):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    first = fit(start, pairs, folder, steps=4, **QUICK)
    level.blocks.clear()
    again = fit(start, pairs, folder, steps=4, **QUICK)
    assert level.blocks == []
    assert again.scores.equals(first.scores)
    assert again.curves["score"].tolist() == first.curves["score"].tolist()


def test_more_steps_go_on(level, pairs, tmp_path):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    level.learns(level.BLIND, level.BLIND, level.RIGHT)
    assert not fit(start, pairs, folder, steps=4, **QUICK).better
    made = fit(start, pairs, folder, steps=6, **QUICK)
    assert made.better
    assert made.curves["step"].tolist() == [2, 4, 6]
    assert read_card(folder).training["steps"] == 6


@pytest.mark.parametrize(
    ("change", "differs"),
    [({"seed": 5}, "examples, seed"), ({"scratch": True}, "start"), ({"pairs": 4}, "examples")],
    ids=str,
)
def test_another_training_is_not_mixed_with_it(level, pairs, tmp_path, change, differs):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    fit(start, pairs, folder, steps=2, **QUICK)
    before = (folder / "training" / "checkpoint.safetensors").read_bytes()
    given = pairs[: change.pop("pairs", 5)]
    with pytest.raises(BadRunFolder) as error:
        fit(start, given, folder, steps=2, **change, **QUICK)
    assert str(error.value) == (
        f"{folder / 'training'} holds another training: it differs in {differs}. "
        "Give another folder, or delete this one."
    )
    assert (folder / "training" / "checkpoint.safetensors").read_bytes() == before


@pytest.mark.parametrize("damage", ["short", "empty", "words", "no progress", "unknown field"])
def test_a_broken_checkpoint_in_words(level, pairs, tmp_path, damage):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    fit(start, pairs, folder, steps=2, **QUICK)
    file = folder / "training" / "checkpoint.safetensors"
    if damage == "no progress":
        save_file(state(folder), file)
    elif damage == "unknown field":
        save_file(state(folder), file, {"progress": '{"same": {}, "colour": 1}'})
    else:
        file.write_bytes({"short": file.read_bytes()[:-3], "empty": b"", "words": b"not a checkpoint"}[damage])
    with pytest.raises(BadRunFolder) as error:
        fit(start, pairs, folder, steps=4, **QUICK)
    assert str(error.value).startswith(f"{file} cannot be read (")
    assert str(error.value).endswith(f"). Delete {folder / 'training'} to begin the training anew.")


def test_a_checkpoint_of_another_network_in_words(level, pairs, tmp_path):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    fit(start, pairs, folder, steps=2, **QUICK)
    told = {"progress": json.dumps(progress(folder))}
    save_file({"other": np.zeros(2)}, folder / "training" / "checkpoint.safetensors", told)
    with pytest.raises(BadRunFolder) as error:
        fit(start, pairs, folder, steps=4, **QUICK)
    assert str(error.value) == (
        f"The training in {folder / 'training'} is of another version of the network ('level'). "
        f"Give another folder, or delete {folder / 'training'} to begin anew."
    )


def test_killed_while_the_best_was_put_in_place(level, pairs, tmp_path, caplog):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    fit(start, pairs, folder, steps=4, **QUICK)
    (folder / "level.json").write_text("-1.0")  # the card is of the file before
    made = fit(start, pairs, folder, steps=6, **QUICK)
    assert f"The best model so far is missing or damaged in {folder}; the best from now on is kept." in caplog.text
    assert made.fitted.ready()._level == level.RIGHT
    assert read_card(folder).training["best_step"] == 6
    (folder / "model.yml").unlink()
    made = fit(start, pairs, folder, steps=6, **QUICK)  # no step is left: what there is, is the last one
    assert made.fitted.ready()._level == level.RIGHT


def test_killed_before_the_first_checkpoint(level, pairs, tmp_path, monkeypatch):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    real = _job.Progress.save
    monkeypatch.setattr(_job.Progress, "save", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        fit(start, pairs, folder, steps=4, **QUICK)
    monkeypatch.setattr(_job.Progress, "save", real)
    assert fit(start, pairs, folder, steps=4, **QUICK).curves["step"].tolist() == [2, 4]


def test_killed_in_its_last_touches_leaves_a_whole_model(level, pairs, tmp_path, monkeypatch):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"

    def touched(self, folder):
        (folder / "notes.json").write_text('{"touched": true}')
        raise KeyboardInterrupt

    monkeypatch.setattr(level.trainer, "finish", touched)
    with pytest.raises(KeyboardInterrupt):
        fit(start, pairs, folder, steps=4, **QUICK)
    assert (folder / "notes.json").read_text() == "{}"
    assert type(start)(pretrained=str(folder)).ready()._level == level.RIGHT
    monkeypatch.undo()


def test_last_touches_are_part_of_the_model(level, pairs, tmp_path, monkeypatch):
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    monkeypatch.setattr(level.trainer, "finish", lambda self, f: (f / "notes.json").write_text('{"touched": true}'))
    made = fit(start, pairs, folder, steps=4, **QUICK)
    assert (folder / "notes.json").read_text() == '{"touched": true}'
    assert made.fitted.ready()._level == level.RIGHT
    assert type(start)(pretrained=str(folder)).ready()._level == level.RIGHT


def test_before_the_first_look_the_curves_are_an_empty_table(level, pairs, tmp_path, stops):
    stops(2)
    with pytest.raises(KeyboardInterrupt):
        fit(level.start(level.BLIND), pairs, tmp_path / "fitted", steps=10, score_every=10, progress=False)
    table = pd.read_csv(tmp_path / "fitted" / "training" / "curves.csv")
    assert table.columns.tolist() == ["step", "loss", "score", "learning_rate", "seconds"]
    assert table.empty


def test_a_training_that_goes_astray_ends_with_the_best_so_far(level, pairs, tmp_path, caplog):
    level.learns(level.RIGHT, float("nan"))
    start, folder = level.start(level.BLIND), tmp_path / "fitted"
    made = fit(start, pairs, folder, steps=100, **QUICK)
    assert level.blocks == [(0, 2), (2, 2)]
    assert "By step 4 the training went astray: its loss is no number any more." in caplog.text
    assert made.fitted.ready()._level == level.RIGHT
    assert made.better
    assert np.isnan(made.curves["loss"].iloc[-1])


def test_one_that_goes_astray_at_once_loses(level, pairs, tmp_path):
    level.learns(float("nan"))
    start = level.start(level.RIGHT)
    made = fit(start, pairs, tmp_path / "fitted", steps=100, **QUICK)
    assert made.model is start
    assert "The fit lost, so the start model stays in use." in repr(made)
