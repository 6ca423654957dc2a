"""An executed notebook as a page that opens without Jupyter and without network."""

from __future__ import annotations

from pathlib import Path
from typing import Any

WIDGET = "application/vnd.jupyter.widget-view+json"
LINKS = ("require_js_url", "mathjax_url", "jquery_url", "jupyter_widgets_base_url", "widget_renderer_url")


def page_of(notebook: Path, title: str) -> bytes:
    """The notebook as HTML with all pictures in it; widgets, which need a kernel, as the text that stands for them."""
    import nbformat
    from nbconvert import HTMLExporter

    nodes: Any = nbformat.read(notebook, as_version=4)
    nodes.metadata.pop("widgets", None)
    nodes.metadata["title"] = title
    for output in (o for cell in nodes.cells for o in cell.get("outputs", [])):
        if len(output.get("data", {})) > 1:
            output["data"].pop(WIDGET, None)
    text, _ = HTMLExporter(**dict.fromkeys(LINKS, ""), exclude_input_prompt=True).from_notebook_node(nodes)
    return str(text).encode()
