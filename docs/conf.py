"""The docs site: `make docs`. Pages and notebooks are read where they lie, so their links are those of the checkout.

OPSEF_DOCS  few (default): the first notebooks are executed; all: every one (half an hour); none: as they are
"""

from __future__ import annotations

import os
import re

import opsef_core

project = "opsef-core"
author = "the authors of opsef-core"
copyright = "BSD 3-Clause"
version = release = opsef_core.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
root_doc = "docs/index"
include_patterns = ["docs/*.md", "notebooks/*.ipynb", "notebooks/course/*.ipynb", "benchmarks/RESULTS.md"]
html_theme = "furo"
html_title = "opsef-core"
html_show_sourcelink = False

myst_heading_anchors = 3
default_role = "code"  # docstrings mark names as Markdown does
autodoc_typehints = "none"  # the signature has them
autodoc_member_order = "groupwise"
napoleon_attr_annotations = False

_asked = os.environ.get("OPSEF_DOCS", "few")
nb_execution_mode = "off" if _asked == "none" else "cache"
LATER = ["notebooks/[3-9]*", "notebooks/1[0-9]*", "notebooks/course/*"]
nb_execution_excludepatterns = [] if _asked == "all" else LATER
nb_execution_timeout = 600
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_ipywidgets_js: dict[str, dict[str, str]] = {}  # a page loads nothing from elsewhere; a widget needs a notebook


def as_rst(app: object, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """What our docstrings write and reStructuredText reads otherwise: `Image`s, and bars."""
    if name == opsef_core.__name__:  # one sentence, then code
        lines[1:] = ["", ".. code-block:: python", "", *(f"    {line}" for line in lines[2:])]
    lines[:] = [re.sub(r"(`[^`]+`)(\w?)", _apart, line).replace("|", r"\|") for line in lines]


def _apart(found: re.Match[str]) -> str:
    name, letter = found.groups()
    return rf"{name}\ {letter}" if letter else name


def setup(app: object) -> None:
    """Called by sphinx."""
    app.connect("autodoc-process-docstring", as_rst)  # type: ignore[attr-defined]
