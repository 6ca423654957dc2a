"""The import direction of the package: a room imports only rooms below it, also inside functions.

notebooks, pipelines, benchmarks -> commands, course -> widgets, projects -> report -> run -> stages
                                 -> registry, choices, data -> errors
"""

import ast
from pathlib import Path

import pytest

PACKAGE = "opsef_core"
STAGES = ("ingest", "preprocess", "models", "postprocess", "compare", "measure", "adapt", "refine", "plots")
# Room -> height. Rooms of one height do not import each other.
HEIGHT = {
    "errors": 0,
    "data": 1,
    "choices": 1,
    "alone": 1,
    "atomic": 1,
    "backslashes": 1,
    "places": 1,
    "zarr_codecs": 1,
    "registry": 2,
    **dict.fromkeys(STAGES, 3),
    "run": 4,
    "report": 5,
    "doctor": 5,
    "terminal": 5,
    "widgets": 6,
    "projects": 6,
    "course": 7,
    "__init__": 7,
    "commands": 8,
    "__main__": 9,
}
HEAVY = {
    "torch",
    "torchvision",
    "tensorflow",
    "tf_keras",
    "keras",
    "cellpose",
    "stardist",
    "csbdeep",
    "bioio",
    "matplotlib",
}
HEAVY |= {"dask", "distributed", "zarr", "papermill", "IPython", "ipywidgets", "anywidget"}
# Modules that define a network; they are imported by load() and fit(), not by the room.
NETWORKS = ("models/unet/", "models/stardist/", "models/cellpose/", "models/nucleaizer/", "adapt/style/")
NETWORKS += ("models/_fit/_torch.py",)


def imports(path, root):
    """(line, dotted name, at module level) of everything a file imports; names of the package are made absolute."""
    parts = [PACKAGE, *path.relative_to(root).with_suffix("").parts]
    home = parts[:-1]
    tree = ast.parse(path.read_text(encoding="utf8"))
    lazy = {id(n) for f in ast.walk(tree) if isinstance(f, ast.FunctionDef | ast.AsyncFunctionDef) for n in ast.walk(f)}
    lazy |= {
        id(n)
        for i in ast.walk(tree)
        if isinstance(i, ast.If) and "TYPE_CHECKING" in ast.dump(i.test)
        for n in ast.walk(i)
    }
    for node in ast.walk(tree):
        top = id(node) not in lazy
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, top) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = home[: len(home) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}", top) for alias in node.names)


def room(dotted):
    """The room a dotted name of the package lies in; "" for other packages."""
    parts = dotted.split(".")
    if parts[0] != PACKAGE:
        return ""
    return parts[1] if len(parts) > 1 and parts[1] in HEIGHT else "__init__"


def faults(root):
    """Every breach, with file and line."""
    found = []
    for path in sorted(root.rglob("*.py")):
        relative = path.relative_to(root)
        own = relative.parts[0].removesuffix(".py")
        if own not in HEIGHT:
            found.append(f"{relative}: the room {own!r} has no place in HEIGHT")
            continue
        for line, name, top in imports(path, root):
            other = room(name)
            if name.endswith(".*"):
                found.append(f"{relative}:{line} imports everything from {name[:-2]}")
            elif other and other != own and HEIGHT[other] >= HEIGHT[own]:
                found.append(f"{relative}:{line} imports {name}: {own} may not import {other}")
            elif top and name.split(".")[0] in HEAVY and not _may_be_heavy(relative):
                found.append(f"{relative}:{line} imports {name.split('.')[0]} when it is loaded; do it in the function")
    return found


def _may_be_heavy(file):
    """A network's own modules may; what the room imports of them, their `__init__`, may not."""
    return file.as_posix().startswith(NETWORKS) and file.name != "__init__.py"


def test_the_package_keeps_the_direction(root):
    assert faults(root / PACKAGE) == []


@pytest.mark.parametrize(
    ("file", "text", "fault"),
    [
        ("data.py", "from .run import Run", "data.py:1 imports opsef_core.run.Run: data may not import run"),
        ("models/a.py", "from ..compare import x", "imports opsef_core.compare.x: models may not import compare"),
        (
            "models/b/c.py",
            "from ...report import x",
            "b/c.py:1 imports opsef_core.report.x: models may not import report",
        ),
        (
            "ingest/a.py",
            "def f():\n    import opsef_core.plots",
            "ingest/a.py:2 imports opsef_core.plots: ingest may not",
        ),
        ("run/a.py", "from opsef_core import Run", "run/a.py:1 imports opsef_core.Run: run may not import __init__"),
        ("run/a.py", "from .. import model", "run/a.py:1 imports opsef_core.model: run may not import __init__"),
        ("errors.py", "from . import data", "errors.py:1 imports opsef_core.data: errors may not import data"),
        ("refine/a.py", "from ..data import *", "refine/a.py:1 imports everything from opsef_core.data"),
        ("plots/a.py", "import matplotlib.pyplot as plt", "plots/a.py:1 imports matplotlib when it is loaded"),
        ("utils/a.py", "", "the room 'utils' has no place in HEIGHT"),
        ("helpers.py", "", "the room 'helpers' has no place in HEIGHT"),
    ],
)
def test_a_breach_is_found(tmp_path, file, text, fault):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    (found,) = faults(tmp_path)
    assert fault in found


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("models/a.py", "from ..data import Image\nfrom ._segmenter import Segmenter\nimport numpy"),
        ("models/a.py", "def load():\n    import torch"),
        ("models/unet/net.py", "import torch"),
        ("run/a.py", "from ..models import model\nfrom ..errors import BadConfig"),
        ("__init__.py", "from .run import Run\nfrom .data import Image"),
        ("__main__.py", "from . import Run"),
    ],
)
def test_what_is_allowed_is_let_through(tmp_path, file, text):
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text(text)
    assert faults(tmp_path) == []


def test_nothing_imports_from_the_notebooks_or_benchmarks(root):
    outside = {"notebooks", "pipelines", "benchmarks", "tests", "datasets"}
    files = list((root / PACKAGE).rglob("*.py"))
    assert files
    found = [
        f"{p.name}:{line}" for p in files for line, n, _ in imports(p, root / PACKAGE) if n.split(".")[0] in outside
    ]
    assert found == []


def test_every_room_of_the_list_is_a_folder_or_a_file(root):
    there = {
        Path(p.name).stem for p in (root / PACKAGE).iterdir() if p.name != "py.typed" and not p.name.startswith("__py")
    }
    assert there <= set(HEIGHT)
