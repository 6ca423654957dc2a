import logging

import numpy as np
import pandas as pd
import pytest
import toy

import opsef_core as opsef
from opsef_core.data import Act, Image, Labels
from opsef_core.errors import BadParameter, BadRunFolder, MissingPackage, MissingWeights
from opsef_core.models import Example, Fit, fit, model
from opsef_core.models._card import find_card, read_card
from opsef_core.registry import Need

QUICK = {"steps": 6, "score_every": 2, "progress": False}


def checkpoint(folder):
    return folder / "training" / "checkpoint.safetensors"


def test_a_fit_that_won_is_used_and_says_so(level, pairs, tmp_path, caplog):
    start = level.start(level.BLIND)
    with caplog.at_level(logging.INFO, "opsef_core"):
        made = opsef.fit(start, pairs, tmp_path / "fitted", **QUICK)
    assert made.better
    assert made.model is made.fitted
    assert made.start is start
    assert made.scores["start_dsb_score"].tolist() == [0.0]
    assert made.scores["fitted_dsb_score"].tolist() == [1.0]
    assert made.scores["start_n"].tolist() == [0]
    said = (
        "level, judged on 1 held-out image: DSB-score 0.000 before, 1.000 after the fit (+1.000, better on 1). "
        f"The fitted model is used. Folder: {tmp_path / 'fitted'}"
    )
    assert repr(made) == said
    assert said in caplog.text


def test_a_fit_that_lost_says_so_and_gives_back_the_start(level, pairs, tmp_path, caplog):
    level.learns(level.SWAMPED)
    start = level.start(level.RIGHT)
    made = fit(start, pairs, tmp_path / "fitted", **QUICK)
    assert not made.better
    assert made.model is start
    assert repr(made) == (
        "level, judged on 1 held-out image: DSB-score 1.000 before, 0.000 after the fit (-1.000, better on 0). "
        "The fit lost, so the start model stays in use. More annotated images, fewer steps or a lower learning rate "
        f"may help. Folder: {tmp_path / 'fitted'}"
    )
    assert [r.message for r in caplog.records if r.levelno == logging.WARNING] == [repr(made)]
    assert start.fit(pairs, tmp_path / "fitted", **QUICK) is start


def test_equal_scores_keep_the_start(level, pairs, tmp_path):
    start = level.start(level.RIGHT)
    made = fit(start, pairs, tmp_path / "fitted", **QUICK)
    assert made.model is start
    assert "1.000 before, 1.000 after the fit (+0.000, better on 0). The fit is no better, so the start" in repr(made)


def test_a_fitted_model_that_finds_nothing_says_so(level, pairs, tmp_path):
    level.learns(level.BLIND)
    made = fit(level.start(level.RIGHT), pairs, tmp_path / "fitted", **QUICK)
    assert "It finds nothing in 1 of 1 images with objects." in repr(made)
    from_scratch = fit(level.start(level.RIGHT, "b"), pairs, tmp_path / "scratch", scratch=True, **QUICK)
    assert not from_scratch.better
    assert from_scratch.model is from_scratch.fitted  # there is no other
    assert repr(from_scratch) == (
        "level, judged on 1 held-out image: DSB-score 0.000, from random weights. It finds nothing in 1 of 1 images "
        f"with objects. Folder: {tmp_path / 'scratch'}"
    )


def test_the_best_is_kept_not_the_last(level, pairs, tmp_path):
    level.learns(level.BLIND, level.RIGHT, level.SWAMPED)
    made = fit(level.start(level.BLIND), pairs, tmp_path / "fitted", **QUICK)
    assert made.fitted.ready()._level == level.RIGHT
    assert made.curves["score"].tolist() == [0.0, 1.0, 0.0]
    assert made.curves["step"].tolist() == [2, 4, 6]
    assert made.curves["loss"].tolist() == [899.0, 0.0, 1099.0]
    assert read_card(tmp_path / "fitted").training["best_step"] == 4
    assert read_card(tmp_path / "fitted").training["steps"] == 6


def test_of_equal_looks_the_first_is_kept(level, pairs, tmp_path):
    fit(level.start(level.BLIND), pairs, tmp_path / "fitted", **QUICK)
    assert read_card(tmp_path / "fitted").training["best_step"] == 2


