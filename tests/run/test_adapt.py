"""Adaptation around a family that learns one number and a painter that paints perfectly: what is done and decided."""

import logging

import numpy as np
import pandas as pd
import pytest
import toy
import yaml
from level_family import BLIND, RIGHT, SWAMPED, Level
from perfect_painter import FEW, POOR, images

from opsef_core import Recipe, model, step
from opsef_core.data import Image, Unreadable
from opsef_core.errors import (
    BadConfig,
    BadImage,
    BadParameter,
    BadRunFolder,
    DiskFull,
    NothingToShow,
    UnknownName,
)
from opsef_core.run import AdaptConfig, adapt
from opsef_core.run.adaptation import judge as judging
from opsef_core.run.adaptation import look as looking
from opsef_core.run.adaptation import painted as painting


def test_what_was_learned_from_painted_images_is_used(new, old, level, painter, tmp_path):
    start = level.start(POOR)
    level.learns(RIGHT)
    made = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    assert made.better
    assert made.model is made.adapted
    assert made.model.ready()._level == RIGHT
    table = made.before_after.set_index("on")
    assert list(table.index) == [judging.PAINTED, judging.KNOWN, judging.STEADINESS]
    assert table["decides"].all()
    assert table.loc[judging.PAINTED, "adapted"] > table.loc[judging.PAINTED, "start"]
    assert "There is no truth" in made.judgement.why


def test_a_worse_model_is_not_used_and_it_says_why(new, old, level, painter, tmp_path):
    start = level.start(RIGHT)
    level.learns(SWAMPED)
    made = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    assert not made.better
    assert made.model is start
    assert "The start model stays in use" in repr(made)
    assert "no gain on painted images" in made.judgement.why


def test_truth_decides_alone_where_there_is_any(new, old, level, painter, tmp_path):
    start = level.start(POOR)
    level.learns(RIGHT)
    made = adapt(images(new), start, tmp_path / "a", annotated=old, truth=[t for _, t in new[:2]], **FEW)
    table = made.before_after.set_index("on")
    assert list(table.index[table["decides"]]) == [judging.TRUTH]
    assert table.loc[judging.TRUTH, "images"] == 2
    assert made.better


def test_no_truth_reaches_the_styles_of_autostyle_and_it_does_those_of_gtstyle(new, old, level, painter, tmp_path):
    truth = [t for _, t in new]
    start = level.start(POOR)
    adapt(images(new), start, tmp_path / "auto", annotated=old, truth=truth, **FEW)
    adapt(images(new), start, tmp_path / "gt", annotated=old, truth=truth, variant="GTstyle", **FEW)
    (auto, _), (gt, _) = painter
    found, true = ({i.name: labels.pixels for i, labels in pairs} for pairs in (auto, gt))
    assert all(np.array_equal(true[t.name], t.pixels) for t in truth)
    assert not any(np.array_equal(found[t.name], t.pixels) for t in truth)


def test_nostyle_paints_nothing(new, old, level, painter, tmp_path):
    made = adapt(images(new), level.start(RIGHT), tmp_path / "a", annotated=old, variant="NOstyle", **FEW)
    assert painter == []
    assert made.styles == ()
    assert made.fit.folder == tmp_path / "a" / "model"


def test_what_chooses_the_best_state_does_not_decide(new, old, level, painter, tmp_path, monkeypatch):
    judge, seen = judging.judge, {}

    def spy(start, adapted, evidence, *args):
        seen.update({on: {e.image.name for e in some} for on, some in evidence.items()})
        return judge(start, adapted, evidence, *args)

    monkeypatch.setattr(painting.__package__ + ".adapting.judge", spy)
    options = {"annotated": old, "validation": old[:3], **FEW, "masks_a_style": 16}
    made = adapt(images(new), level.start(POOR), tmp_path / "a", **options)
    chose = set(made.fit.scores.index)
    assert (len(seen[judging.PAINTED]), len(seen[judging.KNOWN]), len(chose)) == (2, 2, 3)
    assert not chose & (seen[judging.PAINTED] | seen[judging.KNOWN])


def test_half_of_the_crops_are_painted(new, old, level, painter, tmp_path, monkeypatch):
    seen = {}
    fit = painting.__package__ + ".adapting.fit"

    def spy(start, examples, *args, **options):
        seen["share"] = options["synthetic_fraction"]
        seen["hours"] = options["hours"]
        seen["made"] = [e for e in examples if e.synthetic]
        seen["judged"] = [e for e in options["validation"] if e.synthetic]
        raise BadImage("enough")

    monkeypatch.setattr(fit, spy)
    with pytest.raises(BadImage, match="enough"):
        adapt(
            images(new), level.start(POOR), tmp_path / "a", annotated=old, synthetic_fraction=0.3, hours=2,
            style_hours=0.5, **FEW,
        )  # fmt: skip
    assert (seen["share"], seen["hours"], painter[0][1]["hours"]) == (0.3, 2, 0.5)
    assert seen["judged"]
    assert not {e.image.name for e in seen["made"]} & {e.image.name for e in seen["judged"]}
    assert {e.kind for e in seen["made"]} == {"style-01"}


