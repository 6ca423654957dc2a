"""Every notebook is thin, holds no output, and runs from top to bottom."""

import json
import re
from pathlib import Path

import pytest

SHORT = {"7_adapt": {"style_steps": 5, "steps": 1}}  # what takes long is done a little
LEFT = {"7_adapt": "styles.png"}  # what a notebook leaves in its run folder, if not a report
NOTEBOOKS = sorted((Path(__file__).parents[2] / "notebooks").glob("**/*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return request.param


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf8"))["cells"]
    return [c for c in cells if c["cell_type"] == "code"]


def test_notebooks_are_thin(notebook):
    cells = code_cells(notebook)
    assert len(cells) < 20
    assert any("parameters" in c["metadata"].get("tags", []) for c in cells)
    for cell in cells:
        source = "".join(cell["source"])
        assert not cell["outputs"]
        assert cell["execution_count"] is None
        assert len(source.splitlines()) <= 15
        assert not re.search(r"^\s*(def|class) ", source, re.MULTILINE)


def test_notebooks_run(notebook, tmp_path, root, monkeypatch):
    papermill = pytest.importorskip("papermill")
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("MPLBACKEND", raising=False)  # the kernel shows its figures
    out = tmp_path / "out.ipynb"
    parameters = {"run_folder": str(tmp_path / "run"), "device": "cpu", **SHORT.get(notebook.stem, {})}
    papermill.execute_notebook(notebook, out, parameters, cwd=root, progress_bar=False, kernel_name="python3")
    assert (tmp_path / "run" / LEFT.get(notebook.stem, "report.html")).stat().st_size > 10_000
    pictures = [o for c in code_cells(out) for o in c["outputs"] if "image/png" in o.get("data", {})]
    assert len(pictures) >= 3
