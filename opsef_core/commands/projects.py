"""Projects of one's own: new, batch."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..projects import batch, new_project
from ..terminal import err, out, show
from ._command import Command


def add(command: Command) -> None:
    """Begin a project; run one for many data sets."""
    made = command("new", _new, "begin a project: a folder with notebook, pipeline and dataset.yml")
    made.add_argument("folder", help="of the project; new, or empty")
    made.add_argument("--images", nargs="+", help="your images: folder, pattern or files (some sample images)")
    made.add_argument("--truth", metavar="FOLDER", help="label images, each named like its image")
    made = command("batch", _batch, "run a notebook for each data set with the grid of a pipeline file, or go on")
    made.add_argument("pipeline", help="YAML file, as for opsef run; its own data set or images are not used")
    made.add_argument(
        "--data",
        nargs="*",
        default=[],
        help="data sets by name or folder, folders of images, patterns",
    )
    made.add_argument("--out", type=Path, default=Path("runs/batch"), help="batch folder (runs/batch)")
    made.add_argument("--notebook", help="another notebook, with the parameters dataset and run_folder")
    made.add_argument("--workers", type=int, default=1, help="notebooks at a time (1)")
    made.add_argument("--device", help="auto, cpu, cuda, mps")


def _new(options: argparse.Namespace) -> None:
    out.print(repr(new_project(options.folder, options.images, options.truth)), markup=False)


def _batch(options: argparse.Namespace) -> int:
    """The exit status: 1 if a notebook failed."""
    asked = {"workers": options.workers, "device": options.device}
    made = batch(options.pipeline, options.data, options.out, options.notebook, **asked)
    show(made.table[["data", "status", "images", "best", "metric", "score", "seconds"]])
    for row in made.failed.itertuples():
        err.print(f"{row.data} failed: {row.reason}", markup=False)
    out.print(repr(made), markup=False)
    return int(len(made.failed) > 0)
