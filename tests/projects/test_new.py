"""A new project is whole, runs as it is, and every reason why one cannot be made is a sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
import toy
import yaml

from opsef_core import Run, dataset
from opsef_core.__main__ import main
from opsef_core.errors import BadLabels, BadParameter, DiskFull, OpsefError
from opsef_core.projects import new, new_project
from opsef_core.run import RunConfig

WRITTEN = ["README.md", "dataset.yml", "notebook.ipynb", "pipeline.yml"]
CASES = (toy.one_disc, toy.touching_discs)


@pytest.fixture
def mine(tmp_path):
    """Two images in a folder with a difficult name, and their truth."""
    folder = tmp_path / "Größe 5 µm, day 1"
    for part in ("images", "truth"):
        (folder / part).mkdir(parents=True)
    for case in CASES:
        image, truth = case()
        tifffile.imwrite(folder / "images" / f"{image.name}.tif", image.pixels)
        tifffile.imwrite(folder / "truth" / f"{image.name}_mask.tif", truth.pixels.astype("uint16"))
    return folder


def begun(tmp_path, mine, **more):
    return new_project(tmp_path / "my project é", mine / "images", **more)


def only_threshold(project):
    """The project with a model that needs no network."""
    path = project.folder / "pipeline.yml"
    text = path.read_text("utf8")
    path.write_text(text.replace("  - {model: unet, seed_threshold: {either: [0.4, 0.6]}}\n", ""), "utf8")
    assert "{model: unet" not in path.read_text("utf8")
    return path


def parameters(project):
    """What the cell of parameters says."""
    cells = json.loads((project.folder / "notebook.ipynb").read_text("utf8"))["cells"]
    (cell,) = [c for c in cells if "parameters" in c["metadata"].get("tags", [])]
    values = {}
    exec("".join(cell["source"]), values)
    return values


def nothing_is_left(folder, *names):
    assert sorted(p.name for p in folder.iterdir()) == sorted(names)


# --- what is written ------------------------------------------------------------------------------------------


def test_images_and_truth_are_listed_and_stay_where_they_are(tmp_path, mine):
    project = begun(tmp_path, mine, truth=mine / "truth")
    assert sorted(p.name for p in project.folder.iterdir()) == WRITTEN
    assert (project.n_images, project.n_truth) == (2, 2)
    data = dataset(project.folder, **project.reading)
    for case in CASES:
        image, truth = case()
        (found,) = [i for i in data.images if i.name == f"{image.name}.tif"]
        assert np.array_equal(found.array(), image.pixels)
        assert np.array_equal(data.truth[found.name].pixels, truth.pixels)
    assert data.info.title == "my project é"
    assert parameters(project)["reading"] == RunConfig.load(project.folder / "pipeline.yml").reading == project.reading
    assert "2 images, 2 with truth" in repr(project)


def test_without_truth_and_by_pattern(tmp_path, mine):
    project = new_project(tmp_path / "p", [mine / "images" / "one*.TIF"])
    assert (project.n_images, project.n_truth) == (1, 0)
    assert not dataset(project.folder, **project.reading).truth


def test_some_truth_is_missing(tmp_path, mine):
    (mine / "truth" / "one_disc_mask.tif").unlink()
    project = begun(tmp_path, mine, truth=mine / "truth")
    assert project.n_truth == 1
    assert "Without truth: one_disc.tif." in repr(project)


def test_the_sample_is_copied_with_its_checksums(tmp_path):
    project = new_project(tmp_path / "first")
    assert project.reading == {}
    assert project.n_images == project.n_truth == 5
    data = dataset(project.folder)
    assert data.info.doi == "10.1038/s41592-019-0612-7"
    assert all(f.image_sha256 and f.truth_sha256 for f in data.files)
    assert all(data.truth[i.name].count for i in data.images)


def test_an_empty_folder_is_filled_and_hidden_files_stay(tmp_path, mine):
    place = tmp_path / "repository"
    (place / ".git").mkdir(parents=True)
    new_project(place, mine / "images")
    assert sorted(p.name for p in place.iterdir()) == sorted([*WRITTEN, ".git"])


@pytest.mark.parametrize(
    ("axes", "shape", "reading", "said"),
    [
        ("ZYX", (4, 30, 40), {"project": "max"}, "stacks"),
        ("CYX", (2, 30, 40), {"channel": "0"}, "channels 0, 1"),
        ("TYX", (3, 30, 40), {"t": 0}, "time series"),
    ],
)
def test_stacks_channels_and_series_are_read_so_that_every_model_takes_them(tmp_path, axes, shape, reading, said):
    pixels = np.random.default_rng(0).integers(0, 200, shape, np.uint8)
    tifffile.imwrite(tmp_path / "a.ome.tif", pixels, metadata={"axes": axes})
    project = new_project(tmp_path / "p", tmp_path / "a.ome.tif")
    assert {k: v for k, v in project.reading.items() if k != "folder"} == reading
    assert said in repr(project)
    (image,) = dataset(project.folder, **project.reading).images
    assert image.axes == "YX"
    assert image.shape == {"Y": 30, "X": 40}


@pytest.mark.parametrize(
    ("truth", "image"),
    [
        ("a.png", "a.tif"),
        ("a_1_mask.tif", "a_1.tif"),
        ("a_masks.tif", "a.tif"),
        ("a-1.tif", "a.tif"),
        ("b.c.tif", None),
    ],
)
def test_a_truth_belongs_to_the_longest_name_it_begins_with(tmp_path, truth, image):
    from opsef_core.projects._described import _matched

    paths = [tmp_path / name for name in ("a.tif", "a_1.tif", "a_10.tif", "c.ome.tif")]
    if image is None:
        with pytest.raises(BadParameter, match=r"images are a\.tif, a_1\.tif, a_10\.tif and 1 more; the truth is b\.c"):
            _matched(paths, [tmp_path / truth])
    else:
        assert _matched(paths, [tmp_path / truth]) == {tmp_path / image: tmp_path / truth}


# --- it runs --------------------------------------------------------------------------------------------------


def test_the_pipeline_runs_from_any_folder(tmp_path, mine, monkeypatch, capsys):
    project = begun(tmp_path, mine, truth=mine / "truth")
    path = only_threshold(project)
    monkeypatch.chdir(tmp_path)
    assert main(["run", str(path.relative_to(tmp_path)), "--device", "cpu"]) == 0
    assert "8 label images" in capsys.readouterr().out
    assert (tmp_path / "runs" / "pipeline" / "report.html").exists()
    monkeypatch.chdir(project.folder)
    run = Run.from_yaml("pipeline.yml", "runs/again")
    run.go(progress=False)
    assert (run.score()["dsb_score"] > 0.5).all()
    assert run.title == project.folder.name


def test_the_notebook_keeps_the_house_rules(tmp_path, mine):
    cells = json.loads((new.TEMPLATES / "notebook.ipynb").read_text("utf8"))["cells"]
    code = [c for c in cells if c["cell_type"] == "code"]
    assert len(code) < 20
    assert all(c["outputs"] == [] and c["execution_count"] is None and len(c["source"]) <= 15 for c in code)
    project = begun(tmp_path, mine)
    whole = "".join((project.folder / name).read_text("utf8") for name in WRITTEN)
    assert not [name for name in ("$name$", "$title$", "$reading$", "$where$") if name in whole]
    assert {"dataset", "reading", "run_folder", "device"} <= set(parameters(project))


def test_the_notebook_runs(tmp_path, mine, monkeypatch):
    papermill = pytest.importorskip("papermill")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)
    project = begun(tmp_path, mine)  # without truth
    out = tmp_path / "out.ipynb"
    papermill.execute_notebook(
        project.folder / "notebook.ipynb", out, {"device": "cpu"}, cwd=project.folder, progress_bar=False
    )
    left = project.folder / "runs" / "first"
    assert (left / "report.html").stat().st_size > 10_000
    assert RunConfig.load(left / "pipeline.yml").dataset == "."
    assert (left / "export" / "label_tiff" / "objects.csv").exists()


# --- what cannot be -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("what?", r"'what\?': \? is not allowed"),
        ("a:b", ": is not allowed"),
        ("bell\x7f", "a sign that cannot be seen"),
        ("-x", "begins with a dot, a space or a dash"),
        ("end.", "ends with a dot"),
        ("NUL", "Windows keeps this name"),
        ("com1.project", "Windows keeps this name"),
        ("long" * 40, "longer than 100 bytes"),
        ("  ", "needs a name"),
        ("C:\\data\\mine", "written like a path of Windows"),
        ("data\\mine", "written like a path of Windows"),
        ("no/such/folder", "There is no folder .*such to make the project folder in"),
    ],
)
def test_names_that_cannot_be(tmp_path, monkeypatch, name, said):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BadParameter, match=said):
        new_project(name)
    nothing_is_left(tmp_path)


def test_a_folder_that_holds_something_is_left_alone(tmp_path, mine):
    place = tmp_path / "p"
    place.mkdir()
    (place / "dataset.yml").write_text("mine")
    with pytest.raises(BadParameter, match=r"exists and is not empty: it holds dataset\.yml"):
        new_project(place, mine / "images")
    nothing_is_left(place, "dataset.yml")
    assert (place / "dataset.yml").read_text() == "mine"
    with pytest.raises(BadParameter, match="is a file; a project needs a folder"):
        new_project(place / "dataset.yml")


@pytest.mark.parametrize(
    ("images", "said"),
    [
        ("texts", r"No image in the folder .*It holds|holds 1 \.txt.*Images end in .*\.tif"),
        ("nowhere", "There is no file or folder"),
        ("D:\\scans", "There is no file or folder D:.scans. Here folders are separated by a slash"),
        ("broken", "Not one of the images can be read. a.tif: "),
    ],
)
def test_images_that_are_none(tmp_path, monkeypatch, images, said):
    monkeypatch.chdir(tmp_path)
    for folder, name in (("texts", "a.txt"), ("broken", "a.tif")):
        Path(folder).mkdir()
        (Path(folder) / name).write_text("no image")
    with pytest.raises(OpsefError, match=said):
        new_project("p", images)
    nothing_is_left(tmp_path, "texts", "broken")


def test_truth_of_another_size(tmp_path, mine):
    tifffile.imwrite(mine / "truth" / "one_disc_mask.tif", np.ones((5, 5), np.uint8))
    with pytest.raises(BadLabels, match=r"The truth of one_disc\.tif has the shape .*, the image"):
        begun(tmp_path, mine, truth=mine / "truth")
    nothing_is_left(tmp_path, mine.name)


def test_truth_that_is_black_and_white(tmp_path, mine):
    for case in (toy.mixed_sizes, toy.many_discs):
        image, truth = case()
        tifffile.imwrite(mine / "images" / f"{image.name}.tif", image.pixels)
        tifffile.imwrite(mine / "truth" / f"{image.name}.tif", np.where(truth.pixels, 255, 0).astype("uint8"))
    for path in (mine / "truth").glob("*_mask.tif"):
        tifffile.imwrite(path, np.where(tifffile.imread(path), 255, 0).astype("uint8"))
    with pytest.raises(BadLabels, match=r"black and white: in many_discs\.tif all \d+ objects have the value 255"):
        begun(tmp_path, mine, truth=mine / "truth")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["other.tif"], "No truth belongs to any image"),
        (["one_disc.tif", "one_disc_2.png"], r"one_disc\.tif has two truths"),
        (["notes.csv"], r"No label image in the folder .*It holds 1 \.csv"),
        ([], "It holds nothing"),
    ],
)
def test_truth_that_does_not_fit(tmp_path, mine, names, said):
    truth = tmp_path / "other truth"
    truth.mkdir()
    for name in names:
        (truth / name).write_bytes(b"")
    with pytest.raises(OpsefError, match=said):
        begun(tmp_path, mine, truth=truth)
    nothing_is_left(tmp_path, mine.name, truth.name)


def test_truth_without_images_or_nowhere(tmp_path, mine):
    with pytest.raises(BadParameter, match="Truth belongs to images"):
        new_project(tmp_path / "p", truth=mine / "truth")
    with pytest.raises(BadParameter, match="There is no folder .*nowhere with truth"):
        begun(tmp_path, mine, truth=tmp_path / "nowhere")


@pytest.mark.parametrize(("number", "error"), [(13, BadParameter), (30, BadParameter), (28, DiskFull)])
@pytest.mark.parametrize("when", ["mkdir", "write_text", "rename"])
def test_a_folder_that_cannot_be_written_is_left_as_it_was(tmp_path, mine, monkeypatch, number, error, when):
    from opsef_core import projects

    def refused(*_, **__):
        raise OSError(number, "it may not be")

    monkeypatch.setattr(projects.new.Path, when, refused)
    with pytest.raises(error, match="could not be written: it may not be|the disk is full"):
        begun(tmp_path, mine)
    monkeypatch.undo()
    nothing_is_left(tmp_path, mine.name)


def test_an_empty_folder_stays_empty_if_something_goes_wrong(tmp_path, mine, monkeypatch):
    place = tmp_path / "p"
    place.mkdir()
    rename, moved = Path.rename, []

    def third_time(self, target):
        if len(moved) == 2:
            moved.append(None)
            raise OSError(13, "it may not be")
        moved.append(target)
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", third_time)
    with pytest.raises(BadParameter, match="could not be written"):
        new_project(place, mine / "images")
    nothing_is_left(place)


def test_the_command_says_what_it_wrote_or_why_not(tmp_path, mine, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    words = ["new", "p", "--images", str(mine / "images"), "--truth", str(mine / "truth")]
    assert main(words) == 0
    assert "opsef run p/pipeline.yml" in capsys.readouterr().out
    assert main(words) == 2
    assert "exists and is not empty" in " ".join(capsys.readouterr().err.split())
    assert yaml.safe_load((tmp_path / "p" / "dataset.yml").read_text("utf8"))["title"] == "p"


def test_the_templates_are_packaged(root):
    import tomllib

    project = tomllib.loads((root / "pyproject.toml").read_text("utf8"))
    assert "projects/templates/*" in project["tool"]["setuptools"]["package-data"]["opsef_core"]
