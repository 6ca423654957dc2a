"""Adaptation of odd images: a clear word, the rest goes on."""

import logging

import numpy as np
import pandas as pd
import pytest
import toy
from level_family import RIGHT, Level
from perfect_painter import FEW, POOR, Blank, images

from opsef_core.adapt import feature_table
from opsef_core.data import RGB, Image, Labels
from opsef_core.errors import BadImage, BadLabels, BadParameter
from opsef_core.run import adapt
from opsef_core.run.adaptation import judge as judging
from opsef_core.run.adaptation import painted as painting


def test_images_that_are_no_numbers_or_have_odd_channels_are_rows_with_a_reason(new, old, level, painter, tmp_path):
    hole = np.full((64, 64), 3.0, np.float32)
    hole[5, 5] = np.nan
    items = [*images(new), Image(hole, "YX", "hole"), Image(np.zeros((2, 64, 64), np.uint8), "CYX", "two")]
    made = adapt(items, level.start(POOR), tmp_path / "a", annotated=old, **FEW)
    assert "1 pixels of 4096 that are NaN" in made.images.loc["hole", "reason"]
    assert "2 channels; 1 or 3 are needed" in made.images.loc["two", "reason"]
    assert not made.images.loc[["hole", "two"], "shown"].any()
    assert made.images["shown"].sum() == 4


def test_of_only_images_with_holes_none_can_be_used(old, level, painter, tmp_path):
    hole = Image(np.full((64, 64), np.nan, np.float32), "YX", "hole")
    with pytest.raises(BadImage, match="None of the 1 images can be used: hole has 4096 pixels of 4096 that are NaN"):
        adapt([hole], level.start(POOR), tmp_path / "a", annotated=old, **FEW)


def test_an_image_the_model_cannot_take_is_left_out_of_styles_and_comparison(new, old, level, picky, painter, tmp_path):
    made = adapt([*images(new), picky[0]], level.start(POOR), tmp_path / "a", annotated=old, **FEW)
    assert made.images.loc["odd", "reason"] == "I do not like its width"
    assert made.images["shown"].sum() == 4
    assert np.isfinite(made.before_after.set_index("on").loc[judging.STEADINESS, "start"])


def test_constant_images_are_a_style_without_objects_and_the_others_go_on(new, old, level, painter, tmp_path):
    flat = [Image(np.full((120, 130), n, np.uint8), "YX", f"flat_{n}") for n in (0, 90, 255)]
    made = adapt([*images(new), *flat], level.start(POOR), tmp_path / "a", annotated=old, styles=3, **FEW)
    assert len(made.styles) == 3
    assert sum(bool(p.pairs) for p in made.styles) == 1
    assert sum("none of its images can be used; it is left out" in p.said for p in made.styles) == 2
    assert made.images.loc["flat_90", "reason"] == "flat_90 is constant: all its pixels are 90."
    assert made.images.loc[[i.name for i in images(new)], "shown"].all()


def test_of_only_constant_images_nothing_is_learned(level, old, painter, tmp_path):
    flat = [Image(np.zeros((80, 80), np.uint8), "YX", f"flat_{n}") for n in range(2)]
    start = level.start(RIGHT)
    made = adapt(flat, start, tmp_path / "a", annotated=old, **FEW)
    assert made.model is start
    assert "nothing to learn from. style-01: none of its images can be used" in made.judgement.why