def test_curves_are_written_as_table_and_picture(level, pictures, pairs, tmp_path):
    made = fit(level.start(level.BLIND), pairs, tmp_path / "fitted", **QUICK)
    table = pd.read_csv(tmp_path / "fitted" / "training" / "curves.csv")
    assert table.columns.tolist() == ["step", "loss", "score", "learning_rate", "seconds"]
    assert np.allclose(table, made.curves, rtol=1e-4)
    assert (tmp_path / "fitted" / "training" / "curves.png").read_bytes()[:4] == b"\x89PNG"


def test_the_users_parameters_stay(level, pairs, tmp_path):
    start = level.start(level.BLIND).model_copy(update={"min_area_px": 7})
    assert start.fit(pairs, tmp_path / "fitted", **QUICK).min_area_px == 7


def test_the_folder_is_named_by_the_examples_and_may_be_relative(level, pairs, tmp_path, monkeypatch):
    start = level.start(level.BLIND)
    monkeypatch.chdir(tmp_path)
    made = fit(start, pairs, **QUICK)
    assert made.folder.parts[0] == "models"
    assert made.folder.name.startswith("level-")
    assert len(made.folder.name) == len("level-") + 8
    assert fit(start, pairs, "here", **QUICK).fitted.pretrained == "./here"
    assert find_card("level", "./here")[1].is_dir()


