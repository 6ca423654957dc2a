"""One notebook for many data sets: what is kept, what is not done twice, what fails in words, what ends with what."""

import json
import shutil
import sys
from pathlib import Path

import nbformat
import pandas as pd
import pytest
import tifffile
import toy
from batch_inputs import PIPELINE, put_dataset, put_images, put_notebook

from opsef_core.__main__ import main
from opsef_core.errors import BadConfig, BadParameter, BadRunFolder, MissingPackage, UnknownName, UnreadableFile
from opsef_core.projects import batch
from opsef_core.projects._batch import crew, shelf

MODULE = sys.modules["opsef_core.projects.batch"]  # its name in the room is the function
DEFAULT = MODULE.DEFAULT


@pytest.fixture(autouse=True)
def _plain(monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)


@pytest.fixture
def pipeline(tmp_path):
    file = tmp_path / "p.yml"
    file.write_text(PIPELINE)
    return file


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A batch of images without truth, of a data set and of nothing, in folders with spaces, braces and umlauts."""
    home = tmp_path_factory.mktemp("batch")
    file = home / "p {1}.yml"
    file.write_text(PIPELINE)
    data = [put_images(home / "plate ä" / "images", toy.one_disc(), toy.mixed_sizes()), put_dataset(home / "my set")]
    data.append(home / "plate b" / "images")
    data[2].mkdir(parents=True)
    return file, data, batch(file, data, home / "out {x} é", workers=2, progress=False)


def test_a_data_set_leaves_notebook_report_and_record(finished):
    _, data, made = finished
    assert list(made.table["status"]) == ["done", "done", "failed"]
    assert list(made.table["data"]) == [str(path) for path in data]
    assert list(made.table["metric"])[:2] == ["agreement", "dsb_score"]
    there = {p.name for p in made.folder.iterdir()}
    assert there == {"batch.yml", "images", "images_2", "index.html", "my_set"}
    for row in made.table[:2].itertuples():
        cells = nbformat.read(row.notebook, as_version=4).cells
        assert all(c.execution_count for c in cells if c.cell_type == "code")
        assert any("image/png" in o.get("data", {}) for c in cells for o in c.get("outputs", ()))
        assert Path(row.report).stat().st_size > 10_000
        place = Path(row.notebook).parent
        there = {p.name for p in place.iterdir()}
        assert there == {"notebook.ipynb", "notebook.html", "picture.png", "record.json", "run"}
        record = json.loads((place / "record.json").read_text("utf8"))
        assert record["status"] == "done"
        assert record["best"] == row.best in record["ranking"]
    assert "p {1}: my set" in Path(made.table["report"][1]).read_text("utf8")  # the report's title


def test_the_page_of_a_notebook_needs_no_network_and_no_kernel(finished):
    page = Path(finished[2].table["notebook"][1]).with_suffix(".html").read_text("utf8")
    assert "data:image/png;base64," in page
    assert 'src="http' not in page
    assert '<link rel="stylesheet" href="http' not in page


def test_a_folder_without_images_fails_in_words_and_alone(finished):
    (row,) = finished[2].failed.itertuples()
    assert row.reason.startswith("No image in the folder")
    assert row.notebook == row.report == row.best == ""
    assert "1 failed" in repr(finished[2])


def test_what_is_finished_is_not_run_again(finished, monkeypatch):
    file, data, made = finished
    monkeypatch.setattr(crew, "_start", None)  # no process can start
    before = {p: p.stat().st_mtime_ns for p in made.folder.rglob("*") if p.is_file() and p.name != "index.html"}
    again = batch(file, [str(data[1]), data[0]], made.folder)
    assert list(again.table["status"]) == ["already there", "already there"]
    assert list(again.table["best"]) == [made.table["best"][1], made.table["best"][0]]
    assert before == {p: p.stat().st_mtime_ns for p in before}


@pytest.mark.parametrize("what", ["truth", "image", "pipeline", "notebook", "page"])
def test_what_has_changed_is_run_again(finished, tmp_path, monkeypatch, what):
    file, _, made = finished
    mine, out = put_dataset(tmp_path / "my set"), tmp_path / "out"
    shutil.copytree(made.folder, out)
    shutil.rmtree(out / "images")
    asked = []
    monkeypatch.setattr(MODULE, "work", lambda tasks, *_: asked.extend(tasks))
    notebook, pipeline = tmp_path / "batch.ipynb", tmp_path / file.name
    shutil.copyfile(DEFAULT, notebook)
    shutil.copyfile(file, pipeline)
    batch(pipeline, mine, out, notebook, progress=False)
    assert asked == []  # moved, but the same
    if what == "truth":
        tifffile.imwrite(mine / "truth.tif", toy.touching_discs()[1].pixels * 2)
    elif what == "image":
        tifffile.imwrite(mine / "touching_discs.tif", toy.touching_discs()[0].pixels // 2)
    elif what == "pipeline":
        pipeline.write_text(PIPELINE + "passes: [{pass: size, min_area_px: 20}]")
    elif what == "notebook":
        notebook.write_text(notebook.read_text("utf8") + " ")
    else:
        (out / "my_set" / "notebook.ipynb").unlink()
    batch(pipeline, mine, out, notebook, progress=False)
    assert [task.place.name for task in asked] == ["my_set"]


def test_a_notebook_that_fails_is_kept_and_the_next_goes_on(pipeline, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a_bad", "b"):
        put_images(tmp_path / name, toy.one_disc())
    notebook = put_notebook(tmp_path / "n.ipynb", "1 + 1", "assert dataset != 'a_bad', 'too\\ndark'", "'end'")
    command = ["batch", str(pipeline), "--data", "a_bad", "b", "--notebook", str(notebook), "--out", "out"]
    command += ["--workers", "2"]
    assert main(command) == 1
    said = capsys.readouterr()
    assert "a_bad failed: AssertionError in cell 4: too dark" in said.err
    assert "2 data sets, 1 done, 1 failed. Index: out/index.html" in said.out
    kept = nbformat.read("out/a_bad/failed.ipynb", as_version=4)
    assert any(o.output_type == "error" for c in kept.cells for o in c.get("outputs", ()))
    assert "AssertionError" in Path("out/a_bad/failed.html").read_text("utf8")
    assert "too dark" in Path("out/index.html").read_text("utf8")
    assert Path("out/b/notebook.ipynb").exists()
    asked = []
    monkeypatch.setattr(MODULE, "work", lambda tasks, *_: asked.extend(tasks))
    main(command)
    assert [task.place.name for task in asked] == ["a_bad"]  # it is tried again, the other is there


def test_two_at_once_are_refused(pipeline, tmp_path):
    with (
        shelf.claimed(tmp_path / "out"),
        pytest.raises(BadRunFolder, match=r"Another batch works in .*out now\. Wait for it, or"),
    ):
        batch(pipeline, "bbbc038_sample", tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"data": []}, BadParameter, "A batch needs data: names of data sets, folders"),
        ({"data": ["bbbc038_sampel"]}, UnknownName, "no data set or folder called 'bbbc038_sampel'. Did you mean"),
        ({"data": ["nowhere/images"]}, UnreadableFile, "There is no file or folder nowhere/images"),
        ({"data": ["no*.tif"]}, UnreadableFile, r"Nothing matches no\*.tif"),
        ({"data": [r"data\images"]}, BadParameter, "written like a path of Windows"),
        ({"pipeline": r"pipelines\quickstart.yml"}, BadParameter, "written like a path of Windows"),
        ({"pipeline": "nowhere.yml"}, BadConfig, "There is no pipeline file nowhere.yml"),
        ({"pipeline": "odd.yml"}, BadConfig, "modles"),
        ({"pipeline": "unknown.yml"}, UnknownName, "Did you mean 'threshold'"),
        ({"notebook": "nowhere.ipynb"}, BadConfig, "There is no notebook nowhere.ipynb"),
        ({"notebook": "odd.yml"}, BadConfig, "odd.yml is no Jupyter notebook"),
        ({"notebook": "bare.ipynb"}, BadParameter, "has no cell tagged `parameters`"),
        ({"notebook": "deaf.ipynb"}, BadParameter, "has no parameter dataset and no run_folder"),
        ({"workers": 0}, BadParameter, "at least one notebook runs at a time"),
        ({"device": "gpu"}, BadParameter, "no device 'gpu'"),
        ({"out": "odd.yml"}, BadRunFolder, "odd.yml is a file"),
        ({"out": "odd.yml/out"}, BadRunFolder, "cannot be written: Not a directory.*--out"),
        ({"out": "full"}, BadRunFolder, "is not empty and holds no batch"),
        ({"out": "later"}, BadRunFolder, "of another version than 1"),
    ],
)
def test_mistakes_are_told_before_anything_is_done(pipeline, tmp_path, monkeypatch, change, error, words):
    monkeypatch.chdir(tmp_path)
    Path("odd.yml").write_text("modles: [{model: threshold}]")
    Path("unknown.yml").write_text("models: [{model: treshold}]")
    put_notebook("deaf.ipynb")
    nodes = nbformat.read("deaf.ipynb", as_version=4)
    nodes.cells[0].source = "other = 1"
    nbformat.write(nodes, "deaf.ipynb")
    nodes.cells[0].metadata.clear()
    nbformat.write(nodes, "bare.ipynb")
    for folder, file in (("full", "mine.txt"), ("later", "batch.yml")):
        Path(folder).mkdir()
        (Path(folder) / file).write_text("format: 2")
    monkeypatch.setattr(crew, "_start", None)
    with pytest.raises(error, match=words):
        batch(**{"pipeline": pipeline, "data": "bbbc038_sample", "out": "out", **change})
    assert not list(tmp_path.glob("out/bbbc038_sample"))


def test_a_folder_that_cannot_be_written(pipeline, tmp_path, monkeypatch):
    def refuse(path, content):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(BadRunFolder, match=r"cannot be written: Permission denied.*--out"):
        batch(pipeline, "bbbc038_sample", tmp_path / "out")


def test_without_papermill_it_says_what_to_install(pipeline, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackage, match=r"needs the package papermill.*opsef-core\[notebook\]"):
        batch(pipeline, "bbbc038_sample")


def test_windows_paths_in_a_pipeline_are_told(tmp_path, capsys):
    file = tmp_path / "p.yml"
    for path in (r"data\nuclei", r"C:\data\*.tif", r'"data\new"', r'"C:\data"'):
        file.write_text(f"images: {path}\nmodels: [{{model: threshold}}]")
        assert main(["run", str(file), "--out", str(tmp_path / "run")]) == 2
        assert "a slash" in capsys.readouterr().err


def test_the_notebook_that_comes_along_is_thin():
    cells = json.loads(DEFAULT.read_text("utf8"))["cells"]
    code = [c for c in cells if c["cell_type"] == "code"]
    assert len(code) < 20
    assert all(len(c["source"].splitlines() if isinstance(c["source"], str) else c["source"]) <= 5 for c in code)
    assert not any(c["outputs"] or c["execution_count"] for c in code)


def test_the_table_is_shown_in_a_notebook(finished):
    assert "<table" in finished[2]._repr_html_()
    assert isinstance(finished[2].table, pd.DataFrame)
