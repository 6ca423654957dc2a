"""The house rules of notebooks: short, thin, explained, linked, and nothing stored.

`breaches` says in sentences what is against them; the tests below show that it finds each kind.
"""

import ast
import json
import re
import sys
from itertools import groupby
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("**/*.ipynb"))

MOST_CELLS = 19
LONGEST, SHORT, MOSTLY = 15, 4, 0.8  # lines a code cell; four fifths of the cells are short
IN_A_ROW = 3  # code cells without a word between them
SPEAK_FOR_THEMSELVES = {"dataset", "run_folder", "device"}
LIBRARIES = {"opsef_core", "IPython", "matplotlib", "numpy", "pandas", "sklearn", "tifffile", "yaml"}
LIBRARIES |= set(sys.stdlib_module_names)
MAGIC = re.compile(r"^(\s*)%\w.*$", re.MULTILINE)  # a line for IPython
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
METADATA = {"short": dict, "leaves": (str, list), "pictures": int}
ABSOLUTE = re.compile(r"^(/|~|[A-Za-z]:[\\/])\w")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


# --- the rules --------------------------------------------------------------------------------------------------------


def breaches(path, folder=FOLDER):
    """What is against the house rules in a notebook, a sentence each."""
    notebook = json.loads(Path(path).read_text(encoding="utf8"))
    cells = [c | {"source": "".join(c["source"])} for c in notebook["cells"]]
    code = [c for c in cells if c["cell_type"] == "code"]
    said = [*_kept(notebook, code), *_lengths(code), *_written(code), *_parameters(code), *_told(cells)]
    links = [*_broken(cells, path), *_neighbours(cells, path, folder)]
    return [*said, *links]


def _kept(notebook, code):
    """Nothing of a run, and what a test needs to know."""
    if any(c["outputs"] or c["execution_count"] is not None for c in code):
        yield "it keeps outputs"
    if notebook["metadata"].get("kernelspec", {}).get("name") != "python3":
        yield "its kernel is not python3"
    told = notebook["metadata"].get("opsef", {})
    for name, kind in METADATA.items():
        if not isinstance(told.get(name), kind):
            yield f"its metadata opsef do not say {name}"


def _lengths(code):
    lengths = [len([line for line in c["source"].splitlines() if line.strip()]) for c in code if not _is_parameters(c)]
    if len(code) > MOST_CELLS:
        yield f"it has {len(code)} code cells"
    if max(lengths, default=0) > LONGEST:
        yield f"a cell has {max(lengths)} lines"
    if sum(n <= SHORT for n in lengths) < MOSTLY * len(lengths):
        yield f"too few cells are short: lines are {lengths}"


def _written(code):
    """What the code may be made of."""
    for cell in code:
        try:
            nodes = list(ast.walk(ast.parse(MAGIC.sub(r"\1pass", cell["source"]))))
        except SyntaxError:
            yield f"it has a cell that is no Python: {cell['source'][:40]!r}"
            continue
        if any(isinstance(node, DEFINES) for node in nodes):
            yield f"it defines something: {cell['source'][:40]!r}"
        modules = [a.name for n in nodes if isinstance(n, ast.Import) for a in n.names]
        modules += [n.module or "." for n in nodes if isinstance(n, ast.ImportFrom)]
        for module in modules:
            if module.partition(".")[0] not in LIBRARIES:
                yield f"it imports {module}"
        # What goes on behind something else is no path from the root: f"{folder}/run", folder + "/run".
        middles = {id(part) for n in nodes if isinstance(n, ast.JoinedStr) for part in n.values[1:]}
        middles |= {id(n.right) for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Add)}
        for node in nodes:
            if id(node) in middles:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and ABSOLUTE.match(node.value):
                yield f"it has an absolute path: {node.value}"