def test_a_home_folder_is_meant_as_such(level, pairs, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    made = fit(level.start(level.BLIND), pairs, "~/mine", **QUICK)
    assert made.folder == tmp_path / "mine"
    assert made.fitted.ready()._level == level.RIGHT


def test_validation_images_judge_and_are_never_trained_on(level, pairs, tmp_path):
    others = [toy.many_discs(f"other_{i}", seed=40 + i, shape=(64, 90)) for i in range(3)]
    made = fit(level.start(level.BLIND), pairs, tmp_path / "fitted", validation=(pair for pair in others), **QUICK)
    assert made.scores.index.tolist() == ["other_0", "other_1", "other_2"]
    assert made.scores["n_true"].tolist() == [t.count for _, t in others]
    card = read_card(tmp_path / "fitted")
    assert card.trained_on["images"] == 5
    assert card.scores["on"].startswith("3 held-out images")


def test_images_that_judge_and_are_trained_on_are_reported(level, pairs, tmp_path, caplog):
    fit(level.start(level.BLIND), pairs, tmp_path / "fitted", validation=pairs[:2], **QUICK)
    assert "2 of the 2 images that judge the fit are trained on, too: the scores will flatter it." in caplog.text


def test_kinds_are_scored_apart(level, pairs, tmp_path):
    kinds = [opsef.models.Example(*pair, kind="dark" if i < 3 else "light") for i, pair in enumerate(pairs)]
    made = fit(level.start(level.BLIND), kinds, tmp_path / "fitted", validation=kinds[1:4], **QUICK)
    assert made.scores["kind"].tolist() == ["dark", "dark", "light"]
    by_kind = read_card(tmp_path / "fitted").scores["fitted_dsb_score_by_kind"]
    assert by_kind == {"dark": 1.0, "light": 1.0}


def test_scratch_needs_no_weights(level, pairs, tmp_path):
    made = fit(type(level.start(1.0))(pretrained="./absent"), pairs, tmp_path / "fitted", scratch=True, **QUICK)
    assert made.start is None
    assert made.fitted.ready()._level == level.RIGHT
    assert read_card(tmp_path / "fitted").training["started_from"] == "random"


def test_weights_that_are_not_here(level, pairs, tmp_path):
    with pytest.raises(MissingWeights, match=r"There is no folder ./absent with level weights."):
        fit(type(level.start(1.0))(pretrained="./absent"), pairs, tmp_path / "fitted", **QUICK)


def test_from_weights_a_quarter_of_the_steps_at_a_third_of_the_rate(level, pairs, tmp_path):
    fit(level.start(level.BLIND), pairs, tmp_path / "a", progress=False)
    assert level.blocks[-1] == (8, 2)
    highest = max(level.rates)
    level.blocks.clear()
    level.rates.clear()
    fit(level.start(level.BLIND, "again"), pairs, tmp_path / "b", scratch=True, progress=False)
    assert level.blocks[-1] == (38, 2)
    assert 0.09 < highest <= 0.1
    assert 0.27 < max(level.rates) <= 0.3


def test_hours_end_it_and_the_rate_has_come_down(level, pairs, tmp_path, monkeypatch):
    clock = iter(range(0, 10**6, 9))  # every look at the clock takes nine seconds
    monkeypatch.setattr("opsef_core.models._fit._job.time.monotonic", lambda: next(clock))
    monkeypatch.setattr("opsef_core.models._fit._plan.WARM_UP_STEPS", 1)
    made = fit(
        level.start(level.BLIND), pairs, tmp_path / "fitted", steps=10**6, hours=0.1, learning_rate=1.0,
        score_every=10, progress=False,
    )  # fmt: skip
    step = int(made.curves["step"].iloc[-1])
    assert 60 <= step <= 80
    assert level.rates[0] == 1.0
    assert level.rates == sorted(level.rates, reverse=True)
    assert level.rates[-1] < 0.03
    assert made.curves["seconds"].iloc[-1] >= 360
    assert read_card(tmp_path / "fitted").training["hours"] == pytest.approx(0.1, abs=0.02)
    fit(level.start(level.BLIND, "b"), pairs, tmp_path / "short", hours=1e-9, progress=False)
    assert read_card(tmp_path / "short").training["steps"] == 2  # one block, and a model


@pytest.mark.parametrize("show", [True, False])
def test_progress_with_time_left_and_outcome_on_or_off(level, pairs, tmp_path, capsys, show):
    made = fit(level.start(level.BLIND), pairs, tmp_path / "fitted", steps=4, score_every=2, progress=show)
    shown = capsys.readouterr()
    if show:
        assert "fit level: 100%" in shown.err
        assert "%/s" in shown.err or "s/%" in shown.err
        assert repr(made) in shown.out
    else:
        assert shown.out + shown.err == ""


def test_layer_groups_are_not_for_every_family(level, pairs, tmp_path):
    with pytest.raises(BadParameter, match="schedule='layer_groups' is for nucleaizer"):
        fit(level.start(level.BLIND), pairs, tmp_path / "fitted", schedule="layer_groups", **QUICK)


def test_layer_groups_are_taught_one_after_the_other(level, pairs, tmp_path, monkeypatch):
    taught = []
    monkeypatch.setattr(level.trainer, "teach", lambda self, group: taught.append(group))
    fit(level.start(level.BLIND), pairs, tmp_path / "fitted", schedule="layer_groups", steps=12, progress=False)
    assert taught == [0, 0, 1, 1, 2, 2]
    assert level.rates[-1] == pytest.approx(0.1 * 0.1)


def test_a_part_of_the_crops_is_synthetic(level, pairs, tmp_path, monkeypatch):
    seen, real = [], level.trainer.__init__

    def noting(self, examples, *rest):
        seen.extend(examples)
        real(self, examples, *rest)

    monkeypatch.setattr(level.trainer, "__init__", noting)
    made_up = [Example(*toy.one_disc(f"made_{i}"), synthetic=True) for i in range(3)]
    given = [*(Example(*pair) for pair in pairs), *made_up]
    made = fit(level.start(level.BLIND), given, tmp_path / "fitted", synthetic_fraction=0.25, **QUICK)
    assert sum(e.share for e in seen if e.synthetic) == pytest.approx(0.25)
    assert sum(e.share for e in seen) == pytest.approx(1)
    assert not any(name.startswith("made") for name in made.scores.index)  # they never judge
    with pytest.raises(BadParameter, match=r"synthetic_fraction=0\.5 asks for synthetic examples, and there are none"):
        fit(level.start(level.BLIND, "b"), pairs, tmp_path / "b", synthetic_fraction=0.5, **QUICK)
    with pytest.raises(BadParameter, match="asks for real examples, and there are none among the 3"):
        fit(level.start(level.BLIND, "c"), made_up, tmp_path / "c", validation=pairs, synthetic_fraction=0.5, **QUICK)


def test_a_model_without_a_trainer(pairs):
    said = "The model 'threshold' has nothing to learn from images; it cannot be fitted."
    with pytest.raises(BadParameter) as error:
        model("threshold").fit(pairs)
    assert str(error.value) == said


def test_what_is_no_model(pairs):
    with pytest.raises(BadParameter) as error:
        fit("unet", pairs)
    assert str(error.value) == "To fit takes one model, for example model('unet'); this is 'unet'."
    with pytest.raises(BadParameter, match="takes one model"):
        fit(model("unet", diameter_px=opsef.either(20, 30)), pairs)


def test_a_missing_library_is_named_first(level, monkeypatch):
    start = level.start(1.0)
    monkeypatch.setattr(type(start), "needs", (Need("no_such_package", "torch"),))
    with pytest.raises(MissingPackage, match=r"The model 'level' needs the package no_such_package"):
        fit(start, [], scratch=True)


def test_options_in_words(level, pairs):
    with pytest.raises(BadParameter) as error:
        level.start(1.0).fit(pairs, step=100)
    assert str(error.value) == (
        "There is no parameter of fit called 'step'. Did you mean 'steps'? Known: hours, learning_rate, look_at, "
        "schedule, score_every, scratch, seed, steps, synthetic_fraction."
    )
    for wrong in ({"hours": 0}, {"steps": 0}, {"learning_rate": float("nan")}, {"seed": -1}, {"look_at": 0}):
        with pytest.raises(BadParameter, match=f"fit: {next(iter(wrong))} = .* is not possible: "):
            level.start(1.0, str(wrong)).fit(pairs, **wrong)


def test_a_device_this_machine_does_not_have(level, pairs):
    torch = pytest.importorskip("torch")
    absent = next(
        name for name, there in {"mps": torch.backends.mps, "cuda": torch.cuda}.items() if not there.is_available()
    )
    with pytest.raises(BadParameter) as error:
        level.start(1.0).fit(pairs, device=absent)
    assert str(error.value) == f"This machine has no {absent} device that torch can use; ask for 'auto' or 'cpu'."


def test_images_of_one_name_are_told_apart(level, tmp_path):
    same = [toy.many_discs("the_same_name", seed=i, shape=(96, 96)) for i in range(6)]
    made = fit(level.start(1.0), same, tmp_path / "fitted", validation=same[:2], scratch=True, **QUICK)
    assert made.scores["n_true"].tolist() == [t.count for _, t in same[:2]]
    assert made.fitted.trained_on == {image.fingerprint for image, _ in same}


def test_fit_is_a_record_of_what_came_out(level, pairs, tmp_path):
    made = fit(level.start(level.BLIND), pairs, tmp_path / "fitted", **QUICK)
    assert isinstance(made, Fit)
    assert made.scores.columns.tolist() == [
        "kind", "n_true", "fitted_dsb_score", "fitted_n", "start_dsb_score", "start_n",
    ]  # fmt: skip
    assert made.scores.index.name == "image"


def test_a_folder_with_other_things_is_left_alone(level, pairs, tmp_path):
    start = level.start(level.BLIND)
    with pytest.raises(BadRunFolder) as error:
        fit(start, pairs, start.pretrained, **QUICK)
    assert str(error.value) == (
        f"{start.pretrained} holds something else (level.json, model.yml). Give another folder."
    )
    (tmp_path / "file").touch()
    with pytest.raises(BadRunFolder) as error:
        fit(start, pairs, tmp_path / "file", **QUICK)
    assert str(error.value) == f"{tmp_path / 'file'} is a file; the fitted model needs a folder."


def test_a_fitted_model_cannot_be_fitted_further_in_its_own_folder(level, pairs, tmp_path):
    level.learns(level.BLIND)
    first = fit(level.start(500.0), pairs, tmp_path / "fitted", **QUICK).fitted
    level.learns(level.RIGHT)
    with pytest.raises(BadRunFolder, match="it differs in start"):
        first.fit(pairs, tmp_path / "fitted", **(QUICK | {"steps": 8}))
    assert first.fit(pairs, tmp_path / "further", **QUICK).ready()._level == level.RIGHT


def test_labels_of_a_stack_are_not_those_of_its_plane(level, tmp_path):
    image = Image(np.zeros((64, 64)), "YX", "plane")
    stack = Labels(np.ones((2, 64, 64), int), "ZYX", "plane", history=(Act("truth", "toy"),))
    with pytest.raises(opsef.OpsefError, match=r"The labels of plane have the size \{'Z': 2, 'Y': 64, 'X': 64\}"):
        fit(level.start(1.0), [(image, stack)], tmp_path / "fitted", **QUICK)