def test_the_folder_tells_what_was_made(new, old, level, pictures, painter, tmp_path):
    start = level.start(POOR)
    level.learns(RIGHT)
    made = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    there = {p.relative_to(tmp_path / "a").as_posix() for p in (tmp_path / "a").rglob("*") if p.is_file()}
    assert {"adapt.yml", "before_after.csv", "images.csv", "styles.png", "model/model.yml"} <= there
    assert {"style-01/gate.csv", "style-01/painted.png", "style-01/layouts.png"} <= there
    record = yaml.safe_load((tmp_path / "a" / "adapt.yml").read_text())
    assert record["better"] is True
    assert "painted pairs passed" in record["styles"]["style-01"]
    card = yaml.safe_load((tmp_path / "a" / "model" / "model.yml").read_text())
    assert "adapted to 4 images without annotation (AUTOstyle)" in card["title"]
    assert all(i.name in card["notes"] for i in images(new))
    assert len(pd.read_csv(tmp_path / "a" / "images.csv")) == 4
    assert pd.read_csv(tmp_path / "a" / "model" / "adapted_from.csv")["image"].tolist() == [i.name for i in images(new)]
    assert record["made_with"]["seed"] == 0
    assert made.images["shown"].all()


def test_the_same_call_goes_on_and_another_one_is_refused(new, old, level, painter, tmp_path):
    start = level.start(POOR)
    level.learns(RIGHT)
    first = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    level.blocks.clear()
    again = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    assert level.blocks == []  # nothing is trained twice
    pd.testing.assert_frame_equal(first.before_after, again.before_after)
    with pytest.raises(BadRunFolder, match="adaptation with another plan"):
        adapt(images(new), start, tmp_path / "a", annotated=old, **{**FEW, "masks_a_style": 7})
    with pytest.raises(BadRunFolder, match="adaptation with another images"):
        adapt(images(new[:3]), start, tmp_path / "a", annotated=old, **FEW)
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.doc").touch()
    with pytest.raises(BadRunFolder, match="something else than an adaptation"):
        adapt(images(new), start, tmp_path / "other", annotated=old, **FEW)


def test_images_that_cannot_be_used_are_rows_with_a_reason(new, old, level, painter, tmp_path):
    stack = Image(np.zeros((3, 64, 64), np.uint8), "ZYX", "stack")
    items = [*images(new), Unreadable("broken.tif", "the file ends early"), stack]
    made = adapt(items, level.start(POOR), tmp_path / "a", annotated=old, **FEW)
    assert made.images.loc["broken.tif", "reason"] == "the file ends early"
    assert "a plane is needed" in made.images.loc["stack", "reason"]
    assert (made.images.loc[[i.name for i in images(new)], "reason"] == "").all()


def test_the_largest_styles_are_painted_and_the_others_told(new, old, level, painter, tmp_path):
    made = adapt(images(new), level.start(POOR), tmp_path / "a", annotated=old, styles=3, most_styles=1, **FEW)
    ((pairs, _),) = painter
    assert len(pairs) == 2
    left = made.images[made.images["reason"] != ""]
    assert set(left["style"]) == {"style-02", "style-03"}
    assert left["reason"].str.contains("most_styles").all()


def test_a_model_looks_under_the_recipe_with_the_steadiest_results(new, old, level, painter, tmp_path, monkeypatch):
    dark = [(Image(255 - image.pixels, "YX", image.name), truth) for image, truth in new]
    recipes = [Recipe(), Recipe([step("invert")])]

    def steadiness(_, some, device):  # a threshold is as steady under every recipe; a network is not
        return (0.4, 50) if np.median(some[0].pixels) > 128 else (0.8, 50)

    monkeypatch.setattr(looking, "steadiness", steadiness)
    made = adapt(images(dark), level.start(RIGHT), tmp_path / "a", annotated=old, recipes=recipes, **FEW)
    assert made.styles[0].recipe.title == "invert"
    assert "looked at it as invert: objects found again when mirrored or turned: raw 0.40, invert 0.80" in repr(made)
    assert made.before_after["start_recipe"].notna().any()
    assert "Without any training the start model reaches" in made.judgement.why
    (pairs, _), *_ = painter
    truth = {t.name: t for _, t in new}
    assert all(np.array_equal(labels.pixels > 0, truth[i.name].pixels > 0) for i, labels in pairs)
    assert all(np.median(i.pixels) > 128 for i, _ in pairs)  # what is painted looks like the images, not the recipe


