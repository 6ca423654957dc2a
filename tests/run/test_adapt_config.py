"""What an adaptation as a file opens and hands on to `adapt`."""

import importlib
from types import SimpleNamespace

import pytest

from opsef_core import model
from opsef_core.run import AdaptConfig
from opsef_core.run.adaptation.plan import AdaptPlan
from opsef_core.run.train import Source

TISSUE = {"purple_tissue", "pink_purple_tissue"}
PURPLE = {"dataset": "bbbc038_sample", "reading": {"where": {"image_class": ["purple_tissue"]}}}


@pytest.fixture
def given(monkeypatch):
    """What `adapt` is called with; nothing is adapted."""
    seen = SimpleNamespace()

    def spy(shown, start, out, **options):
        seen.images, seen.start, seen.out, seen.options = [i.name for i in shown], start, out, options

    monkeypatch.setattr(importlib.import_module("opsef_core.run.adaptation.config"), "adapt", spy)
    return seen


@pytest.mark.parametrize("use_truth", [True, False])
def test_target_and_annotated_images_of_data_sets(use_truth, given, tmp_path):
    AdaptConfig(
        start={"model": "unet"},
        target=PURPLE,
        annotated={"dataset": "bbbc038_sample"},
        share_by=["image_class"],
        use_truth=use_truth,
        adapt={"variant": "GTstyle"},
    ).run(tmp_path)
    assert (given.start.name, given.out, given.options["variant"]) == ("unet", tmp_path, "GTstyle")
    assert len(given.images) == 2
    assert all("purple_tissue" in name for name in given.images)
    assert (given.options["truth"] is not None) is use_truth
    assert not use_truth or set(given.images) <= set(given.options["truth"])
    shares = {e.kind: e.share for e in given.options["annotated"]}
    assert len(given.options["annotated"]) == 12
    assert set(shares) > {"purple_tissue", "small_fluorescent"}
    assert shares["purple_tissue"] == pytest.approx((5 / 2) ** 0.5 * shares["small_fluorescent"])


def test_without_annotated_images_none_are_mixed_in(given, tmp_path):
    AdaptConfig(start={"model": "unet"}, target=PURPLE).run(tmp_path)
    assert given.options["annotated"] is None


def test_the_folders_adaptation_is_the_call_on_the_page(root, given, tmp_path):
    config = AdaptConfig.load(root / "pipelines" / "adapt_folder.yml")
    page = (root / "docs" / "adapting.md").read_text("utf8")
    assert 'model("nucleaizer"), "adapted/mine", annotated=known, hours=1, style_hours=0.25)' in page
    assert config.adapt == AdaptPlan(hours=1, style_hours=0.25)
    assert config.images == ["my_folder/*.tif"]
    config.model_copy(update={"images": None, "target": Source(**PURPLE)}).run(tmp_path)
    assert given.start == model("nucleaizer")
    assert len(given.options["annotated"]) == 12


def test_the_tissue_adaptation_is_of_tissue_it_has_not_seen(root, real_data, given, tmp_path):
    config = AdaptConfig.load(root / "pipelines" / "adapt_tissue.yml")
    folder = real_data / "bbbc038_train"
    config.model_copy(update={"annotated": None}).run(tmp_path, data=folder)
    known = config.target.open(folder).table.loc[given.images]
    assert set(known["image_class"]) == TISSUE
    assert set(known["split"]) == {"validation"}
    assert set(given.options["shapes_without"]) == TISSUE
    mixed_in = [f.columns for f in config.annotated.open(folder).files]
    assert not TISSUE & {columns["image_class"] for columns in mixed_in}
    assert {columns["split"] for columns in mixed_in} == {"train"}
