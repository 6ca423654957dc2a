"""What runs in the browser: files of plain JavaScript and CSS, put together into the one module a widget has.

A widget's module cannot import a neighbour, and a notebook must work without network; so the shared files have no
`import` and `export`, and stand before the widget's own file.
"""

from __future__ import annotations

from importlib.resources import files

from .. import plots
from ..registry import Need

FOLDER = "browser"
SHARED = ("elements", "decode", "contours", "view", "paint", "levels", "kernel")
PARTS = {  # of widgets that fill more than a file
    "annotator": ("shapes", "ids", "saving", "draft", "tools", "sheet"),
    "preview": ("asking", "looks", "histogram", "parameters", "code", "region", "row"),
}


def module(widget: str) -> str:
    """The JavaScript of a widget; its default export has `render({model, el})`."""
    return "\n".join(_text(f"{name}.js") for name in (*SHARED, *PARTS.get(widget, ()), widget))


def style(widget: str) -> str:
    """The CSS of a widget."""
    return "\n".join(_text(f"{name}.css") for name in ("shared", widget))


def colours() -> dict[str, str]:
    """The colours of outlines, as in every other picture."""
    return {"found": f"rgb{plots.FOUND}", "true": f"rgb{plots.TRUE}"}


def check_installed(what: str) -> None:
    """Raise `MissingPackage`, which names the extra, if the notebook's packages are not there."""
    for package in ("ipywidgets", "anywidget"):
        Need(package, "notebook").check(what)


def _text(name: str) -> str:
    return (files(__package__) / FOLDER / name).read_text(encoding="utf8")
