"""The command line: `opsef` or `python -m opsef_core`."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from . import __version__, dataset, export, models_table, reimport, report, steps_table
from .atomic import write_whole
from .compare import (
    annotation_note,
    breakdown,
    metrics_in_words,
    metrics_table,
    strongest,
    tidy,
    type_counts,
)
from .doctor import findings
from .errors import BadParameter, NothingToShow, OpsefError
from .models import bundle, install, weights_table
from .places import staying_offline
from .run import AdaptConfig, Run, RunConfig, TrainConfig, TuneConfig, train, write_table
from .terminal import err, out, show, show_ranking

PIPELINES = Path(__file__).parents[1] / "pipelines"
Command = Callable[[str, object, str], argparse.ArgumentParser]


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; returns the exit status: 0, or 2 with the reason in words."""
    options = _parser().parse_args(argv)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s")
    try:
        with staying_offline(options.offline):
            options.command(options)
    except OpsefError as error:
        err.print(f"opsef: {error}", markup=False)
        return 2
    except KeyboardInterrupt:
        err.print("opsef: stopped; what is done is kept, and the same command goes on from here.")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="opsef", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--version", action="version", version=f"opsef-core {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, function: object, text: str) -> argparse.ArgumentParser:
        """Add a subcommand."""
        made = commands.add_parser(name, help=text, description=text)
        made.set_defaults(command=function)
        made.add_argument(
            "--offline", action="store_true", help="download nothing; what is missing is an error at once"
        )
        return made

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
    _add_results(command)
    _add_comparison(command)
    _add_training(command)
    _add_lists(command)
    return parser


def _add_results(command: Command) -> None:
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
    made = command("reimport", _reimport, "say what a person changed in an exported folder, and what to look at")
    made.add_argument("folder", type=Path, help="folder that export wrote, after somebody worked in it")
    made.add_argument("--run", type=Path, help="run folder that was exported (where it was seen from the folder)")
    made.add_argument("--out", type=Path, help="write the changes there, a row an object; .csv or .parquet")


def _add_comparison(command: Command) -> None:
    """Which grid point is better, and is it really."""
    made = command(
        "compare", _compare, "compare the grid points of a run: who is better, by how much, could it be chance"
    )
    made.add_argument("folder", type=Path, help="run folder")
    made.add_argument("--metric", help="what decides (the first one scored)")
    made.add_argument("--by", metavar="COLUMN", help="column of the scores that tells which images belong together")
    made.add_argument("--out", type=Path, help="write all pairs there, a row each; .csv or .parquet")


def _add_training(command: Command) -> None:
    """The commands that learn from annotated images."""
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


def _add_lists(command: Command) -> None:
    """The commands that say what there is, and move weights about."""
    made = command("models", _models, "list the models with their parameters, and all weights there are")
    made.add_argument("--weights", action="store_true", help="the weights alone")
    made = command(
        "bundle", _bundle, "pack weights into one file, for a machine without network, or install such a file"
    )
    made.add_argument("file", type=Path, help="the bundle, for example weights.zip")
    made.add_argument("names", nargs="*", help="weights as in `opsef models`, or model folders (all that are here)")
    made.add_argument(
        "--install", action="store_true", help="verify the file and put its weights where models find them"
    )
    command("metrics", lambda _: show(metrics_table()), "list the metrics with formula, range and parameters")
    command("steps", lambda _: show(steps_table()), "list the preprocessing steps and their parameters")
    command("doctor", lambda _: show(findings()), "say what is installed, which device, what is missing")


def _demo(options: argparse.Namespace) -> None:
    _go(Run.from_yaml(PIPELINES / "quickstart.yml", options.out))


def _run(options: argparse.Namespace) -> None:
    _go(_opened(options))


def _plan(options: argparse.Namespace) -> None:
    plan = _opened(options).plan()
    out.print(repr(plan), markup=False)
    show(plan.table)


def _opened(options: argparse.Namespace) -> Run:
    """The run of a pipeline file, with what the command line puts in its place."""
    config = RunConfig.load(options.pipeline)
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


def _export(options: argparse.Namespace) -> None:
    run = Run.open(options.folder)
    if run.scores is None and options.grid_point is None:
        run.score()
    chosen = run.chosen(options.grid_point) if options.grid_point else run.best(options.by)
    out.print(repr(chosen), markup=False)
    out.print(str(export(chosen, options.to, options.out, outlines=options.outlines)), markup=False)


def _reimport(options: argparse.Namespace) -> None:
    back = reimport(options.folder, images=Run.open(options.run) if options.run else None)
    shown = back.summary.drop(columns=["new_class", "mean_iou"])
    show(shown[(shown["unchanged"] < shown["exported"]) | (shown["added"] > 0) | (shown["image"] == "total")])
    for problem in back.problems:
        err.print(f"Note: {problem}", markup=False)
    out.print(f"{len(back.looked_at)} of {len(back.labels)} images were worked on.", markup=False)
    if options.out:
        out.print(str(write_table(back.changes, options.out)), markup=False)


def _models(options: argparse.Namespace) -> None:
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


if __name__ == "__main__":
    sys.exit(main())
