"""The commands that learn from images: train, adapt, tune."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..atomic import write_whole
from ..run import AdaptConfig, TrainConfig, TuneConfig, train
from ..terminal import out, show
from ._command import Command


def add(command: Command) -> None:
    """The commands that learn."""
    made = command("train", _train, "fit a model to annotated images as a training file says, or go on with it")
    made.add_argument("file", type=Path, help="YAML file, for example pipelines/zoo/unet.yml")
    made.add_argument("--out", type=Path, help="folder of the fitted model (models/<name of the file>)")
    made.add_argument("--data", type=Path, help="where the data set's files lie (where data sets are looked for)")
    made.add_argument("--hours", type=float, help="training time in all, interruptions not counted")
    made.add_argument("--steps", type=int, help="optimiser steps in all")
    made.add_argument("--device", help="auto, cpu, cuda, mps")
    made = command("adapt", _adapt, "adapt a model to unlabelled images as a file says, or go on with it")
    made.add_argument("file", type=Path, help="YAML file, for example pipelines/adapt_folder.yml")
    made.add_argument("--out", type=Path, help="folder of the adaptation (adapted/<name of the file>)")
    made.add_argument("--images", nargs="+", help="other images than the file's: folder, pattern or files")
    made.add_argument("--data", type=Path, help="where the data sets' files lie (where data sets are looked for)")
    made.add_argument("--variant", help="AUTOstyle, GTstyle or NOstyle")
    made.add_argument("--hours", type=float, help="time of the retraining")
    made.add_argument("--style-hours", type=float, help="time of one style at most")
    made.add_argument("--device", help="auto, cpu, cuda, mps")
    made = command("tune", _tune, "search a model's parameters on annotated images as a file says")
    made.add_argument("file", type=Path, help="YAML file: model, examples, search, trials")
    made.add_argument("--data", type=Path, help="where the data set's files lie (where data sets are looked for)")
    made.add_argument("--out", type=Path, help="CSV file for the table of all trials")


def _train(options: argparse.Namespace) -> None:
    config = TrainConfig.load(options.file)
    plan = {key: value for key in ("hours", "steps") if (value := getattr(options, key)) is not None}
    changes = {"plan": {**config.plan.model_dump(), **plan}} | ({"device": options.device} if options.device else {})
    config = TrainConfig.of({**config.model_dump(), **changes}, str(options.file))
    made = train(config, options.out or Path("models") / options.file.stem, data=options.data)
    if (made.scores["kind"] != "").any():
        scores = made.scores.groupby("kind").mean(numeric_only=True)
        show(scores.reset_index())
    out.print(repr(made), markup=False)


def _adapt(options: argparse.Namespace) -> None:
    config = AdaptConfig.load(options.file)
    asked = {k: v for k in ("variant", "hours", "style_hours") if (v := getattr(options, k)) is not None}
    changes: dict[str, object] = {"adapt": {**config.adapt.model_dump(), **asked}}
    if options.images:
        changes |= {"images": options.images, "target": None}
    if options.device:
        changes["device"] = options.device
    config = AdaptConfig.of({**config.model_dump(), **changes}, str(options.file))
    made = config.run(options.out or Path("adapted") / options.file.stem, data=options.data)
    if len(made.before_after):
        show(made.before_after.round(3))
    for style in made.styles:
        out.print(style.said, markup=False)
    out.print(made.judgement.why, markup=False)
    out.print(f"Folder: {made.folder}", markup=False)


def _tune(options: argparse.Namespace) -> None:
    made = TuneConfig.load(options.file).run(options.data)
    if options.out:
        write_whole(options.out, made.trials.to_csv(index=False).encode())
    show(made.trials.sort_values("dsb_score", ascending=False).head(8))
    out.print(repr(made), markup=False)
