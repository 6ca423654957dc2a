"""What is done with a run that has results: report, score, errors, export."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import dataset, export, report
from ..compare import annotation_note, breakdown, metrics_in_words, strongest, tidy, type_counts
from ..run import Run, write_table
from ..terminal import out, show, show_ranking
from ._command import Command


def add(command: Command) -> None:
    """What is done with a run that has results."""
    for name, function, text in (
        ("report", _report, "write a run's report.html again"),
        ("score", _score, "score a run and show the ranking"),
        ("errors", _errors, "say what became of every object: found, missed, split, merged, invented"),
        ("export", _export, "export the best (or a named) grid point of a run"),
    ):
        made = command(name, function, text)
        made.add_argument("folder", type=Path, help="run folder")
        if name in ("score", "export"):
            made.add_argument("--by", help="metric to rank by (the first one scored)")
        if name in ("score", "errors"):
            made.add_argument("--truth", help="data set whose truth is used (the run's own)")
            made.add_argument(
                "--annotated",
                choices=("whole", "sparse"),
                help="sparse: only some objects of an image are in the truth",
            )
        if name == "errors":
            made.add_argument("--grid-point", help="title of the grid point (all)")
            made.add_argument("--out", type=Path, help="write the objects there, a row each; .csv or .parquet")
        if name == "score":
            made.add_argument(
                "--metrics",
                nargs="+",
                metavar="NAME",
                help="what to score with, parameters behind the name: ap iou_threshold=0.75 aji (the run's own)",
            )
            made.add_argument("--estimate", action="store_true", help="say what agreement alone lets one expect, too")
            made.add_argument("--table", type=Path, help="write all scores there, a row each; .csv or .parquet")
        if name == "export":
            made.add_argument("--to", default="annotatorj", help="format (annotatorj)")
            made.add_argument("--out", type=Path, help="folder (export/<format> in the run folder)")
            made.add_argument("--grid-point", help="title of the grid point (the best)")
            made.add_argument("--outlines", action="store_true", help="draw the outlines over each image, too")


def _report(options: argparse.Namespace) -> None:
    out.print(str(report(Run.open(options.folder))), markup=False)


def _score(options: argparse.Namespace) -> None:
    run = Run.open(options.folder)
    if options.metrics:
        run.metrics = metrics_in_words(options.metrics)
    scores = run.score(dataset(options.truth).truth if options.truth else None, options.annotated)
    show_ranking(run.scores, run.rank(options.by))
    if note := annotation_note(scores):
        out.print(note, markup=False)
    if options.estimate:
        show(run.estimate())
    if options.table:
        out.print(str(write_table(tidy(scores), options.table)), markup=False)


def _errors(options: argparse.Namespace) -> None:
    run = Run.open(options.folder)
    points = [options.grid_point] if options.grid_point else None
    errors = run.errors(points, dataset(options.truth).truth if options.truth else None, options.annotated)
    show(type_counts(errors))
    depends = breakdown(errors)
    for point in errors["grid_point"].unique():
        if sentence := strongest(depends[depends["grid_point"] == point]):
            out.print(f"{point}: {sentence}", markup=False)
    if options.out:
        out.print(str(write_table(errors, options.out)), markup=False)


def _export(options: argparse.Namespace) -> None:
    run = Run.open(options.folder)
    if run.scores is None and options.grid_point is None:
        run.score()
    chosen = run.chosen(options.grid_point) if options.grid_point else run.best(options.by)
    out.print(repr(chosen), markup=False)
    out.print(str(export(chosen, options.to, options.out, outlines=options.outlines)), markup=False)