def test_a_recipe_that_fails_is_left_out(new, level):
    recipes = [Recipe([step("colour_deconvolution")]), Recipe()]
    recipe, steady = looking.steadiest(level.start(RIGHT), images(new), recipes, "cpu")
    assert recipe == Recipe()
    assert list(steady) == ["raw"]
    with pytest.raises(BadParameter, match="No recipe can be applied"):
        looking.steadiest(level.start(RIGHT, "b"), images(new), recipes[:1] * 2, "cpu")


def test_a_model_that_finds_nothing_has_nothing_to_learn_from(new, old, level, painter, tmp_path):
    start = level.start(BLIND)
    made = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    assert made.model is start
    assert made.judgement.why.startswith(
        "The start model stays in use: there is nothing to learn from. "
        "style-01: no object was found in its 4 images; it is left out."
    )
    assert made.fit is None
    assert level.blocks == []
    assert made.before_after.empty
    with pytest.raises(NothingToShow, match=r"Nothing was painted\. The start model stays in use"):
        made.style()
    record = yaml.safe_load((tmp_path / "a" / "adapt.yml").read_text())
    assert (record["better"], record["model"], record["why"]) == (False, None, made.judgement.why)


def test_one_image_is_enough(new, level, painter, tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        made = adapt(images(new[:1]), level.start(POOR), tmp_path / "a", **FEW)
    assert len(made.images) == 1
    assert "may forget what it knew" in caplog.text


def test_a_style_that_fails_is_left_out_and_a_full_disk_is_not_ignored(new, old, level, tmp_path, monkeypatch):
    def fail(error):
        def learn(*_, **__):
            raise error

        return learn

    monkeypatch.setattr(painting, "learn_style", fail(BadImage("too dark")))
    made = adapt(images(new), level.start(POOR), tmp_path / "a", annotated=old, **FEW)
    assert "style-01 is left out: too dark" in made.judgement.why
    monkeypatch.setattr(painting, "learn_style", fail(DiskFull("make room")))
    with pytest.raises(DiskFull, match="make room"):
        adapt(images(new), level.start(POOR, "other"), tmp_path / "b", annotated=old, **FEW)


def test_styles_of_the_second_round_are_learned_from_what_the_adapted_model_finds(new, old, level, painter, tmp_path):
    level.learns(RIGHT)
    made = adapt(images(new), level.start(POOR), tmp_path / "a", annotated=old, rounds=2, **FEW)
    (first, _), (second, _) = painter
    truth = {t.name: t for _, t in new}
    assert not all(np.array_equal(labels.pixels > 0, truth[i.name].pixels > 0) for i, labels in first)
    assert all(np.array_equal(labels.pixels > 0, truth[i.name].pixels > 0) for i, labels in second)
    assert (tmp_path / "a" / "round_1" / "model" / "model.yml").is_file()
    assert not made.better  # it was right after the first round
    assert made.model.ready()._level == RIGHT
    assert made.judgement.why.startswith("The model of round 1 stays in use: ")
    first = yaml.safe_load((tmp_path / "a" / "round_1" / "adapt.yml").read_text())
    assert (first["better"], first["why"].partition(":")[0]) == (True, "The adapted model is used")
    for file in ("before_after.csv", "images.csv", "styles.csv", "model/adapted_from.csv"):
        assert (tmp_path / "a" / "round_1" / file).is_file()


def test_a_second_round_with_nothing_to_learn_from_keeps_the_first(new, old, level, painter, tmp_path, monkeypatch):
    gates, gate = [], painting.gate

    def strict_the_second_time(*args, **options):
        gates.append(1)
        return gate(*args, **options, **({"least_share": 2.0} if len(gates) > 1 else {}))

    monkeypatch.setattr(painting, "gate", strict_the_second_time)
    level.learns(RIGHT)
    made = adapt(images(new), level.start(POOR), tmp_path / "a", annotated=old, rounds=2, **FEW)
    assert not made.better
    assert made.judgement.why.startswith("The model of round 1 stays in use: there is nothing to learn from.")
    assert "The style is dropped" in made.judgement.why
    assert made.model.ready()._level == RIGHT


def test_nostyle_takes_as_many_steps(new, old, level, painter, tmp_path):
    start, steps = level.start(POOR), []
    for variant in ("NOstyle", "AUTOstyle"):
        level.blocks.clear()
        adapt(images(new), start, tmp_path / variant, annotated=old, variant=variant, **FEW)
        steps.append(sum(count for _, count in level.blocks))
    assert steps == [FEW["steps"]] * 2


def test_truth_that_taught_the_styles_does_not_judge_them(new, old, level, painter, tmp_path):
    many = [*new, *(toy.many_discs(f"more_{n}", seed=20 + n, shape=(120, 130)) for n in range(6))]
    truth = [t for _, t in many]
    options = {"annotated": old, "truth": truth, "single_style": True, "variant": "GTstyle", **FEW}
    made = adapt(images(many), level.start(POOR), tmp_path / "a", **options)
    taught = made.images["shown"].sum()
    assert made.before_after.set_index("on").loc[judging.TRUTH, "images"] == len(many) - taught == 2


def test_a_style_is_found_by_its_name(new, old, level, painter, tmp_path):
    made = adapt(images(new), level.start(POOR), tmp_path / "a", annotated=old, **FEW)
    assert made.style() is made.style("style-01") is made.styles[0]
    with pytest.raises(UnknownName, match="Did you mean 'style-01'"):
        made.style("style-1")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variant": "NOstyle"}, "NOstyle trains on annotated images alone, and none were given"),
        ({"variant": "GTstyle"}, "GTstyle learns styles from true labels, and none were given"),
        ({"variant": "autostyle"}, "variant = 'autostyle' is not possible"),
        ({"mask_a_style": 3}, "Did you mean 'masks_a_style'?"),
        ({"shapes_without": ["purple_tisue"]}, "Did you mean 'purple_tissue'?"),
        ({"recipes": [[{"step": "inverse"}]]}, "Did you mean 'invert'?"),
    ],
)
def test_impossible_plans_are_refused_before_anything_is_done(options, message, new, level, tmp_path):
    with pytest.raises((BadParameter, UnknownName)) as caught:
        adapt(images(new), level.start(RIGHT), tmp_path / "a", **options)
    assert message in str(caught.value)
    assert not (tmp_path / "a").exists()


