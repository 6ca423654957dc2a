"""The docs site builds without a warning, and has a page for every notebook and a name for everything on the face."""

import importlib.util
import os
import subprocess
import sys

import pytest

import opsef_core

pytestmark = pytest.mark.skipif(importlib.util.find_spec("myst_nb") is None, reason="the extra docs is not installed")


@pytest.fixture(scope="module")
def site(root, tmp_path_factory):
    """Nothing is executed; `make docs` does that."""
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "-c", "docs"]
    command += ["-d", str(folder / "trees"), ".", str(folder / "html")]
    done = subprocess.run(command, cwd=root, env=os.environ | {"OPSEF_DOCS": "none"}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "html"


def test_every_page_and_notebook_is_there(site, root):
    course = (root / "notebooks" / "course").glob("*.ipynb")
    for path in [*(root / "docs").glob("*.md"), *(root / "notebooks").glob("*.ipynb"), *course]:
        assert (site / path.relative_to(root).with_suffix(".html")).is_file(), path.name


def test_every_name_of_the_face_is_told(site):
    text = (site / "docs" / "api.html").read_text("utf8")
    rooms = {"plots", "widgets"}
    missing = [name for name in set(opsef_core.__all__) - rooms if f">{name}</span>" not in text]
    assert missing == []


def test_a_page_loads_nothing_from_elsewhere(site):
    for page in (site / "docs" / "index.html", site / "notebooks" / "0_start_here.html"):
        text = page.read_text("utf8")
        assert 'src="http' not in text
        assert '<link rel="stylesheet" type="text/css" href="http' not in text