def _parameters(code):
    cells = [c for c in code if _is_parameters(c)]
    if len(cells) != 1:
        yield f"{len(cells)} cells are tagged parameters"
        return
    lines = [line for line in cells[0]["source"].splitlines() if line.strip()]
    names = {line.partition("=")[0].strip(): line for line in lines if "=" in line}
    for name in {"run_folder", "device"} - set(names):
        yield f"it has no parameter {name}"
    for name, line in names.items():
        if name not in SPEAK_FOR_THEMSELVES and "#" not in line:
            yield f"the parameter {name} has no comment"
    first = next((c["source"] for c in code if not _is_parameters(c)), "")
    if "opsef_core" not in first:
        yield "its first cell of code does not import opsef_core"


def _told(cells):
    """A title, and words before what is done."""
    if not cells or cells[0]["cell_type"] != "markdown" or not cells[0]["source"].startswith("# "):
        yield "its first cell is no title"
    longest = max((len(list(g)) for kind, g in groupby(c["cell_type"] for c in cells) if kind == "code"), default=0)
    if longest > IN_A_ROW:
        yield f"{longest} code cells follow each other without a word"


def _broken(cells, path):
    for cell in cells:
        for target in LINK.findall(cell["source"]) if cell["cell_type"] == "markdown" else []:
            if "://" in target or target.startswith("#"):
                continue
            if not (Path(path).parent / target.partition("#")[0]).exists():
                yield f"it links to {target}, which does not exist"


def _neighbours(cells, path, folder):
    """Numbered notebooks of a series link to the one before and the one after: at the beginning and at the end."""
    series = sorted(folder.glob("[0-9]*_*.ipynb"), key=lambda p: int(p.name.partition("_")[0]))
    if Path(path) not in series:
        return
    place = series.index(Path(path))
    near = [series[n].name for n in (place - 1, place + 1) if 0 <= n < len(series)]
    for where, cell in (("first", cells[0]), ("last", cells[-1])):
        for name in set(near) - {target.partition("#")[0] for target in LINK.findall(cell["source"])}:
            yield f"its {where} cell does not link to {name}"


def _is_parameters(cell):
    return "parameters" in cell["metadata"].get("tags", [])


# --- every notebook ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda p: p.relative_to(FOLDER).with_suffix("").as_posix())
def test_the_house_rules_are_held(path):
    series = FOLDER / "course" if path.parent == FOLDER / "course" else FOLDER
    assert breaches(path, series) == []


def test_make_notebooks_opens_start_here_in_a_folder_that_holds_all_links(root):
    """JupyterLab cannot follow a link that leads out of the folder it was opened in."""
    (folder, first) = re.search(
        r"jupyter lab --notebook-dir=(\S+) (\S+)", (root / "Makefile").read_text("utf8")
    ).groups()
    assert (root / first).samefile(FOLDER / "0_start_here.ipynb")
    for path in NOTEBOOKS:
        text = path.read_text("utf8")
        links = [link.partition("#")[0] for link in LINK.findall(text) if "://" not in link]
        out = [link for link in links if not (path.parent / link).resolve().is_relative_to((root / folder).resolve())]
        assert out == [], path.name


def test_the_numbers_of_the_series_have_no_gap_and_no_double():
    numbers = sorted(int(p.name.partition("_")[0]) for p in FOLDER.glob("[0-9]*_*.ipynb"))
    assert numbers == list(range(len(numbers)))


# --- the rules find what they are for ---------------------------------------------------------------------------------


def words(text):
    return {"cell_type": "markdown", "metadata": {}, "source": [text]}


def code(text, **more):
    return {"cell_type": "code", "metadata": {}, "source": [text], "outputs": [], "execution_count": None} | more


TITLE = words("# One\n\nAfter it: [two](2_two.ipynb).")
PARAMETERS = code('run_folder = "runs/one"\ndevice = "auto"', metadata={"tags": ["parameters"]})
IMPORT = code("import opsef_core as opsef")
LAST = words("Next: [two](2_two.ipynb).")
GOOD = (TITLE, PARAMETERS, IMPORT, words("Look."), code("opsef.models_table()"), LAST)


