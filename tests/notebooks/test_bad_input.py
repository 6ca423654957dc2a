"""What an analyst does wrong, or meets, at a notebook: each gets a sentence that says what to do.

Wrong dataset name, folder without images, missing optional package, kernel restart in the middle, running a notebook
twice, running two at once on one run folder, read-only folder, path with spaces and non-ASCII, Windows-style paths in
YAML. The calls are those the notebooks make.
"""

import errno
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path

import imageio.v3 as imageio
import nbformat
import pytest
import tifffile
import toy
import yaml
from level_family import RIGHT, level, pictures  # noqa: F401
from nbclient import NotebookClient
from perfect_painter import FEW, POOR, images, new, no_pictures, old, painter  # noqa: F401

import opsef_core as opsef
from opsef_core import model
from opsef_core.alone import working
from opsef_core.errors import (
    BadConfig,
    BadParameter,
    BadRunFolder,
    CannotWrite,
    MissingPackage,
    MissingWeights,
    OpsefError,
    UnknownName,
    UnreadableFile,
)
from opsef_core.projects import batch, new_project
from opsef_core.refine import FORMATS
from opsef_core.run import RunConfig, write_table
from opsef_core.run.adaptation.config import AdaptConfig
from opsef_core.run.train import train
from opsef_core.run.tune import TuneConfig

TESTS = Path(__file__).parents[1]
ODD = "Größe µm 細胞"


@pytest.fixture
def pairs():
    return [toy.one_disc(), toy.touching_discs()]


def a_run(folder, pairs, **options):
    return opsef.Run(folder, images(pairs), models=[model("threshold")], **options)


def truth_of(pairs):
    return [labels for _, labels in pairs]


