"""Run the benchmarks and write RESULTS.md from what they measured.

    python benchmarks/run_all.py [NAME ...]

Every other script of this folder has TITLE, ABOUT and measure() -> figures, a dict or a list of rows. Each runs in a
process of its own; the sections of scripts that were not asked for stay as they are. A script that fails leaves its
error in the table.
"""

from __future__ import annotations

import datetime
import importlib
import json
import os
import platform
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
RESULTS = HERE / "RESULTS.md"
HEAD = """# What was measured

Written by `python benchmarks/run_all.py`; every figure comes from the script named in its section. Absolute seconds
depend on the machine and on what else it did; ratios were taken within one run.
"""


def names() -> list[str]:
    """Names of all benchmark scripts."""
    return sorted(f.stem for f in HERE.glob("*.py") if f.stem != Path(__file__).stem)


def section(name: str) -> str:
    """Run one script in a fresh process and write its section."""
    code = f"import json, {name} as b; print('RESULT ' + json.dumps([b.TITLE, b.ABOUT, b.measure()], default=str))"
    done = subprocess.run([sys.executable, "-c", code], cwd=HERE, capture_output=True, text=True, check=False)
    found = re.search(r"^RESULT (.*)$", done.stdout, re.MULTILINE)
    if found is None:
        title, about = _about(name)
        figures = {"failed": (done.stderr.strip().splitlines() or ["no output"])[-1]}
    else:
        title, about, figures = json.loads(found[1])
    today = datetime.date.today().isoformat()
    where = f"{platform.machine()}, {os.cpu_count()} CPU cores, Python {platform.python_version()}"
    origin = f"`benchmarks/{name}.py`, {today}, {where}. {about}"
    rows = figures if isinstance(figures, list) else [{"figure": k, "value": v} for k, v in figures.items()]
    columns = list(dict.fromkeys(column for row in rows for column in row))
    table = [columns, ["---"] * len(columns), *([row.get(c, "") for c in columns] for row in rows)]
    lines = ["| " + " | ".join(map(str, cells)) + " |" for cells in table]
    return "\n".join([f"## {title}", "", origin, "", *lines]) + "\n"


def _about(name: str) -> tuple[str, str]:
    sys.path.insert(0, str(HERE))
    module = importlib.import_module(name)
    return module.TITLE, module.ABOUT


def kept() -> dict[str, str]:
    """Sections that stand in RESULTS.md now, by script name; those of scripts that are gone are left out."""
    if not RESULTS.exists():
        return {}
    parts = re.split(r"^(?=## )", RESULTS.read_text(encoding="utf8"), flags=re.MULTILINE)[1:]
    found = {name[1]: part for part in parts if (name := re.search(r"`benchmarks/(\w+)\.py`", part))}
    return {name: found[name].rstrip() + "\n" for name in names() if name in found}


def main() -> None:
    """Measure what was asked for (everything if nothing was) and write the file."""
    for name in sys.argv[1:] or names():
        print(f"{name} ...", flush=True)
        made = section(name)
        print(made, flush=True)
        sections = {**kept(), name: made}  # read again: another run may have written meanwhile
        RESULTS.write_text("\n".join([HEAD, *(sections[n] for n in sorted(sections))]), encoding="utf8")


if __name__ == "__main__":
    main()
