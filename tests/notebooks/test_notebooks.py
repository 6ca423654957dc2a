"""Every notebook is thin, holds no output, and runs from top to bottom.

How it runs here lies in its own metadata, `opsef`: `short`, the parameters that make it quick; `leaves`, what lies in
its run folder in the end; `pictures`, how many it shows at least. There are no stored outputs that nbval could compare.
"""

import json
import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("**/*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.relative_to(FOLDER).with_suffix("").as_posix())
def notebook(request):
    return request.param


def read(path):
    return json.loads(path.read_text(encoding="utf8"))


def code_cells(path):
    return [c for c in read(path)["cells"] if c["cell_type"] == "code"]


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
    monkeypatch.setenv("OPSEF_OFFLINE", "1")  # on a laptop without network: nothing is downloaded
    here = read(notebook)["metadata"]["opsef"]
    out = tmp_path / "out.ipynb"
    parameters = {"run_folder": str(tmp_path / "run"), "device": "cpu", **here["short"]}
    papermill.execute_notebook(notebook, out, parameters, cwd=root, progress_bar=False, kernel_name="python3")
    for name in [here["leaves"]] if isinstance(here["leaves"], str) else here["leaves"]:
        size = (tmp_path / "run" / name).stat().st_size
        assert size > (10_000 if name.endswith((".html", ".png")) else 0), name
    pictures = [o for c in code_cells(out) for o in c["outputs"] if "image/png" in o.get("data", {})]
    assert len(pictures) >= here["pictures"]
