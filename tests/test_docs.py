"""The documentation is true: its model runs, its links lead somewhere, its rooms exist."""

import json
import re
import shlex
import subprocess
import sys

import pytest

from opsef_core.__main__ import _parser

USE_IT = """
import sys
import numpy as np
import opsef_core.models as models
models.__path__.append(sys.argv[1])  # stands for saving the file in opsef_core/models
import toy
from opsef_core.choices import either
image, truth = toy.many_discs()
assert "hysteresis" in models.MODELS.names()
labels = models.model("hysteresis")(image)
assert labels.count == truth.count, (labels.count, truth.count)
assert (labels.pixels > 0).sum() / (truth.pixels > 0).sum() > 0.9
assert models.model("hysteresis")(toy.empty()[0]).count == 0
low, high = models.model("hysteresis", low=either(50, 70))
assert low.network_act == high.network_act and low.act != high.act
print("found", labels.count)
"""


def blocks(path, language):
    return re.findall(rf"```{language}\n(.*?)```", path.read_text("utf8"), re.DOTALL)


def test_the_model_of_the_page_works_as_written(root, tmp_path):
    (code,) = blocks(root / "docs/adding-a-model.md", "python")
    (tmp_path / "hysteresis.py").write_text(code)
    done = subprocess.run(
        [sys.executable, "-c", USE_IT, str(tmp_path)],
        capture_output=True,
        text=True,
        cwd=root / "tests",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("found ")


@pytest.mark.parametrize(
    "page",
    [
        "README.md",
        "docs/architecture.md",
        "docs/adapting.md",
        "docs/adding-a-model.md",
        "docs/nucleaizer.md",
        "docs/glossary.md",
        "docs/file-formats.md",
        "docs/teaching.md",
    ],
)
def test_links_lead_somewhere(root, page):
    path = root / page
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf8")) if "://" not in link]
    assert [link for link in links if not (path.parent / link).exists()] == []


def test_files_and_rooms_that_are_named_exist(root):
    """Paths in backticks that look like files or folders of the project."""
    missing = []
    for page in (*sorted((root / "docs").glob("*.md")), root / "README.md"):
        for name in re.findall(
            r"`((?:opsef_core/|tests/|models/|preprocess/|postprocess/|compare/|refine/)[\w/.]+)`",
            page.read_text("utf8"),
        ):
            if not any((base / name).exists() for base in (root, root / "opsef_core")):
                missing.append(f"{page.name}: {name}")
    assert missing == []


def test_the_rooms_of_the_architecture_are_those_of_the_package(root):
    (tree, *_) = blocks(root / "docs/architecture.md", "")
    named = set(re.findall(r"^  (\w+)/", tree, re.MULTILINE))
    there = {p.name for p in (root / "opsef_core").iterdir() if p.is_dir() and any(p.glob("*.py"))}
    assert there <= named


def commands(text):
    """What begins with opsef, in backticks or on a line of its own, split into words; comments left out."""
    spans = re.findall(r"`(?:\.venv/bin/)?(opsef [^`\n]+)`", text)
    lines = re.findall(r"^(?:# +|\.venv/bin/)?(opsef [a-z][^\n]*)$", text, re.MULTILINE)
    return [shlex.split(re.split(r" {3,}", one)[0], comments=True) for one in (*spans, *lines)]


def not_known(words):
    """The command, or its options, that opsef does not have."""
    (known,) = (action.choices for action in _parser()._actions if action.choices)
    if words[1] not in known:
        return words[1:2]
    options = known[words[1]]._option_string_actions
    return [word for word in words[2:] if word.startswith("-") and word not in options]


def test_commands_that_are_named_exist(root):
    pages = [root / "README.md", *(root / "docs").glob("*.md"), *(root / "pipelines").glob("**/*.yml")]
    texts = {path.name: path.read_text("utf8") for path in pages}
    for path in (root / "notebooks").glob("**/*.ipynb"):
        cells = json.loads(path.read_text("utf8"))["cells"]
        texts[path.name] = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    named = [(name, words) for name, text in texts.items() for words in commands(text)]
    assert len(named) > 40
    assert [(name, words) for name, words in named if not_known(words)] == []


def test_a_command_or_an_option_that_does_not_exist_is_found():
    text = "`opsef doctor --offline` and `opsef --offline doctor`\n.venv/bin/opsef run p.yml --nowhere 3   # go\n"
    assert [not_known(words) for words in commands(text)] == [[], ["--offline"], ["--nowhere"]]