def test_weights_that_had_to_be_downloaded_are_the_same_start_afterwards(
    new, old, level, painter, tmp_path, monkeypatch
):
    here = []
    known = Level.weights_checksum.fget
    monkeypatch.setattr(Level, "weights_checksum", property(lambda self: known(self) if here else None))
    monkeypatch.setattr(Level, "fetch", lambda self: here.append(1))
    start = level.start(POOR)
    first = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    assert here
    again = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    pd.testing.assert_frame_equal(first.before_after, again.before_after)


def test_a_model_that_does_not_learn(new, tmp_path):
    with pytest.raises(BadParameter, match="'threshold' has nothing to learn"):
        adapt(images(new), model("threshold"), tmp_path / "a")


def test_one_who_finds_nothing_is_not_steady(new, level):
    share, found = judging.steadiness(level.start(BLIND, "blind"), images(new), "cpu")
    assert np.isnan(share)
    assert found == 0
    share, found = judging.steadiness(level.start(RIGHT, "right"), images(new), "cpu")
    assert share == 1.0
    assert found > 50


@pytest.mark.parametrize(
    ("changes", "better"),
    [
        ({judging.PAINTED: 0.1, judging.KNOWN: 0.0, judging.STEADINESS: 0.05}, True),
        ({judging.PAINTED: 0.1, judging.KNOWN: -0.01, judging.STEADINESS: -0.01}, True),
        ({judging.PAINTED: 0.1, judging.KNOWN: -0.09, judging.STEADINESS: 0.05}, True),
        ({judging.PAINTED: 0.1, judging.KNOWN: -0.11, judging.STEADINESS: 0.05}, False),
        ({judging.PAINTED: 0.1, judging.KNOWN: 0.0, judging.STEADINESS: -0.2}, False),
        ({judging.PAINTED: 0.0, judging.KNOWN: 0.1, judging.STEADINESS: 0.2}, False),
        ({judging.KNOWN: 0.01, judging.STEADINESS: -0.01}, True),
        ({judging.KNOWN: -0.01, judging.STEADINESS: -0.001}, False),
        ({judging.KNOWN: 0.02, judging.STEADINESS: 0.0}, True),
        ({judging.TRUTH: -0.01, judging.PAINTED: 0.3, judging.STEADINESS: 0.2}, False),
        ({judging.TRUTH: 0.01, judging.PAINTED: -0.3, judging.STEADINESS: -0.2}, True),
    ],
)
def test_what_decides(changes, better):
    table = pd.DataFrame({"change": changes, "images": dict.fromkeys(changes, 5)}).assign(start=0.5)
    table["adapted"] = table["start"] + table["change"]
    assert judging.decide(table)[0] is better


def test_an_adaptation_as_a_file(tmp_path, root):
    for file in sorted((root / "pipelines").glob("adapt_*.yml")):
        AdaptConfig.load(file)
    bad = tmp_path / "bad.yml"
    bad.write_text("start: {model: unet}\n")
    with pytest.raises(BadConfig, match="needs either `target`"):
        AdaptConfig.load(bad).run(tmp_path / "out")