def test_an_image_without_objects_beside_others_teaches_nothing(new, old, level, painter, tmp_path):
    dark = Image((images(new)[0].pixels // 4).astype(np.uint8), "YX", "dark")
    made = adapt([*images(new), dark], level.start(POOR), tmp_path / "a", annotated=old, single_style=True, **FEW)
    ((pairs, _),) = painter
    assert {i.name for i, _ in pairs} == {i.name for i in images(new)}
    assert made.images.loc["dark", "objects"] == 0


def test_one_experiment_is_one_style_whatever_it_shows(new, old, level, painter, tmp_path):
    unlike = Image((255 - images(new)[3].pixels).astype(np.uint8), "YX", "unlike")
    made = adapt([*images(new), unlike], level.start(POOR), tmp_path / "a", annotated=old, single_style=True, **FEW)
    assert [s.name for s in made.sorted_into.styles] == ["style-01"]
    assert len(painter) == 1


def test_one_nucleus_only(level, old, painter, tmp_path):
    made = adapt([toy.one_disc()[0]], level.start(POOR), tmp_path / "a", annotated=old, **FEW)
    ((pairs, _),) = painter
    assert [labels.count for _, labels in pairs] == [1]
    assert made.styles[0].pairs
    assert made.images.loc["one_disc", "objects"] == 1


def test_images_smaller_than_a_tile(level, old, painter, tmp_path):
    small = [toy.pair(f"small_{n}", toy.discs((20, 24), (10, 12, 6)), seed=n)[0] for n in range(2)]
    made = adapt(small, level.start(POOR), tmp_path / "a", annotated=old, **FEW)
    assert made.styles[0].pairs[0][0].pixels.shape == (96, 96)


def test_mixed_sizes_bit_depths_and_colours(level, old, painter, tmp_path):
    start = level.start(POOR)
    items = []
    for number, shape in enumerate([(96, 96), (120, 200), (160, 100), (96, 96)]):
        image, _ = toy.many_discs(f"m{number}", seed=number, shape=shape)
        x = [image.pixels, image.pixels.astype(np.uint16), image.pixels.astype(np.float32), image.pixels][number]
        items.append(
            Image(np.stack([x] * 3), "CYX", image.name, channels=RGB) if number == 3 else Image(x, "YX", image.name)
        )
    made = adapt(items, start, tmp_path / "a", annotated=old, single_style=True, **FEW)
    assert made.images["shown"].all()
    assert (made.images["objects"] > 3).all()
    assert len(made.styles[0].pairs) >= 2


def test_a_cluster_of_one(new, old, level, painter, tmp_path):
    alone = Image((255 - images(new)[0].pixels).astype(np.uint8), "YX", "alone")
    made = adapt([*images(new)[1:], alone], level.start(POOR), tmp_path / "a", annotated=old, styles=2, **FEW)
    assert [len(s.members) for s in made.sorted_into.styles] == [3, 1]
    assert len(made.styles) == 2
    assert made.styles[0].pairs
    assert "style-02, learned from 1 images" in made.styles[1].said


def test_of_very_many_images_only_those_that_stand_for_a_style_are_segmented(
    new, old, level, painter, tmp_path, monkeypatch
):
    every = [toy.many_discs(f"n{seed:03d}", seed=seed, shape=(48, 48))[0] for seed in range(60)]
    seen = set()
    call = Level.__call__

    def counted(self, image, device="cpu"):
        seen.add(image.name)
        return call(self, image, device)

    monkeypatch.setattr(Level, "__call__", counted)
    made = adapt(every, level.start(POOR), tmp_path / "a", annotated=old, single_style=True, **FEW)
    shown = set(made.images.index[made.images["shown"]])
    assert len(shown) == 8
    asked = {name for name in seen if name.startswith("n")}
    assert len(asked - shown) <= judging.LOOKED_AT
    assert shown <= asked
    assert len(made.images) == 60


def test_ten_thousand_images(old, level, painter, tmp_path, monkeypatch):
    one = toy.many_discs("n", seed=0, shape=(48, 48))[0]
    every = [Image(one.pixels, "YX", f"n{number:05d}") for number in range(10_000)]
    table = feature_table([every[0]])
    numbers = np.random.default_rng(0).normal(table.to_numpy(), 0.1 + 0.1 * np.abs(table.to_numpy()), (10_000, 248))
    given = pd.DataFrame(numbers, [i.name for i in every], table.columns)
    monkeypatch.setattr("opsef_core.run.adaptation.prepare.feature_table", lambda *_: given)
    seen, call = set(), Level.__call__

    def counted(self, image, device="cpu"):
        seen.add(image.name)
        return call(self, image, device)

    monkeypatch.setattr(Level, "__call__", counted)
    made = adapt(every, level.start(POOR), tmp_path / "a", annotated=old, most_styles=2, **FEW)
    assert len(made.images) == 10_000
    assert len({name for name in seen if name.startswith("n")}) <= 2 * 8 + judging.LOOKED_AT
    assert all(style.tried for style in made.styles)  # real pictures all alike: what is painted may be too unlike


def test_a_dropped_style_leaves_its_numbers_and_pictures(new, old, level, pictures, tmp_path, monkeypatch):
    monkeypatch.setattr(painting, "learn_style", lambda pairs, *_, **__: Blank(pairs))
    start = level.start(POOR)
    made = adapt(images(new), start, tmp_path / "a", annotated=old, **FEW)
    assert made.model is start
    assert "0 of 6 painted pairs passed" in made.judgement.why
    assert "The style is dropped" in made.judgement.why
    assert len(made.style().tried) == 6  # to look at
    there = {p.name for p in (tmp_path / "a" / "style-01").iterdir()}
    assert {"gate.csv", "painted.png", "layouts.png"} <= there


def test_a_single_painted_image_is_not_enough_without_annotated_ones(new, level, painter, tmp_path, monkeypatch):
    gate = painting.gate

    def strict(*args, **options):
        made = gate(*args, **options)
        return type(made)(made.kept[:1], made.table, made.summary)

    monkeypatch.setattr(painting, "gate", strict)
    made = adapt(images(new), level.start(POOR), tmp_path / "a", **FEW)
    assert "none is left to judge a retraining by. Paint more (masks_a_style)" in made.judgement.why
    assert not made.better


def test_a_style_whose_pairs_fail_is_dropped_and_the_other_one_teaches(new, old, level, painter, tmp_path, monkeypatch):
    unlike = [Image((255 - i.pixels).astype(np.uint8), "YX", f"x{i.name}") for i in images(new)[:3]]
    learn = painting.learn_style

    def first_only(pairs, *args, name, **options):
        return Blank(pairs) if name == "style-02" else learn(pairs, *args, name=name, **options)

    monkeypatch.setattr(painting, "learn_style", first_only)
    made = adapt([*images(new), *unlike], level.start(POOR), tmp_path / "a", annotated=old, styles=2, **FEW)
    first, second = made.styles
    assert first.pairs
    assert not second.pairs
    assert "The style is dropped" in second.said
    assert made.fit.scores.index.str.startswith("style-01/").any()
    assert not made.fit.scores.index.str.startswith("style-02/").any()


def test_truth_of_other_images_or_sizes_is_refused_before_anything_is_done(new, old, level, tmp_path):
    start = level.start(POOR)
    with pytest.raises(BadParameter, match=r"truth is of other images \(old_0, old_1, old_2"):
        adapt(images(new), start, tmp_path / "a", annotated=old, truth=[t for _, t in old], **FEW)
    wrong = Labels(np.ones((9, 9), np.int32), "YX", "new_0")
    with pytest.raises(BadLabels, match="new_0 have the size"):
        adapt(images(new), start, tmp_path / "a", annotated=old, truth=[wrong], **FEW)
    assert not (tmp_path / "a").exists()


def test_painted_and_real_images_are_compared_in_words(new, old, level, painter, tmp_path, caplog):
    with caplog.at_level(logging.INFO):
        made = adapt(
            images(new), level.start(POOR), tmp_path / "a", annotated=old, **{**FEW, "masks_a_style": 9, "mask_px": 64}
        )
    assert "A classifier tells painted from real in" in made.styles[0].said
    assert "KID" in made.styles[0].said
    table = pd.read_csv(tmp_path / "a" / "styles.csv").set_index("style")
    row = table.loc["style-01"]
    assert (row["learned_from"], row["painted"], row["passed"]) == (4, 9, len(made.styles[0].pairs))
    assert row["low"] <= row["two_sample"] <= row["high"]
    assert np.isfinite(row["kid"])


def test_of_too_few_pictures_that_is_said(new, old, level, painter, tmp_path):
    made = adapt(images(new), level.start(POOR), tmp_path / "a", annotated=old, **{**FEW, "masks_a_style": 7})
    assert "Too few to ask a classifier: " in made.styles[0].said
    assert " 7 painted." in made.styles[0].said
    assert pd.read_csv(tmp_path / "a" / "styles.csv")["kid"].isna().all()


def test_recipes_are_those_of_the_style_not_of_the_first_image(new, old, level, painter, tmp_path):
    colour = [
        Image(np.stack([255 - i.pixels, i.pixels // 2, 255 - i.pixels // 2]), "CYX", f"c {i.name}", channels=RGB)
        for i in images(new)
    ]
    items = [*images(new)[:2], *colour]
    made = adapt(items, level.start(POOR), tmp_path / "a", annotated=old, styles=2, **FEW)
    said = {p.name: p.said for p in made.styles}
    assert "grey" in said["style-01"]
    assert "grey" not in said["style-02"]
