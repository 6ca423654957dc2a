"""What an analyst does wrong, or meets, at a notebook: each gets a sentence that says what to do.

Wrong dataset name, folder without images, missing optional package, kernel restart in the middle, running a notebook
twice, running two at once on one run folder: here. Read-only folder, path with spaces and non-ASCII: in
test_bad_input_folders.py. Windows-style paths in YAML: in test_bad_input_paths.py. The calls are those of notebooks.
"""

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest
from level_family import RIGHT
from nbclient import NotebookClient
from perfect_painter import FEW, POOR, images
from toy_run import a_run, truth_of

import opsef_core as opsef
from opsef_core import model
from opsef_core.alone import working
from opsef_core.errors import (
    BadConfig,
    BadParameter,
    BadRunFolder,
    MissingPackage,
    UnknownName,
    UnreadableFile,
)
from opsef_core.projects import batch
from opsef_core.run import write_table

TESTS = Path(__file__).parents[1]


# --- wrong dataset name, folder without images --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: opsef.dataset("bbbc038_sampel"), UnknownName, "Did you mean 'bbbc038_sample'? Known: "),
        (lambda: opsef.dataset(3), UnknownName, "There is no data set called '3'."),
        (lambda: opsef.images(None), UnreadableFile, "Images are given as a folder, a pattern, a file"),
        (lambda: opsef.dataset("bbbc038_sample", where={"imageclass": "x"}), UnknownName, "Did you mean 'image_class'"),
        (lambda: opsef.dataset("."), BadConfig, "is no data set: it has no dataset.yml. To read its images: images("),
        (lambda: opsef.images("."), UnreadableFile, "No image in the folder .. The folder . holds 1 .txt. Images"),
        (lambda: opsef.images("*.tif"), UnreadableFile, "Nothing matches *.tif. The folder . holds 1 .txt."),
        (lambda: opsef.images("scans"), UnreadableFile, "There is no file or folder scans. The folder . holds 1 .txt."),
        (lambda: opsef.Run("run", [], models=[model("threshold")]), BadParameter, "image"),
    ],
    ids=["name", "number", "nothing", "column", "folder of images", "no images", "no match", "no folder", "empty list"],
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
    "preview": lambda w, run, pair: w.preview(pair[0], opsef.Recipe([opsef.step("median")])),
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


def test_two_trainings_or_adaptations_at_once_in_one_folder(level, new, old, painter, tmp_path):
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
