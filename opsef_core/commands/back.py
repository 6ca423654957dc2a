"""What a person changed in an exported folder: reimport."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import reimport
from ..run import Run, write_table
from ..terminal import err, out, show
from ._command import Command


def add(command: Command) -> None:
    """The way back."""
    made = command("reimport", _reimport, "say what a person changed in an exported folder, and what to look at")
    made.add_argument("folder", type=Path, help="folder that export wrote, after somebody worked in it")
    made.add_argument("--run", type=Path, help="run folder that was exported (where it was seen from the folder)")
    made.add_argument("--out", type=Path, help="write the changes there, a row an object; .csv or .parquet")


def _reimport(options: argparse.Namespace) -> None:
    back = reimport(options.folder, images=Run.open(options.run) if options.run else None)
    shown = back.summary.drop(columns=["new_class", "mean_iou"])
    show(shown[(shown["unchanged"] < shown["exported"]) | (shown["added"] > 0) | (shown["image"] == "total")])
    for problem in back.problems:
        err.print(f"Note: {problem}", markup=False)
    out.print(f"{len(back.looked_at)} of {len(back.labels)} images were worked on.", markup=False)
    if options.out:
        out.print(str(write_table(back.changes, options.out)), markup=False)
