"""What there is, and moving weights about: models, bundle, datasets, metrics, steps, doctor."""

from __future__ import annotations

import argparse
from pathlib import Path

from .. import metrics_table, models_table, steps_table
from ..doctor import findings, lacking
from ..errors import BadParameter, NothingToShow
from ..ingest import datasets_table
from ..models import bundle, fetch, install, weights_table
from ..terminal import out, show
from ._command import Command


def add(command: Command) -> None:
    """The commands that say what there is, and move weights about."""
    made = command("models", _models, "list the models with their parameters, and all weights there are")
    made.add_argument("--weights", action="store_true", help="the weights alone")
    made.add_argument("--fetch", metavar="NAME", nargs="+", help="download these weights now")
    made = command(
        "bundle", _bundle, "pack weights into one file, for a machine without network, or install such a file"
    )
    made.add_argument("file", type=Path, help="the bundle, for example weights.zip")
    made.add_argument("names", nargs="*", help="weights as in `opsef models`, or model folders (all that are here)")
    made.add_argument(
        "--install", action="store_true", help="verify the file and put its weights where models find them"
    )
    command("datasets", _datasets, "list the data sets, and which of them are on this machine")
    command("metrics", lambda _: show(metrics_table()), "list the metrics with formula, range and parameters")
    command("steps", lambda _: show(steps_table()), "list the preprocessing steps and their parameters")
    command("doctor", _doctor, "say what is installed, which device, which weights are on disk, what is missing")


def _models(options: argparse.Namespace) -> None:
    if options.fetch:
        show(fetch(options.fetch))
        return
    if not options.weights:
        show(models_table())
    show(weights_table())
    out.print("Weights are chosen by name: pretrained. A model folder of yours is chosen by its path.", markup=False)


def _bundle(options: argparse.Namespace) -> None:
    if options.install and options.names:
        raise BadParameter("opsef bundle --install installs all that is in the file; names are for packing.")
    show(install(options.file) if options.install else bundle(options.file, options.names))
    if not options.install:
        out.print(f"{options.file}: install it on the other machine with opsef bundle --install FILE", markup=False)


def _datasets(options: argparse.Namespace) -> None:
    table = datasets_table()
    if table.empty:
        raise NothingToShow(
            "There is no data set here: an installed package does not hold them. Work in the project's folder, or name "
            "a folder of yours that has a dataset.yml; opsef new writes one."
        )
    show(table)


def _doctor(options: argparse.Namespace) -> None:
    found = findings()
    show(found)
    missing = lacking(found)
    out.print(f"{missing} missing; the last column says what mends it." if missing else "Nothing is missing.")
