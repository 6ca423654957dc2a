"""Which grid point is better, and is it really: compare."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..run import Run, write_table
from ..terminal import out, show
from ._command import Command


def add(command: Command) -> None:
    """Which grid point is better, and is it really."""
    made = command(
        "compare", _compare, "compare the grid points of a run: who is better, by how much, could it be chance"
    )
    made.add_argument("folder", type=Path, help="run folder")
    made.add_argument("--metric", help="what decides (the first one scored)")
    made.add_argument("--by", metavar="COLUMN", help="column of the scores that tells which images belong together")
    made.add_argument("--out", type=Path, help="write all pairs there, a row each; .csv or .parquet")


def _compare(options: argparse.Namespace) -> None:
    run = Run.open(options.folder)
    if run.scores is None:
        run.score()
    said = run.verdict(options.metric, options.by)
    if len(said.against_best):
        columns = ["b", "difference", "low", "high", "p_holm", "effect", "n_images", "better"]
        show(said.against_best[columns].rename(columns={"b": f"{said.best} against"}))
    out.print(str(said), markup=False)
    if options.out:
        out.print(str(write_table(said.pairs, options.out)), markup=False)
