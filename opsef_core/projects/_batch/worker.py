"""A process of its own for one notebook: run it, make a page of it, keep what came out.

It is told what to do on its standard input, and ends with its kernel when that is closed: nothing outlives the batch.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
from typing import Any

from ...errors import OpsefError
from .outcome import outcome, picture
from .pages import page_of
from .shelf import FAILED, NOTEBOOK, RUN, RUNNING, write_record
from .task import Task

PICTURE = "picture.png"
KERNEL = "python3"


def main() -> None:
    """Do the task that stands in the first line of the standard input."""
    task = Task.of(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.getLogger("papermill").setLevel(logging.ERROR)
    began = time.monotonic()
    reason = run_notebook(task)
    found = outcome(task.place / RUN)
    reason = reason or nothing(found)
    _keep_notebook(task, reason)
    record = {**task.record, "status": "failed" if reason else "done", "reason": reason, **found}
    if shown := picture(task.place / RUN, record.get("best")):
        (task.place / PICTURE).write_bytes(shown)
    write_record(task.place, {**record, "seconds": round(time.monotonic() - began, 1)})


def nothing(found: dict[str, Any]) -> str:
    """What to say of a run without a single result; "" of others."""
    if not found or found["failed"] < found["results"]:
        return ""
    return f"Not one result could be computed. {found['why_failed']}"


def run_notebook(task: Task) -> str:
    """Run a notebook cell by cell, each saved at once as running.ipynb; returns what went wrong in words, or ""."""
    import papermill
    from nbclient.exceptions import DeadKernelError
    from papermill.exceptions import PapermillExecutionError

    files = _plain(task.notebook), _plain(str(task.place / f"{RUNNING}.ipynb"))
    try:
        papermill.execute_notebook(*files, task.parameters, kernel_name=KERNEL, language="python", progress_bar=False)
    except PapermillExecutionError as error:
        return told(error.ename, error.evalue, error.exec_count)
    except DeadKernelError:
        return "The kernel died in the middle: often the memory was full. Use fewer workers, or smaller tiles."
    return ""


def told(kind: str, text: str, cell: int | None) -> str:
    """An error of a notebook as a sentence: what opsef-core says stands for itself, others with kind and cell."""
    plain = " ".join(text.split())
    return plain if kind in _own_errors() else f"{kind} in cell {cell}: {plain or 'no reason given'}"


def _own_errors() -> set[str]:
    kinds = [OpsefError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    return {kind.__name__ for kind in kinds}


def _keep_notebook(task: Task, reason: str) -> None:
    """Give the notebook its name, and a page beside it; that of an earlier try goes."""
    running, name = task.place / f"{RUNNING}.ipynb", FAILED if reason else NOTEBOOK
    page = page_of(running, str(task.record["title"]))
    for old in (NOTEBOOK, FAILED):
        (task.place / f"{old}.html").unlink(missing_ok=True)
        (task.place / f"{old}.ipynb").unlink(missing_ok=True)
    running.rename(task.place / f"{name}.ipynb")
    (task.place / f"{name}.html").write_bytes(page)


def _plain(path: str) -> str:
    """A path as papermill takes it: braces would be places for parameters."""
    return path.replace("{", "{{").replace("}", "}}")


def _end_with_parent() -> None:
    """End this process and all it started when the one that started it has gone."""
    import psutil

    os.read(sys.stdin.fileno(), 1)  # comes back when the other side is closed
    for process in psutil.Process().children(recursive=True):
        process.kill()
    os._exit(1)


if __name__ == "__main__":
    main()
