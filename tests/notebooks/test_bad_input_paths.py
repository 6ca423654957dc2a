"""Paths as Windows writes them, in files and in cells: each gets a sentence that says what to write."""

import os

import pytest

import opsef_core as opsef
from opsef_core.errors import (
    BadConfig,
    MissingWeights,
    OpsefError,
    UnreadableFile,
)
from opsef_core.run.adaptation.config import AdaptConfig
from opsef_core.run.train import train
from opsef_core.run.tune import TuneConfig

SLASH = "Here folders are separated by a slash, in YAML files, too: data/my_images."
QUOTES = r"is written with a slash there \(C:/data/my_images\), or on Windows also in single quotes"
PLACES = {
    "pipeline": ("images: {}\nmodels: [{{model: threshold}}]", lambda f, to: opsef.Run.from_yaml(f, to)),
    "list": ("images: [{}]\nmodels: [{{model: threshold}}]", lambda f, to: opsef.Run.from_yaml(f, to)),
    "dataset": ("dataset: {}\nmodels: [{{model: threshold}}]", lambda f, to: opsef.Run.from_yaml(f, to)),
    "folder": (
        "dataset: bbbc038_sample\nreading: {{folder: {}}}\nmodels: [{{model: threshold}}]",
        lambda f, to: opsef.Run.from_yaml(f, to),
    ),
    "weights": ("model: {{model: unet, pretrained: {}}}\nexamples: {{dataset: bbbc038_sample}}\nplan: {{steps: 1}}",
                lambda f, to: train(f, to)),
    "train": ("model: {{model: unet}}\nexamples: {{dataset: {}}}\nplan: {{steps: 1}}", lambda f, to: train(f, to)),
    "tune": ("model: {{model: unet}}\nexamples: {{dataset: {}}}\ntrials: 2", lambda f, _: TuneConfig.load(f).run()),
    "adapt": ("start: {{model: unet}}\nimages: {}", lambda f, to: AdaptConfig.load(f).run(to)),
    "adapt target": ("start: {{model: unet}}\ntarget: {{dataset: {}}}", lambda f, to: AdaptConfig.load(f).run(to)),
}  # fmt: skip


@pytest.mark.skipif(os.sep != "/", reason="these paths are fine on Windows")
@pytest.mark.parametrize("path", [r"C:\data\*.tif", r"'C:\data'", r"my_folder\*.tif", r'"C:\temp\new"'])
@pytest.mark.parametrize("place", PLACES)
def test_windows_style_paths_in_yaml(place, path, tmp_path):
    text, act = PLACES[place]
    file = tmp_path / "file.yml"
    file.write_text(text.format(path))
    with pytest.raises((UnreadableFile, MissingWeights)) as caught:
        act(file, tmp_path / "run")
    assert str(caught.value).endswith(SLASH)


@pytest.mark.parametrize("path", [r'"C:\data\*.tif"', r'"C:\Users\me"', r'"my\x"', r'"\\server\share"'])
@pytest.mark.parametrize("place", PLACES)
def test_windows_style_paths_in_yaml_in_double_quotes(place, path, tmp_path):
    text, act = PLACES[place]
    file = tmp_path / "file.yml"
    file.write_text(text.format(path))
    with pytest.raises(BadConfig, match=rf"file.yml is not readable as YAML\. A path {QUOTES}"):
        act(file, tmp_path / "run")


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (r"images\one.png", "paths are written like images/one.png"),
        (r"C:\one.png", "paths are written like images/one.png"),
        ("C:/one.png", "paths are written like images/one.png"),
        (r'"images\new.png"', "paths are written like images/one.png"),
        (r'"images\one.png"', QUOTES),
    ],
)
@pytest.mark.parametrize("entry", ["files: [{{image: {}}}]", "files: {}", "files: [{{image: a.png, truth: {}}}]"])
def test_windows_style_paths_in_yaml_of_a_dataset(entry, path, said, tmp_path):
    text = "title: t\nlicence: CC0-1.0\nsource: s\n" + entry.format(path)
    (tmp_path / "dataset.yml").write_text(text)
    with pytest.raises(BadConfig, match=said):
        opsef.dataset(tmp_path)


@pytest.mark.skipif(os.sep != "/", reason="these paths are fine on Windows")
@pytest.mark.parametrize(
    "call",
    [
        lambda: opsef.images("C:\\data\\*.tif"),
        lambda: opsef.read("scans\\a.tif"),
        lambda: opsef.dataset("C:\\data"),
        lambda: opsef.Run.open("runs\\first"),
        lambda: opsef.Run.from_yaml("pipelines\\p.yml", "run"),
        lambda: opsef.Recipe.from_yaml("my\\recipe.yml"),
        lambda: opsef.reimport("runs\\first\\export"),
    ],
)
def test_windows_style_paths_in_a_cell(call, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OpsefError) as caught:
        call()
    assert str(caught.value).endswith(SLASH)
    assert not list(tmp_path.iterdir())
