"""The search of a model's parameters."""

import numpy as np
import pytest
import tifffile
import toy
import yaml

from opsef_core import model
from opsef_core.errors import BadConfig, BadParameter, UnknownName
from opsef_core.run.tune import TuneConfig, _held_out, tune

pytest.importorskip("optuna")


def pairs(n=5):
    return [toy.many_discs(f"d{i}", seed=i, shape=(90, 90)) for i in range(n)]


def test_the_shipped_search_is_understood_and_of_parameters_that_exist(root):
    config = TuneConfig.load(root / "pipelines" / "tune_threshold.yml")
    made = config.model_copy(update={"trials": 2}).run()
    assert set(made.trials) == {*config.search, "dsb_score"}


def test_it_finds_a_better_value_and_says_what_it_is_worth_elsewhere():
    poor = model("threshold", min_area_px=150)  # drops many of the discs
    made = tune(poor, pairs(), {"min_area_px": (5, 200)}, trials=12)
    assert made.start == poor
    assert made.best.min_area_px < 100
    assert made.model == made.best
    assert made.gain > 0.2
    assert len(made.trials) == 12
    assert made.trials["min_area_px"].iloc[0] == 150
    assert made.trials["dsb_score"].max() == made.trials["dsb_score"].iloc[made.trials["dsb_score"].argmax()]
    assert f"+{made.gain:.3f} on images held out in turn. threshold(min_area_px=" in repr(made)


def test_nothing_to_gain_keeps_the_start():
    made = tune(model("threshold"), pairs(3), {"max_hole_px": (60, 70)}, trials=4)
    assert made.gain == 0
    assert made.model == made.start
    assert repr(made).endswith("threshold stays in use.")


def test_the_network_runs_once_for_cheap_parameters(monkeypatch):
    runs = []
    cls = type(model("threshold"))
    network = cls.network
    monkeypatch.setattr(cls, "network", lambda self, pixels: runs.append(1) or network(self, pixels))
    tune(model("threshold"), pairs(3), {"min_area_px": (5, 60)}, trials=8)
    assert len(runs) == 3
    runs.clear()
    tune(model("threshold"), pairs(2), {"sigma_px": [0.5, 1.0, 2.0]}, trials=6)
    assert len(runs) > 2


def test_the_same_seed_tries_the_same():
    one, other = (tune(model("threshold"), pairs(2), trials=6, seed=3).trials for _ in range(2))
    assert one.equals(other)


@pytest.mark.parametrize("sampler", ["tpe", "genetic", "random"])
def test_every_sampler_stays_in_the_span(sampler):
    trials = tune(model("threshold"), pairs(2), {"split_depth_px": (0.2, 0.8)}, trials=5, sampler=sampler).trials
    assert trials["split_depth_px"].between(0.2, 0.8).all()


def test_the_genetic_search_breeds_from_what_was_good():
    """After its first twenty sets, which are random, it tries better ones than random."""
    poor = model("threshold", min_area_px=150)
    search = {"min_area_px": (5, 300), "split_depth_px": (0.2, 6.0)}
    scores = tune(poor, pairs(2), search, trials=61, sampler="genetic").trials["dsb_score"]
    assert scores.iloc[41:].mean() > scores.iloc[1:21].mean() + 0.05
    assert scores.max() > scores.iloc[0]


def test_the_gain_is_that_on_images_the_choice_was_not_made_on():
    lucky = np.array([[0.5] * 4, [1.0, 0.4, 0.4, 0.4]])  # better on one image alone: not on the others
    assert _held_out(lucky, 0).tolist() == [0.5, 0.4, 0.4, 0.4]  # without the first image it is not chosen
    assert _held_out(np.array([[0.5] * 4, [0.6] * 4]), 0).tolist() == [0.6] * 4
    assert _held_out(np.array([[0.5], [0.6]]), 0).tolist() == [0.6]


@pytest.mark.parametrize(
    ("search", "kind", "message"),
    [
        ({"min_area": (1, 2)}, UnknownName, "Did you mean 'min_area_px'?"),
        ({"min_area_px": (9, 2)}, BadParameter, "The span of min_area_px is (lowest, highest)"),
        ({"min_area_px": 7}, BadParameter, "The span of min_area_px is (lowest, highest)"),
        ({}, BadParameter, "threshold recommends no parameters to search; say which"),
    ],
)
def test_a_search_that_cannot_be_is_refused_in_words(search, kind, message):
    with pytest.raises(kind) as caught:
        tune(model("threshold"), pairs(2), search, trials=2)
    assert message in str(caught.value)


def test_what_models_recommend_can_be_searched():
    from opsef_core.models import MODELS

    for name, cls in MODELS.all().items():
        unknown = set(cls.search) - set(cls.model_fields)
        assert not unknown, name
        assert set(cls.search) <= cls.cheap, f"{name}: a recommended parameter would cost a pass a trial"


def test_a_search_as_a_file(tmp_path):
    folder = tmp_path / "discs"
    folder.mkdir()
    files = []
    for number, (image, truth) in enumerate(pairs(2)):
        tifffile.imwrite(folder / f"{number}.tif", image.pixels)
        tifffile.imwrite(folder / f"{number}_truth.tif", truth.pixels.astype(np.uint16))
        files.append({"image": f"{number}.tif", "truth": f"{number}_truth.tif"})
    said = {"title": "discs", "source": "made", "licence": "CC0-1.0", "files": files}
    (folder / "dataset.yml").write_text(yaml.safe_dump(said))
    search = {"min_area_px": [5, 60], "threshold": {"choices": ["otsu", "li"]}}
    values = {"model": {"model": "threshold"}, "examples": {"dataset": str(folder)}, "search": search, "trials": 5}
    (tmp_path / "search.yml").write_text(yaml.safe_dump(values))
    made = TuneConfig.load(tmp_path / "search.yml").run()
    assert list(made.trials.columns) == ["min_area_px", "threshold", "dsb_score"]
    assert made.trials["min_area_px"].map(lambda x: x == round(x)).all()
    assert set(made.trials["threshold"]) <= {"otsu", "li"}
    (tmp_path / "search.yml").write_text(yaml.safe_dump({**values, "trails": 5}))
    with pytest.raises(BadConfig, match="Did you mean 'trials'"):
        TuneConfig.load(tmp_path / "search.yml")
