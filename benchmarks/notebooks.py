"""How long the notebooks take with the parameters they have, from an empty run folder, in a kernel of their own.

OPSEF_NOTEBOOKS may name a pattern, for example `course/*`, for a quick look; nothing is written down then.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pandas as pd
import papermill

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "notebooks"
ASKED_MINUTES = {"0_start_here": 3.0, "course": 4.0}
TITLE = "Notebooks"
ABOUT = (
    "Every notebook executed from an empty run folder with its own parameters, on the CPU: minutes from the start of "
    "the kernel to the last output, and the cell that took longest. Asked: start here 3 minutes, each of the course 4. "
    "`import_s`: seconds of `import opsef_core` in a fresh interpreter (asked: < 1), the median of five."
)


def seconds_of(notebook: Path) -> tuple[float, str, float]:
    """Seconds in all, first line of the cell that took longest, its seconds."""
    with tempfile.TemporaryDirectory() as folder:
        parameters = {"run_folder": str(Path(folder) / "run"), "device": "cpu"}
        began = time.perf_counter()
        made = papermill.execute_notebook(
            notebook, None, parameters, cwd=str(ROOT), progress_bar=False, kernel_name="python3"
        )
        total = time.perf_counter() - began
    took = [(c.metadata["papermill"].get("duration") or 0.0, c.source) for c in made.cells if c.cell_type == "code"]
    longest, source = max(took)
    return total, source.splitlines()[-1], longest


def import_s() -> float:
    """Of the package, in a fresh interpreter, less that of Python itself."""
    code = "import time; began = time.perf_counter(); import opsef_core; print(time.perf_counter() - began)"
    taken = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout) for _ in "12345"
    ]
    return sorted(taken)[2]


def measure() -> list[dict[str, object]]:
    """A row a notebook."""
    rows: list[dict[str, object]] = [{"notebook": "import opsef_core", "import_s": round(import_s(), 2)}]
    asked = os.environ.get("OPSEF_NOTEBOOKS", "*")
    for path in sorted(FOLDER.glob("*.ipynb")) + sorted((FOLDER / "course").glob("*.ipynb")):
        name = path.relative_to(FOLDER).with_suffix("").as_posix()
        if not path.relative_to(FOLDER).match(asked):
            continue
        total, source, longest = seconds_of(path)
        limit = ASKED_MINUTES.get(name.split("/")[0], "")
        rows.append(
            {
                "notebook": name,
                "minutes": round(total / 60, 1),
                "asked": limit,
                "longest_cell": f"`{source[:70]}`".replace("|", "/"),
                "its_s": round(longest, 1),
            }
        )
    return rows


if __name__ == "__main__":
    print(pd.DataFrame(measure()).to_string())