# --- wrong dataset name, folder without images --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: opsef.dataset("bbbc038_sampel"), UnknownName, "Did you mean 'bbbc038_sample'? Known: "),
        (lambda: opsef.dataset("bbbc038_sample", where={"imageclass": "x"}), UnknownName, "Did you mean 'image_class'"),
        (lambda: opsef.dataset("."), BadConfig, "is no data set: it has no dataset.yml. To read its images: images("),
        (lambda: opsef.images("."), UnreadableFile, "No image in the folder .. The folder . holds 1 .txt. Images"),
        (lambda: opsef.images("*.tif"), UnreadableFile, "Nothing matches *.tif. The folder . holds 1 .txt."),
        (lambda: opsef.images("scans"), UnreadableFile, "There is no file or folder scans. The folder . holds 1 .txt."),
        (lambda: opsef.Run("run", [], models=[model("threshold")]), BadParameter, "image"),
    ],
    ids=["name", "column", "folder of images", "no images", "no match", "no folder", "empty list"],
)
def test_wrong_dataset_name_and_folder_without_images(call, error, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("notes.txt").write_text("no image")
    with pytest.raises(error) as caught:
        call()
    assert said in str(caught.value)


def test_what_an_analyst_sees_is_the_sentence_and_the_rest_on_demand(tmp_path):
    cells = ["import opsef_core as opsef", "opsef.dataset('bbbc038_sampel')", "%tb"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    NotebookClient(notebook, timeout=120, allow_errors=True, resources={"metadata": {"path": str(tmp_path)}}).execute()
    shown, asked = ("\n".join(cell.outputs[0].traceback).strip() for cell in notebook.cells[1:])
    assert shown.startswith("UnknownName: There is no data set called 'bbbc038_sampel'. Did you mean 'bbbc038_sample'?")
    assert len(shown.splitlines()) == 3
    assert "%tb" in shown.splitlines()[-1]
    assert "_dataset_file.py" in asked
    assert "There is no data set called" in asked


# --- missing optional package -------------------------------------------------------------------------------------


@pytest.fixture
def without(monkeypatch):
    """Make packages look as if they were not installed: they are not found, and to import them fails."""
    gone, find = set(), importlib.util.find_spec

    class Blocker:
        def find_spec(self, name, path=None, target=None):
            if name.split(".")[0] in gone:
                raise ModuleNotFoundError(f"No module named {name!r}")

    def take_away(*packages):
        gone.update(packages)
        for name in [n for n in sys.modules if n.split(".")[0] in gone]:
            monkeypatch.delitem(sys.modules, name)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *rest: None if name in gone else find(name, *rest))
    monkeypatch.setattr(sys, "meta_path", [Blocker(), *sys.meta_path])
    return take_away


WIDGETS = {
    "explore": lambda w, run, pair: w.explore(run),
    "rate": lambda w, run, pair: w.rate(run),
    "quiz": lambda w, run, pair: w.quiz([pair[0]], [pair[0]]),
    "annotate": lambda w, run, pair: w.annotate([pair[0]]),
}


@pytest.mark.parametrize("package", ["anywidget", "ipywidgets"])
@pytest.mark.parametrize("widget", WIDGETS)
def test_missing_package_of_a_widget(widget, package, pairs, tmp_path, without, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = a_run("run", pairs)
    without(package)
    with pytest.raises(MissingPackage, match=rf'needs the package {package}.*pip install "opsef-core\[notebook\]"'):
        WIDGETS[widget](opsef.widgets, run, pairs[0])


@pytest.mark.parametrize(
    ("name", "package", "extra"),
    [("unet", "torch", "torch"), ("nucleaizer", "torchvision", "torch"), ("cellpose", "cellpose", "cellpose"),
     ("stardist", "stardist", "stardist")],
)  # fmt: skip
def test_missing_package_of_a_model(name, package, extra, pairs, tmp_path, without):
    without(package)
    said = rf'needs the package {package}.*pip install "opsef-core\[{extra}\]"'
    with pytest.raises(MissingPackage, match=said):
        model(name)(pairs[0][0])
    with pytest.raises(MissingPackage, match=said):
        opsef.fit(model(name), pairs, tmp_path / "fit")
    run = opsef.Run(tmp_path / "run", images(pairs), models=[model("threshold"), model(name)])
    run.go(progress=False)  # the others go on
    rows = run.cells.set_index(["model", "image"])
    assert set(rows.loc["threshold", "status"]) == {"done"}
    assert rows.loc[name, "reason"].str.match(f".*{said}").all()


@pytest.mark.parametrize(
    ("suffix", "package", "begins"),
    [("czi", "pylibCZIrw", b"ZISRAWFILE"), ("lif", "liffile", b"\x70\0\0\0"), ("nd2", "nd2", b"\xda\xce\xbe\x0a")],
)
def test_missing_package_of_a_file_format(suffix, package, begins, tmp_path, without):
    (tmp_path / f"a.{suffix}").write_bytes(begins + bytes(1000))
    without(package)
    said = rf'needs the package {package}.*pip install "opsef-core\[formats\]"'
    with pytest.raises(MissingPackage, match=said):
        opsef.read(tmp_path / f"a.{suffix}")
    (bad,) = opsef.images(tmp_path).failed
    assert package in bad.reason


def test_missing_package_of_a_search_a_batch_and_a_parquet_table(pairs, tmp_path, without):
    without("optuna", "papermill", "pyarrow")
    with pytest.raises(MissingPackage, match=r'optuna.*pip install "opsef-core\[search\]"'):
        opsef.tune(model("threshold"), pairs)
    pipeline = tmp_path / "p.yml"
    pipeline.write_text("models: [{model: threshold}]")
    with pytest.raises(MissingPackage, match=r'papermill.*pip install "opsef-core\[notebook\]"'):
        batch(pipeline, "bbbc038_sample", tmp_path / "batch")
    with pytest.raises(BadParameter, match="pip install pyarrow - or write t.csv"):
        write_table(opsef.steps_table(), tmp_path / "t.parquet")


def test_missing_torch_of_an_adaptation(pairs, tmp_path, without):
    without("torch")
    with pytest.raises(MissingPackage, match=r'torch.*pip install "opsef-core\[torch\]"'):
        opsef.adapt(images(pairs), model("unet"), tmp_path / "adapted")


# --- kernel restart in the middle, twice, two at once -------------------------------------------------------------

HALF = """
import sys, time
sys.path.insert(0, sys.argv[2])
import toy
import opsef_core as opsef
from opsef_core.run.store import Store

keep = Store.put_row

def half(self, key, row):
    keep(self, key, row)
    print("kept", flush=True)
    time.sleep(600)

Store.put_row = half
pairs = [toy.one_disc(), toy.touching_discs()]
opsef.Run(sys.argv[1], [image for image, _ in pairs], models=[opsef.model("threshold")]).go(progress=False)
"""


@pytest.fixture
def half_done(tmp_path):
    """A run folder in which another process has computed one of two results, and goes on until it is ended."""
    folder = tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", HALF, folder, TESTS], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "kept\n"
    yield folder, process
    process.kill()
    process.communicate()


def test_two_at_once_on_one_run_folder_and_kernel_restart_in_the_middle(half_done, pairs):
    folder, process = half_done
    run = a_run(folder, pairs)  # reading, scoring and reporting are for both
    assert list(run.cells["status"]) == ["done", "waiting"]
    assert run.labels(run.cells["key"][0]).count == 1
    run.score(truth_of(pairs))
    assert opsef.report(run).is_file()
    with pytest.raises(BadRunFolder) as caught:
        run.go(progress=False)
    assert f"Another notebook or program computes in {folder} now (process {process.pid} on " in str(caught.value)
    assert "Wait until it is done and do this again" in str(caught.value)
    assert "Or give another folder" in str(caught.value)

    process.kill()  # what a restart of the kernel does
    process.wait()
    first = folder / "cells" / f"{run.cells['key'][0]}.json"
    before = first.stat().st_mtime_ns
    run = a_run(folder, pairs)
    run.go(progress=False)
    assert list(run.cells["status"]) == ["done", "done"]
    assert first.stat().st_mtime_ns == before


def test_two_trainings_or_adaptations_at_once_in_one_folder(level, new, old, painter, tmp_path):  # noqa: F811
    for name, act in {
        "fit": lambda to: opsef.fit(level.start(RIGHT, f"start {to.name}"), old, to, steps=2, progress=False),
        "adapt": lambda to: opsef.adapt(images(new), level.start(POOR, f"start {to.name}"), to, annotated=old, **FEW),
    }.items():
        (tmp_path / name).mkdir()
        with working(tmp_path / name), pytest.raises(BadRunFolder, match="Another notebook or program computes in"):
            act(tmp_path / name)


def test_running_a_notebook_twice(pairs, tmp_path):
    seen = []
    for _ in range(2):
        run = a_run(tmp_path / "run", pairs)
        said = repr(run.go(progress=False))
        scores = run.score(truth_of(pairs))
        opsef.report(run)
        opsef.export(run.best(), to="label_tiff")
        seen.append((said, scores, {p: p.stat().st_mtime_ns for p in run.folder.rglob("*") if p.is_file()}))
        time.sleep(0.01)
    (said, told, first), (again, scores, files) = seen
    assert files.keys() == first.keys()  # nothing half-written, nothing new
    kept = ("cells", "labels", "fingerprints")
    same = {p for p in files if p.parent.name in kept or p.name in ("run.yml", "record.json")}
    assert len(same) > 4
    assert {p: files[p] for p in same} == {p: first[p] for p in same}
    assert scores.equals(told)
    assert said == "2 label images, 3 objects"
    assert again == "2 label images, 3 objects; all were there already, nothing was computed"


# --- read-only folder ---------------------------------------------------------------------------------------------


@pytest.fixture
def read_only(monkeypatch):
    """Let nothing in a folder be made, written or removed any more; also for root, who may do everything."""
    frozen = []
    opened, made, removed = Path.open, Path.mkdir, Path.unlink

    def check(path):
        if any(Path(path).absolute().is_relative_to(folder) for folder in frozen):
            raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    def careful_open(self, mode="r", *more, **options):
        if set(mode) & set("wax+"):
            check(self)
        return opened(self, mode, *more, **options)

    def careful_mkdir(self, *more, **options):
        if not self.is_dir():
            check(self)
        return made(self, *more, **options)

    def careful_unlink(self, missing_ok=False):
        if self.exists():
            check(self)
        return removed(self, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "open", careful_open)
    monkeypatch.setattr(Path, "mkdir", careful_mkdir)
    monkeypatch.setattr(Path, "unlink", careful_unlink)
    return frozen.append


SAID = r"cannot be (written|made): Read-only file system.* Choose a folder (that exists and )?that you may write in"


def test_read_only_folder_for_something_new(pairs, tmp_path, read_only, level, new, old, painter):  # noqa: F811
    run = a_run(tmp_path / "run", pairs)
    run.go(progress=False)
    run.score(truth_of(pairs))
    pipeline = run.save(tmp_path / "p.yml")
    good, poor = level.start(RIGHT, "good"), level.start(POOR, "poor")
    there = tmp_path / "there"
    there.mkdir()
    read_only(there)
    for act in (
        lambda to: a_run(to, pairs),
        lambda to: opsef.export(run.best(), folder=to),
        lambda to: opsef.fit(good, old, to, steps=2, progress=False),
        lambda to: opsef.adapt(images(new), poor, to, annotated=old, **FEW),
        lambda to: batch(pipeline, "bbbc038_sample", to),
        lambda to: run.save(to / "pipeline.yml"),
        lambda to: opsef.Recipe().to_yaml(to / "recipe.yml"),
    ):
        with pytest.raises((BadRunFolder, CannotWrite), match=SAID):
            act(there)
        with pytest.raises(
            (BadRunFolder, CannotWrite), match=SAID if act.__code__.co_names[0] != "run" else "cannot be"
        ):
            act(there / "new")
        assert not list(there.iterdir())
    with pytest.raises(BadParameter, match="Read-only file system. Choose a folder you may write in"):
        new_project(there / "project")
    with pytest.raises(CannotWrite, match=SAID):
        write_table(run.cells, there / "t.csv")
    with pytest.raises(BadParameter, match="Read-only file system"):
        opsef.widgets.quiz(images(pairs), images(pairs), folder=there / "quiz")


def test_read_only_folder_of_a_run_that_exists(pairs, tmp_path, read_only):
    run = a_run(tmp_path / "run", pairs)
    run.go(progress=False)
    run.score(truth_of(pairs))
    read_only(run.folder)
    run = a_run(run.folder, pairs)  # looking is allowed
    assert run.go
    assert [labels.count for labels in (run.labels(key) for key in run.cells["key"])] == [1, 2]
    assert len(run.best().pairs) == 2
    more = opsef.Recipe([opsef.step("median")])
    for act in (
        lambda: run.go(progress=False),
        lambda: run.score(truth_of(pairs)),
        lambda: opsef.report(run),
        lambda: opsef.export(run.best(), to="coco"),
        lambda: opsef.Run(run.folder, images(pairs), more, [model("threshold")]).go(progress=False),
    ):
        with pytest.raises(CannotWrite, match=SAID):
            act()


def test_read_only_folder_in_the_middle(pairs, tmp_path, read_only):
    run = a_run(tmp_path / "run", pairs)
    read_only(run.folder / "labels")
    with pytest.raises(CannotWrite, match=SAID):
        run.go(progress=False)
    assert list(run.cells["status"]) == ["waiting", "waiting"]  # no row says that the image failed


# --- path with spaces and non-ASCII -------------------------------------------------------------------------------


def test_path_with_spaces_and_non_ascii(tmp_path):
    home = tmp_path / ODD / "Bilder 1"
    home.mkdir(parents=True)
    ids = toy.discs((64, 80), (32, 20, 9), (32, 52, 9))
    tifffile.imwrite(home / f"{ODD} 1.tif", toy.picture(ids))
    imageio.imwrite(home / "größer 2.png", toy.picture(ids, seed=1))
    imageio.imwrite(home / "wahr 2.png", ids.astype("uint8"))
    files = [{"image": f"{ODD} 1.tif"}, {"image": "größer 2.png", "truth": "wahr 2.png"}]
    told = {"title": ODD, "licence": "CC0-1.0", "source": ODD, "files": files}
    (home / "dataset.yml").write_text(yaml.safe_dump(told, allow_unicode=True), "utf8")
    pipeline = home / "Ablauf µ.yml"
    pipeline.write_text(yaml.safe_dump({"dataset": ".", "models": [{"model": "threshold"}]}), "utf8")

    run = opsef.Run.from_yaml(pipeline, home / "Lauf 1")
    assert "2 label images, 4 objects" in repr(run.go(progress=False))
    run.score()
    page = opsef.report(run)
    assert ODD in page.read_text("utf8")
    best = opsef.Run.open(run.folder).best()
    for name in FORMATS.names():
        folder = opsef.export(best, to=name, folder=home / f"für {name}", outlines=True)
        back = opsef.reimport(folder)
        assert [labels.count for labels in back.labels.values()] == [2, 2], name
        assert set(back.found_images) == {f"{ODD} 1.tif", "größer 2.png"}, name
    again = run.save(home / "gespeichert 細.yml")
    assert RunConfig.load(again) == run.config
    project = new_project(home / "Projekt µ", images=str(home / "*.tif"))
    assert len(opsef.dataset(project.folder, **project.reading).images) == 1


# --- Windows-style paths in YAML ----------------------------------------------------------------------------------

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
