import pytest

from opsef_core.errors import BadConfig, BadParameter, UnknownName
from opsef_core.models import model
from opsef_core.preprocess import grid, step
from opsef_core.run import Run, RunConfig

TEXT = """
dataset: bbbc038_sample
recipes:
  grid:
    - {either: [null, {step: median, size_px: {either: [3, 5]}}]}
    - {step: invert}
models:
  - {model: threshold}
  - {model: noop, offset: {either: [1, 2]}}
passes:
  - {pass: size, min_area_px: 20}
"""


def written(tmp_path, text):
    file = tmp_path / "pipeline.yml"
    file.write_text(text, encoding="utf8")
    return file


def test_alternatives_are_multiplied_out(tmp_path):
    config = RunConfig.load(written(tmp_path, TEXT))
    assert [r.title for r in config.made_recipes()] == ["invert", "median + invert", "median(size_px=5) + invert"]
    assert [m.title for m in config.made_models()] == ["threshold", "noop(offset=1)", "noop(offset=2)"]
    assert [p.title for p in config.made_passes()] == ["size(min_area_px=20)"]


def test_what_a_run_saves_makes_the_same_run(tmp_path, pairs):
    images = [i for i, _ in pairs]
    run = Run(tmp_path / "a", images, grid(step("median", size_px=5)), [model("noop", offset=3)], seed=4, title="ä")
    again = Run.from_config(tmp_path / "b", RunConfig.load(run.save(tmp_path / "saved.yml")), images)
    assert again.config == run.config
    assert [c.key for c in again.plan().cells] == [c.key for c in run.plan().cells]


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        ("models: [{model: threshold}]\nimags: x", BadConfig, "called 'imags'. Did you mean 'images'"),
        ("models: [{model: treshold}]", UnknownName, "There is no model called 'treshold'. Did you mean 'threshold'?"),
        ("models: [{model: noop, ofset: 1}]", BadParameter, "called 'ofset'. Did you mean 'offset'"),
        ("models: [threshold]", BadConfig, "models.0 = 'threshold' is not possible"),
        ("models: []", BadConfig, "models = \\[\\] is not possible"),
        ("models: [{modl: x}]", BadConfig, r"An entry must look like \{model: name, parameter: value\}"),
        ("models: [{model: noop, offset: {either: 3}}]", BadParameter, "`either` needs a list of alternatives, not 3"),
        ("models: [{model: noop, offset: x}]", BadParameter, "model 'noop': offset = 'x' is not possible"),
        ("format: 9\nmodels: [{model: noop}]", BadConfig, "has format 9; this version of opsef-core reads format 1"),
        ("dataset: a\nimages: b\nmodels: [{model: noop}]", BadConfig, "give `dataset` or `images`, not both"),
        ("just words", BadConfig, "must be a YAML mapping with the keys"),
        ("a: [", BadConfig, "is not readable as YAML"),
    ],
)
def test_mistakes_in_the_file(tmp_path, text, error, message):
    with pytest.raises(error, match=message):
        RunConfig.load(written(tmp_path, text)).made_models()


def test_unknown_step_in_a_recipe(tmp_path):
    text = "models: [{model: noop}]\nrecipes: [[{step: medan}]]"
    with pytest.raises(UnknownName, match="There is no step called 'medan'. Did you mean 'median'"):
        RunConfig.load(written(tmp_path, text)).made_recipes()


def test_missing_file(tmp_path):
    with pytest.raises(BadConfig, match="There is no pipeline file"):
        RunConfig.load(tmp_path / "no.yml")


def test_a_pipeline_without_images(tmp_path):
    config = RunConfig.load(written(tmp_path, "models: [{model: noop}]"))
    with pytest.raises(BadConfig, match="names no `dataset` and no `images`; give the images themselves"):
        Run.from_config(tmp_path / "run", config)


def test_the_shipped_pipelines_are_understood(root):
    files = [f for f in sorted((root / "pipelines").glob("*.yml")) if not f.stem.startswith(("adapt_", "tune_"))]
    assert files
    for file in files:
        config = RunConfig.load(file)
        assert config.made_recipes()
        assert config.made_models()
        config.made_passes()


@pytest.mark.parametrize(
    ("file", "command"), [("zoo/unet.yml", "train"), ("adapt_folder.yml", "adapt"), ("tune_threshold.yml", "tune")]
)
def test_another_file_given_as_a_sweep_is_told_apart(root, file, command):
    with pytest.raises(BadConfig) as caught:
        RunConfig.load(root / "pipelines" / file)
    assert str(caught.value).endswith(f"{file} is no file for opsef run; it belongs to opsef {command}.")
