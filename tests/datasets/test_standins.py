"""The pipelines of OpSeF's demonstrations, and the made-up images that stand in for those that have to be fetched."""

import importlib.util
import sys

import numpy as np
import pytest

from opsef_core.ingest import dataset
from opsef_core.preprocess._ancestor import opsef_recipe
from opsef_core.run import Run, RunConfig

SHAPES = {  # axes and type, as the real ones have
    "cobblestones": ("YX", "uint8"),
    "leaves": ("CYX", "uint8"),
    "skeletal_muscle": ("YX", "uint8"),
    "kidney": ("CYX", "uint8"),
    "bbbc027": ("ZYX", "uint8"),
    "idr0077": ("ZYX", "uint16"),
    "idr0062": ("CZYX", "uint16"),
}
CLAHE = [(18, 18), 3]
CHANGES = ((False, "no", False), (True, "no", False), (False, "sobel", False), (False, "no", True))
FOUR = [["Median", 3, 50, "Max", clahe, CLAHE, edges, invert] for clahe, edges, invert in CHANGES]
EIGHT = [[*f, 0, "Max", c, CLAHE, e, i] for f in (("Median", 3), ("Mean", 7)) for c, e, i in CHANGES]
PAPER = {
    "cobblestones": FOUR,
    "leaves": FOUR,
    "small_fluorescent": EIGHT,
    "epithelial_cells": EIGHT,
    "skeletal_muscle": EIGHT,
    "colon": [["None", 0, 70, "Median", clahe, CLAHE, "no", False] for clahe in (False, True)],
}


