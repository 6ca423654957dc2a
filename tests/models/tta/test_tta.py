"""Test-time augmentation around any model."""

import numpy as np
import pytest
import toy

from opsef_core import Run, model
from opsef_core.errors import BadParameter
from opsef_core.models.tta.views import ALL, SIX, views
from opsef_core.run import RunConfig


def asymmetric(shape=(5, 7)):
    return np.arange(np.prod(shape)).reshape(shape)


@pytest.mark.parametrize("view", ALL)
def test_every_view_comes_back(view):
    x = np.stack([asymmetric(), 2 * asymmetric()])
    assert np.array_equal(view.back(view.there(x)), x)


def test_the_views_are_all_different_and_the_six_are_those_of_the_paper():
    seen = {view.there(asymmetric((4, 4))).tobytes() for view in ALL}
    assert len(seen) == 8
    x = asymmetric((4, 4))
    paper = [x, np.fliplr(x), np.flipud(x), np.rot90(x), np.rot90(x, 2), np.rot90(x, 3)]
    assert {v.there(x).tobytes() for v in SIX} == {np.ascontiguousarray(p).tobytes() for p in paper}
    assert len(views(6)) == 6


def test_a_model_that_sees_no_direction_gives_the_same_objects():
    image, _ = toy.many_discs(shape=(90, 130))
    plain = model("threshold")(image)
    voted = model("tta", of=model("threshold"))(image)
    assert voted.count == plain.count
    assert ((plain.pixels > 0) != (voted.pixels > 0)).mean() < 0.01
    assert (voted.objects["votes"] == 8).mean() > 0.9


def test_the_vote_map_is_one_where_all_views_see_an_object():
    image, truth = toy.many_discs(shape=(90, 130))
    votes = model("tta", views=6).votes(image)
    assert votes.shape == image.array().shape
    assert votes.dtype == np.float32
    assert votes[truth.pixels > 0].mean() > 0.9
    assert votes[truth.pixels == 0].mean() < 0.1


def test_probability_maps_are_averaged():
    pytest.importorskip("torch")
    inner = model("unet")
    image, _ = toy.many_discs(shape=(90, 130))
    tta = model("tta", of=inner, views=8).ready("cpu")
    raw = tta.network(tta.pixels_of(image))
    by_hand = np.mean([v.back(raw[f"{i}/probabilities"]) for i, v in enumerate(ALL)], axis=0)
    expected, _ = inner.objects({"probabilities": by_hand})
    labels, table = tta.objects(raw)
    assert np.array_equal(labels > 0, expected > 0)
    assert len(table) == len(np.unique(expected)) - 1
    assert table["votes"].between(0, 8).all()
    assert table["votes"].max() == 8
    assert table["score"].tolist() == (table["votes"] / 8).tolist()
    assert not np.array_equal(raw["0/probabilities"], by_hand)


def test_it_stands_in_a_file_and_in_a_grid(tmp_path):
    made = model("tta", of=model("threshold", min_area_px=30), views=6)
    assert made.title == "tta(threshold(min_area_px=30), views=6)"
    assert made.as_dict() == {"model": "tta", "views": 6, "of": {"model": "threshold", "min_area_px": 30}}
    again = model("tta", **{k: v for k, v in made.as_dict().items() if k != "model"})
    assert again == made
    assert again.act == made.act
    image, truth = toy.many_discs(shape=(90, 130))
    run = Run(tmp_path / "run", [image], models=[model("threshold"), made, model("tta", views=6, presence=1.0)])
    run.go(progress=False)
    assert run.score(truth=[truth])["dsb_score"].notna().all()
    assert RunConfig.of({"dataset": "x", "models": [made.as_dict()]}).made_models() == [made]


def test_cheap_values_share_the_passes_of_all_views():
    one, other = model("tta", views=6), model("tta", views=6, presence=1.0)
    assert one.network_act == other.network_act
    assert one.network_act != model("tta", views=8).network_act
    assert one.act != other.act


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"of": 3}, "3 is not one model"),
        ({"of": {"model": "nobody"}}, "There is no model called 'nobody'"),
        ({"of": model("tta")}, "`of` is a model to run on the views"),
        ({"of": model("threshold"), "merge": "pixels"}, "threshold has no probability maps to average"),
        ({"views": 5}, "views = 5 is not possible"),
    ],
)
def test_what_cannot_be_is_refused_in_words(given, message):
    with pytest.raises(BadParameter) as caught:
        model("tta", **given)
    assert message in str(caught.value)
