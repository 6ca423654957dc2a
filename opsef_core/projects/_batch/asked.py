"""The notebook of a batch: whether it is one that can be told what to do, and what it is told."""

from __future__ import annotations

import ast
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import BadConfig, BadParameter
from .._place import check_style
from .sources import Source

log = logging.getLogger(__name__)
MUST = ("dataset", "run_folder")


@dataclass(frozen=True)
class Asked:
    """Which notebook runs, with what.

    Attributes:
        pipeline: path of the YAML file.
        notebook: path.
        content: of the notebook's file.
        known: names of its parameters.
        device: that was asked for; None: the pipeline's.
    """

    pipeline: str
    notebook: Path
    content: bytes
    known: frozenset[str]
    device: str | None

    def parameters(self, source: Source, run_folder: str, title: str) -> dict[str, Any]:
        """What the notebook is told of all that it may know."""
        told = {"pipeline": self.pipeline, "dataset": source.given, "run_folder": run_folder, "title": title}
        if self.device is not None:
            told["device"] = self.device
        return {name: value for name, value in told.items() if name in self.known}


def asked(pipeline: str | Path, notebook: Path, device: str | None) -> Asked:
    """A notebook that can be run for many data sets.

    Raises:
        BadConfig: there is none, or it is no notebook.
        BadParameter: it does not let itself be told what to read, or where to write; a path as Windows writes it, where
            that is none.
    """
    check_style(str(notebook), "notebook")
    try:
        content = notebook.read_bytes()
        cells = [("".join(c["source"]), c.get("metadata", {}).get("tags", ())) for c in json.loads(content)["cells"]]
    except FileNotFoundError:
        raise BadConfig(f"There is no notebook {notebook}.") from None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        raise BadConfig(f"{notebook} is no Jupyter notebook (.ipynb, format 4).") from None
    known = frozenset(name for source, tags in cells if "parameters" in tags for name in _set_in(source))
    if not any("parameters" in tags for _, tags in cells):
        raise BadParameter(
            f"The notebook {notebook} has no cell tagged `parameters`, so a batch cannot tell it which data to use. In "
            "JupyterLab: select the cell that sets dataset and run_folder, and add the tag in the property inspector."
        )
    if lacking := [name for name in MUST if name not in known]:
        raise BadParameter(
            f"The notebook {notebook} has no parameter {' and no '.join(lacking)}, by which a batch says what to read "
            f"and where to write. It has {', '.join(sorted(known)) or 'none'}."
        )
    if "pipeline" not in known:
        log.warning("The notebook %s has no parameter `pipeline`: it runs its own grid.", notebook.name)
    return Asked(str(pipeline), notebook, content, known, device)


def _set_in(source: str) -> set[str]:
    """Names that a cell gives a value."""
    plain = "\n".join(line for line in source.splitlines() if not line.startswith(("%", "!")))
    try:
        body = ast.parse(plain).body
    except SyntaxError:
        return set()
    targets = [t for node in body for t in (node.targets if isinstance(node, ast.Assign) else _annotated(node))]
    return {target.id for target in targets if isinstance(target, ast.Name)}


def _annotated(node: ast.stmt) -> list[ast.expr]:
    return [node.target] if isinstance(node, ast.AnnAssign) else []
