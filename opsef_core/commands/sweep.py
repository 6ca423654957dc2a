"""Sweeps: demo, run, plan."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import report
from ..errors import NothingToShow
from ..run import Run, RunConfig
from ..terminal import err, out, show, show_ranking
from ._command import Command

PIPELINES = Path(__file__).parents[2] / "pipelines"
NOT_HERE = (
    "The demo's pipeline and sample images are not here: an installed package does not hold them. Get the project's "
    "folder, and run opsef demo there. Or begin with your own images: opsef new my_project --images FOLDER."
)


def add(command: Command) -> None:
    """The commands that begin with a grid."""
    demo = command("demo", _demo, "sweep the shipped sample images and write a report")
    demo.add_argument("--out", type=Path, default=Path("runs/demo"), help="run folder (runs/demo)")
    run = command("run", _run, "run a pipeline file: compute what is missing, score, report")
    plan = command("plan", _plan, "show what a pipeline file would compute, and what is already there")
    for made in (run, plan):
        made.add_argument("pipeline", type=Path, help="YAML file")
        made.add_argument("--out", type=Path, help="run folder (runs/<name of the pipeline file>)")
        made.add_argument("--images", nargs="+", help="other images than the pipeline's: folder, pattern or files")
        made.add_argument("--dataset", help="another data set than the pipeline's")
        made.add_argument("--device", help="auto, cpu, cuda, mps")


def _demo(options: argparse.Namespace) -> None:
    pipeline = PIPELINES / "quickstart.yml"
    if not pipeline.is_file():
        raise NothingToShow(NOT_HERE)
    _go(Run.from_yaml(pipeline, options.out))


def _run(options: argparse.Namespace) -> None:
    _go(_opened(options))


def _plan(options: argparse.Namespace) -> None:
    plan = _opened(options).plan()
    out.print(repr(plan), markup=False)
    show(plan.table)


def _opened(options: argparse.Namespace) -> Run:
    """The run of a pipeline file, with what the command line puts in its place."""
    config = RunConfig.load(options.pipeline).beside(options.pipeline.parent)
    changes: dict[str, object] = {"device": options.device} if options.device else {}
    if options.images:
        changes |= {"images": options.images, "dataset": None}
    elif options.dataset:
        changes |= {"dataset": options.dataset, "images": None}
    config = RunConfig.of({**config.model_dump(), **changes}, str(options.pipeline))
    return Run.from_config(options.out or Path("runs") / options.pipeline.stem, config)


def _go(run: Run) -> None:
    out.print(repr(run.plan()), markup=False)
    results = run.go()
    out.print(repr(results), markup=False)
    _tell_failures(run)
    run.score()
    show_ranking(run.scores, run.rank().head(8))
    out.print(" ".join(run.verdict().sentences), markup=False)
    out.print(f"Report: {report(run)}", markup=False)


def _tell_failures(run: Run) -> None:
    """Print why results failed, each reason once.

    Raises:
        NothingToShow: all of them did.
    """
    cells = run.cells
    for reason, count in cells.loc[cells["status"] == "failed", "reason"].value_counts().items():
        err.print(f"{count} failed: {reason}", markup=False)
    if (cells["status"] == "failed").all():
        raise NothingToShow("Not one result could be computed, so there is nothing to compare.")