@pytest.fixture(scope="module")
def make(root):
    before = list(sys.path)
    spec = importlib.util.spec_from_file_location("make_standins", root / "datasets" / "standins" / "make.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    sys.path[:] = before
    for name in (spec.name, "flat", "volumes"):
        sys.modules.pop(name)


@pytest.fixture(scope="module")
def made(make, tmp_path_factory):
    """A data folder with all of them."""
    folder = tmp_path_factory.mktemp("standins")
    assert make.main(["--to", str(folder)]) == 0
    return folder


@pytest.fixture
def here(made, monkeypatch):
    monkeypatch.setenv("OPSEF_DATA", str(made))


@pytest.fixture(scope="module")
def pipelines(root):
    return {p.stem.removeprefix("opsef_"): p for p in sorted((root / "pipelines").glob("opsef_*.yml"))}


def on_standin(path):
    """A pipeline on what is on every machine."""
    config = RunConfig.load(path)
    own = config.dataset == "bbbc038_sample"
    return config if own else config.model_copy(update={"dataset": f"{config.dataset}_standin"})


@pytest.mark.parametrize("name", list(SHAPES))
def test_a_standin_has_the_shape_of_the_real_one_and_says_what_it_is(here, name):
    data = dataset(f"{name}_standin")
    assert data.info.title.startswith(f"STAND-IN for {name}, made up: ")
    assert data.info.about.startswith("No real images.")
    assert data.info.classes == dataset(name).info.classes
    for image in data.images:
        assert image.name.startswith("standin_")
        assert (image.axes, str(image.pixels.dtype)) == SHAPES[name]
        pixels, ids = image.array(), data.truth[image.name].pixels
        assert len(np.unique(ids)) > 25
        assert 0.02 < (ids > 0).mean() < 0.85
        assert pixels.std() > 5


def test_the_same_one_comes_out_again(make, made, tmp_path):
    again = make.make("kidney", tmp_path / "again")
    for path in (p for p in again.rglob("*") if p.is_file()):
        assert path.read_bytes() == (made / "kidney_standin" / path.relative_to(again)).read_bytes(), path.name


def test_only_what_is_asked_for_is_made(make, made, tmp_path, capsys):
    assert make.main(["--to", str(tmp_path), "cobblestones"]) == 0
    assert [p.name for p in tmp_path.iterdir()] == ["cobblestones_standin"]
    assert make.main(["--to", str(tmp_path), "cobblestone"]) == 1
    assert "Did you mean 'cobblestones'?" in capsys.readouterr().out


def test_channels_and_voxel_size_of_the_embryos_are_told(here):
    image = dataset("idr0062_standin").images[0]
    assert list(image.channels) == ["LaminB1", "DAPI"]
    assert image.spacing_um == pytest.approx({"Z": 0.9, "Y": 0.3, "X": 0.3})


def test_there_is_a_pipeline_for_every_demonstration(pipelines):
    volumes = {"colon", "flower", "blastocysts", "neural_monolayer"}
    flat = {"small_fluorescent", "epithelial_cells", "purple_tissue", "cobblestones", "leaves", "skeletal_muscle"}
    assert set(pipelines) == volumes | flat | {"kidney", "small_fluorescent_all", "epithelial_cells_all"}


@pytest.mark.parametrize("name", list(PAPER))
def test_recipes_are_those_of_the_paper(pipelines, name):
    recipes = RunConfig.load(pipelines[name]).made_recipes()
    assert [r.as_list() for r in recipes] == [opsef_recipe(entry).as_list() for entry in PAPER[name]]


def test_kidney_has_the_recipes_of_the_paper_after_the_stain(pipelines):
    recipes = RunConfig.load(pipelines["kidney"]).made_recipes()
    assert [r.as_list()[1:] for r in recipes] == [opsef_recipe(entry).as_list() for entry in EIGHT]
    assert {r.as_list()[0]["step"] for r in recipes} == {"colour_deconvolution"}


def test_all_plan_on_what_is_here(here, pipelines, tmp_path):
    for name, path in pipelines.items():
        config = on_standin(path)
        assert config.title
        assert config.made_models()
        if config.dataset != "bbbc038_standin":
            plan = Run.from_config(tmp_path / name, config).plan()
            assert len(plan.todo) == len(plan.cells) > 1, name


def test_those_on_all_images_choose_what_they_say(pipelines):
    counts = {"small_fluorescent_all": 90, "epithelial_cells_all": 16}
    for name, count in counts.items():
        config = RunConfig.load(pipelines[name])
        assert len(dataset(config.dataset, **config.reading).files) == count


@pytest.mark.parametrize(("name", "axes", "by"), [("cobblestones", "YX", "ap50"), ("colon", "YX", "agreement")])
def test_flat_ones_run(here, pipelines, tmp_path, name, axes, by):
    config = on_standin(pipelines[name])
    cheap = [entry for entry in config.models if entry["model"] == "threshold"]
    run = Run.from_config(tmp_path / "run", config.model_copy(update={"models": cheap}))
    run.go(progress=False)
    assert (run.cells["status"] == "done").all()
    assert {image.axes for image in run.images} == {axes}
    best = run.score()[by].max()
    assert best > 0.1


@pytest.mark.parametrize(
    ("name", "model"),
    [("small_fluorescent", "threshold"), ("epithelial_cells", "unet"), ("purple_tissue", "threshold")],
)  # a threshold finds no nucleus in a smear that is stained as a whole
def test_those_on_real_images_run(pipelines, tmp_path, name, model):
    config = RunConfig.load(pipelines[name])
    cheap = [entry for entry in config.models if entry["model"] == model]
    run = Run.from_config(tmp_path / "run", config.model_copy(update={"models": cheap}))
    run.go(progress=False)
    scores = run.score()
    assert (scores["status"] == "done").all()
    assert scores["dsb_score"].max() > 0.1


def test_a_volume_is_segmented_in_three_dimensions(here, pipelines, tmp_path):
    config = on_standin(pipelines["blastocysts"])
    run = Run.from_config(tmp_path / "run", config.model_copy(update={"recipes": [[]]}))
    run.go(progress=False)
    scores = run.score()
    assert (scores["status"] == "done").all()
    assert run.best().pairs[0][1].axes == "ZYX"
    assert scores["ap50"].max() > 0.2
