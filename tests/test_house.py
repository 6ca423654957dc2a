"""House rules that a machine can check."""

import ast
import json
import re

import pytest

LONGEST_FILE = 350
LONGEST_FUNCTION = 60
MOST_ARGUMENTS = 8


def files(root):
    found = sorted((root / "opsef_core").rglob("*.py"))
    assert found
    return found


def functions(root):
    for path in files(root):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(root)}:{node.lineno} {node.name}", node


def test_files_are_short(root):
    long = {
        str(p.relative_to(root)): n for p in files(root) if (n := len(p.read_text("utf8").splitlines())) > LONGEST_FILE
    }
    assert long == {}


def test_functions_are_short(root):
    long = [where for where, node in functions(root) if node.end_lineno - node.lineno + 1 > LONGEST_FUNCTION]
    assert long == []


def test_functions_take_few_arguments(root):
    """Keyword-only arguments of steps are parameters, each with a name and a default; they are not counted."""
    many = [where for where, node in functions(root) if len(node.args.args) > MOST_ARGUMENTS]
    assert many == []


def test_every_file_says_what_it_is_for(root):
    bare = [
        p.name
        for p in files(root)
        if p.read_text("utf8").strip() and not ast.get_docstring(ast.parse(p.read_text("utf8")))
    ]
    assert bare == []


def test_nothing_is_unpickled_evaluated_or_printed(root):
    names = {"pickle", "joblib", "dill", "cloudpickle", "shelve"}
    for path in files(root):
        tree = ast.parse(path.read_text("utf8"))
        modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        modules |= {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
        if path.name != "_weights.py":  # its reader takes arrays and refuses everything else
            assert not modules & names, path
        for call in (n for n in ast.walk(tree) if isinstance(n, ast.Call)):
            assert ast.unparse(call.func) not in {"eval", "exec", "print", "yaml.load", "yaml.unsafe_load"}, path
            given = {k.arg: ast.unparse(k.value) for k in call.keywords}
            assert given.get("allow_pickle", "False") == "False", path
            assert given.get("weights_only", "True") == "True", path


def test_notebooks_hold_no_output_and_define_nothing(root):
    for path in sorted((root / "notebooks").glob("*.ipynb")):
        for cell in json.loads(path.read_text("utf8"))["cells"]:
            if cell["cell_type"] != "code":
                continue
            assert cell["outputs"] == [], path.name
            assert cell["execution_count"] is None, path.name
            code = "\n".join(
                line for line in "".join(cell["source"]).splitlines() if not line.lstrip().startswith(("%", "!"))
            )
            defined = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
            assert not defined, f"{path.name} defines {[n.name for n in defined]}; notebooks only call and show"


@pytest.mark.parametrize("folder", ["opsef_core", "tests", "docs", "notebooks", "pipelines", "benchmarks", "datasets"])
def test_no_path_of_one_machine_and_no_download_address(root, folder):
    pattern = re.compile(r"/(?:work|root|home/\w+|Users/\w+)/|files\.python[h]osted|pypi\.org/simple")
    for path in sorted((root / folder).rglob("*")):
        if (
            path.suffix in {".py", ".md", ".yml", ".yaml", ".ipynb", ".toml", ".txt", ".csv"}
            and path.name != "test_house.py"
        ):
            if "runs" in path.relative_to(root).parts or ".ipynb_checkpoints" in path.parts:
                continue
            found = pattern.findall(path.read_text("utf8"))
            assert not found, f"{path.relative_to(root)}: {found[:3]}"
