"""Widgets in a notebook that runs, and their files in a package that is installed."""

import fnmatch
import tomllib

import nbformat
import pytest
from nbclient import NotebookClient

CELLS = """
import os, sys
sys.path[:0] = {paths!r}
import opsef_core as opsef, toy
from opsef_core import model
pairs = [toy.one_disc(), toy.touching_discs()]
run = opsef.Run("run", [image for image, _ in pairs], None, [model("threshold"), model("threshold", min_area_px=20)])
run.go(progress=False)
run.score(truth=[truth for _, truth in pairs])
===
opsef.widgets.explore(run)
===
opsef.widgets.rate(run, rater="ann")
===
rater = opsef.widgets.rate(run, rater="ann")
rater._handle_custom_msg(dict(kind="rate", place=0, rating="good", seconds=1.0), [])
opsef.compare.share_good(opsef.widgets.ratings(run))
===
opsef.widgets.quiz([toy.many_discs()[0]], [toy.mixed_sizes()[0]], side=3, tile_px=32, taker="ann")
===
opsef.widgets.preview(toy.mixed_sizes()[0], ["median", "clahe"])
"""
VIEW = "application/vnd.jupyter.widget-view+json"
STATE = "application/vnd.jupyter.widget-state+json"


@pytest.fixture(scope="module")
def notebook(root, tmp_path_factory):
    code = CELLS.format(paths=[str(root), str(root / "tests")]).split("===")
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one.strip()) for one in code])
    folder = tmp_path_factory.mktemp("notebook")
    NotebookClient(made, timeout=180, kernel_name="python3", resources={"metadata": {"path": str(folder)}}).execute()
    return made


def shown(notebook):
    return [notebook.cells[place] for place in (1, 2, 4, 5)]


def test_all_are_shown(notebook):
    for cell in shown(notebook):
        (output,) = cell.outputs
        assert VIEW in output.data


def test_the_saved_notebook_holds_code_style_and_first_view(notebook):
    states = notebook.metadata.widgets[STATE]["state"]
    for cell in shown(notebook):
        whole = states[cell.outputs[0].data[VIEW]["model_id"]]
        assert {"first", "about", "_esm", "_css"} <= set(whole["state"])
        paths = [buffer["path"] for buffer in whole["buffers"]]
        assert ["first", 0, "png"] in paths


def test_ratings_become_a_number(notebook):
    assert "share_good" in notebook.cells[3].outputs[-1].data["text/html"]


def test_what_runs_in_the_browser_is_part_of_the_package(root):
    patterns = tomllib.loads((root / "pyproject.toml").read_text("utf8"))["tool"]["setuptools"]["package-data"]
    files = [p.relative_to(root / "opsef_core").as_posix() for p in (root / "opsef_core/widgets/browser").iterdir()]
    assert files
    assert [f for f in files if not any(fnmatch.fnmatch(f, pattern) for pattern in patterns["opsef_core"])] == []
