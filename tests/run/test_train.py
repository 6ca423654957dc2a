"""A training as a file."""

import numpy as np
import pytest
import tifffile
import toy
import yaml

from opsef_core.data import Labels
from opsef_core.errors import BadConfig, BadParameter, UnknownName
from opsef_core.run.train import TrainConfig, examples_from, made_model, train

KINDS = ["large", "small", "small", "small", "small"]


@pytest.fixture
def annotated(tmp_path):
    """A data set of five toy images, one large-nuclei image among four others."""
    folder, files = tmp_path / "discs", []
    folder.mkdir()
    for number, kind in enumerate(KINDS):
        image, truth = toy.many_discs(f"d{number}", seed=number, shape=(96, 96))
        tifffile.imwrite(folder / f"d{number}.tif", image.pixels)
        tifffile.imwrite(folder / f"d{number}_truth.tif", truth.pixels.astype(np.uint16))
        columns = {"image_class": kind, "part": "train" if number else "validation"}
        files.append({"image": f"d{number}.tif", "truth": f"d{number}_truth.tif", "columns": columns})
    said = {"title": "discs", "source": "made", "licence": "CC0-1.0", "files": files}
    (folder / "dataset.yml").write_text(yaml.safe_dump(said))
    return folder


def written(tmp_path, **values):
    file = tmp_path / "training.yml"
    file.write_text(yaml.safe_dump(values))
    return file


def test_a_rare_class_is_drawn_more_often(annotated):
    config = TrainConfig(model={"model": "unet"}, examples={"dataset": str(annotated)}, share_by=["image_class"])
    examples = examples_from(config.examples.open(), config.share_by)
    assert [e.kind for e in examples] == KINDS
    assert [e.share for e in examples] == [1.0, 0.5, 0.5, 0.5, 0.5]
    assert all(isinstance(e.truth, Labels) and e.truth.count for e in examples)


def test_the_folder_of_the_files_is_that_of_the_call_or_that_of_the_file(annotated, tmp_path):
    files = tmp_path / "elsewhere"
    annotated.rename(files)
    annotated.mkdir()
    (files / "dataset.yml").rename(annotated / "dataset.yml")
    said = {"dataset": str(annotated), "reading": {"folder": str(files)}}
    config = TrainConfig(model={"model": "unet"}, examples=said)
    assert len(config.examples.open().images) == len(KINDS)
    said["reading"] = {"folder": str(tmp_path / "nowhere")}
    config = TrainConfig(model={"model": "unet"}, examples=said)
    assert len(config.examples.open(files).images) == len(KINDS)


def test_a_column_that_is_not_there_is_refused_in_words(annotated):
    config = TrainConfig(model={"model": "unet"}, examples={"dataset": str(annotated)}, share_by=["stain"])
    with pytest.raises(BadConfig) as caught:
        examples_from(config.examples.open(), config.share_by)
    assert str(caught.value) == "share_by: the data set has no column 'stain'. It has: image_class, part."


def test_a_training_file_makes_a_model_that_names_its_images(annotated, tmp_path, monkeypatch):
    pytest.importorskip("torch")
    monkeypatch.setattr("opsef_core.models.unet.trainer.UNetTrainer.crop_px", 32)
    parts = {"examples": "train", "validation": "validation"}
    sources = {k: {"dataset": str(annotated), "reading": {"where": {"part": v}}} for k, v in parts.items()}
    file = written(
        tmp_path,
        model={"model": "unet", "min_area_px": 20},
        **sources,
        plan={"steps": 2, "score_every": 2, "scratch": True},
        about={"title": "discs", "licence": "CC0-1.0"},
        device="cpu",
    )
    made = train(file, tmp_path / "mine", progress=False)
    assert made.fitted.min_area_px == 20
    assert list(made.scores["kind"]) == ["large"]
    card = yaml.safe_load((tmp_path / "mine" / "model.yml").read_text())
    assert (card["title"], card["licence"], card["trained_on"]["images"]) == ("discs", "CC0-1.0", 4)
    assert len(made.fitted.trained_on) == 4


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"examples": {"dataset": "x"}}, "needs a value for model."),
        ({"model": {"model": "unet"}, "examples": {"dataset": "x"}, "plann": {}}, "Did you mean 'plan'?"),
        ({"format": 9, "model": {}, "examples": {}}, "has format 9; this version of opsef-core reads format 1."),
    ],
)
def test_a_file_that_cannot_be_understood_says_why(values, message, tmp_path):
    with pytest.raises(BadConfig) as caught:
        TrainConfig.load(written(tmp_path, **values))
    assert message in str(caught.value)


def test_no_file_no_model_nothing_to_learn(annotated, tmp_path):
    with pytest.raises(BadConfig, match=r"There is no pipeline file .*nowhere.yml\."):
        TrainConfig.load(tmp_path / "nowhere.yml")
    source = {"dataset": str(annotated)}
    with pytest.raises(BadConfig, match="must look like {model: name, parameter: value}"):
        train(TrainConfig(model={"name": "unet"}, examples=source), tmp_path / "m")
    with pytest.raises(UnknownName, match="no model called 'unett'. Did you mean 'unet'"):
        train(TrainConfig(model={"model": "unett"}, examples=source), tmp_path / "m")
    with pytest.raises(BadParameter, match="'threshold' has nothing to learn"):
        train(TrainConfig(model={"model": "threshold"}, examples=source), tmp_path / "m")


def test_the_zoo_files_differ_in_the_method_alone(root):
    files = sorted((root / "pipelines" / "zoo").glob("*.yml"))
    assert [f.stem for f in files] == ["cellpose", "nucleaizer-preseg", "nucleaizer", "stardist", "unet"]
    configs = [TrainConfig.load(f) for f in files]
    made = [made_model(c.model) for c in configs]
    assert [m.name for m in made] == ["cellpose", "nucleaizer", "nucleaizer", "stardist", "unet"]
    assert [m.fast for m in made[1:3]] == [True, False]
    for field in ("examples", "validation", "share_by"):
        assert all(getattr(c, field) == getattr(configs[0], field) for c in configs)
    assert {c.plan.seed for c in configs} == {0}
    assert all(c.plan.scratch != (m.name == "nucleaizer") for c, m in zip(configs, made, strict=True))