@pytest.fixture
def checked(tmp_path):
    """Breaches of a notebook of these cells, the first of a series of two."""
    (tmp_path / "2_two.ipynb").write_text("{}")

    def check(*cells, **told):
        told = {"short": {}, "leaves": "report.html", "pictures": 1} | told
        metadata = {"kernelspec": {"name": "python3"}, "opsef": told}
        path = tmp_path / "1_one.ipynb"
        path.write_text(json.dumps({"cells": cells, "metadata": metadata}), encoding="utf8")
        return breaches(path, tmp_path)

    return check


def test_a_good_notebook_has_no_breach(checked):
    assert checked(*GOOD) == []


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        (code("1", outputs=[{"output_type": "stream"}]), "it keeps outputs"),
        (code("1", execution_count=3), "it keeps outputs"),
        (code("\n".join(["a = 1"] * 16)), "a cell has 16 lines"),
        (code("def f():\n    return 1"), "it defines something"),
        (code("class A: ..."), "it defines something"),
        (code("sorted([], key=lambda x: x)"), "it defines something"),
        (code("import torch.nn"), "it imports torch.nn"),
        (code("from skimage import io"), "it imports skimage"),
        (code("!pip install x"), "no Python"),
        (code('open("/plates/x.tif")'), "absolute path: /plates/x.tif"),
        (code('open("C:/x.tif")'), "absolute path: C:/x.tif"),
        (code('x = f"~me/{1}"'), "absolute path"),
        (words("See [there](gone.md#part)."), "links to gone.md#part"),
    ],
)
def test_what_a_cell_must_not_hold(checked, cell, sentence):
    found = checked(*GOOD[:-1], words("Look."), cell, LAST)
    assert any(sentence in one for one in found), found


def test_lines_for_ipython_and_paths_below_a_folder_are_fine(checked):
    assert checked(*GOOD[:-1], words("Look."), code('f"{run_folder}/a", run_folder + "/a"'), LAST) == []
    assert checked(*GOOD[:-1], words("Look."), code("if True:\n    %run x.py\n%time 1"), LAST) == []


def test_urls_and_anchors_are_no_files(checked):
    assert checked(*GOOD[:-1], words("[a](https://example.org/x) [b](#part) [c](2_two.ipynb#part)"), LAST) == []


def test_too_many_and_too_long_and_too_silent(checked):
    many = [cell for _ in range(18) for cell in (words("Look."), code("1"))]
    assert "it has 20 code cells" in checked(*GOOD[:3], *many, LAST)
    long = code("\n".join(["a = 1"] * 5))
    assert any("too few cells are short" in one for one in checked(*GOOD[:-1], long, LAST))
    assert "4 code cells follow each other without a word" in checked(*GOOD[:-1], code("1"), code("1"), code("1"), LAST)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('run_folder = "r"\ndevice = "auto"\nsteps = 3', "the parameter steps has no comment"),
        ('run_folder = "r"', "it has no parameter device"),
        ('device = "auto"', "it has no parameter run_folder"),
    ],
)
def test_parameters_are_there_and_explained(checked, text, sentence):
    cell = code(text, metadata={"tags": ["parameters"]})
    assert sentence in checked(TITLE, cell, IMPORT, LAST)


def test_parameters_imports_title_and_metadata(checked):
    assert "0 cells are tagged parameters" in checked(TITLE, IMPORT, LAST)
    assert "2 cells are tagged parameters" in checked(TITLE, PARAMETERS, PARAMETERS, IMPORT, LAST)
    assert "its first cell of code does not import opsef_core" in checked(TITLE, PARAMETERS, code("1"), IMPORT, LAST)
    assert "its first cell is no title" in checked(words("One [two](2_two.ipynb)"), *GOOD[1:])
    assert "its metadata opsef do not say short" in checked(*GOOD, short=None)
    assert "its metadata opsef do not say pictures" in checked(*GOOD, pictures="3")


def test_neighbours_are_linked_at_both_ends(checked):
    assert "its last cell does not link to 2_two.ipynb" in checked(*GOOD[:-1], words("The end."))
    assert "its first cell does not link to 2_two.ipynb" in checked(words("# One"), *GOOD[1:])
