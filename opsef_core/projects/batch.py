"""One notebook for many data sets: each executed in a kernel of its own, kept with its report and a record."""

from __future__ import annotations

import datetime
import importlib.metadata
import importlib.util
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from ..errors import BadParameter, MissingPackage, OpsefError
from ..models import find_device
from ..run import RunConfig
from ..run.execute import fetch_weights
from ._batch.asked import Asked, asked
from ._batch.crew import work
from ._batch.key import key_of
from ._batch.shelf import FAILED, NOTEBOOK, RUN, claimed, identity, places, read_record, say_stopped, write_record
from ._batch.sources import Source, sources
from ._batch.task import Task
from ._place import check_style
from .index import INDEX, write_index

DEFAULT = Path(__file__).parent / "templates" / "batch.ipynb"
NEEDS = ("papermill", "nbconvert", "ipykernel")
THERE = "already there"


@dataclass(frozen=True)
class Batch:
    """What came of a batch.

    Attributes:
        folder: of the batch.
        table: one row a data set: `data`; `status` (done, failed, already there); `images`; `best` grid point, its mean
            `score` and the `metric`; `failed_results` of the run; `seconds`; `notebook`, `report` (paths); `reason`.
    """

    folder: Path
    table: pd.DataFrame = field(repr=False)

    @property
    def index(self) -> Path:
        """The page that leads to everything."""
        return self.folder / INDEX

    @property
    def failed(self) -> pd.DataFrame:
        """The rows of data sets whose notebook failed."""
        return self.table[self.table["status"] == "failed"]

    def __repr__(self) -> str:
        counts = self.table["status"].value_counts()
        said = ", ".join(f"{counts[s]} {s}" for s in ("done", THERE, "failed") if s in counts)
        return f"Batch: {len(self.table)} data set{'s' * (len(self.table) != 1)}, {said}. Index: {self.index}"

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>" + self.table.to_html(index=False, na_rep="")


def batch(
    pipeline: str | Path,
    data: str | Path | Iterable[str | Path],
    out: str | Path = "runs/batch",
    notebook: str | Path | None = None,
    *,
    workers: int = 1,
    device: str | None = None,
    progress: bool = True,
) -> Batch:
    """Run a notebook for each data set, with the grid of a pipeline file.

    Each gets a folder with the executed notebook, its run folder with the report, and a record; `index.html` leads to
    all. A notebook that fails is kept with its error, and the next one goes on. Stopped, or killed, the same call goes
    on: what is finished and unchanged (images, truth, pipeline, weights, notebook, version) is not run again, and a
    run that was begun has kept its results.

    Args:
        pipeline: YAML file as for `opsef run`; the data set or images it names are replaced.
        data: names of data sets, folders with a dataset.yml, folders or patterns of images; a pattern that matches
            folders stands for each of them.
        out: the batch folder; made if it does not exist.
        notebook: with the parameters `dataset` and `run_folder`, and, if it uses them, `pipeline`, `device`, `title`;
            None: the one that comes along.
        workers: notebooks at a time, each a process; they share the cores.
        device: "auto", "cpu", "cuda", "mps"; None: the pipeline's.
        progress: show one progress bar.

    Raises:
        BadConfig: the pipeline cannot be understood, or the notebook is none.
        BadParameter: no data; no worker; a notebook without the parameters it needs; Windows paths on another system.
        UnknownName, UnreadableFile: data that does not exist.
        BadRunFolder: the folder holds something else, cannot be written, or another batch works in it.
        MissingPackage: papermill, nbconvert or ipykernel.
        DiskFull: no space left.
    """
    _check(workers, device)
    config, what, wanted = _pipeline(pipeline), asked(pipeline, Path(notebook or DEFAULT), device), sources(data)
    fetch_weights(config.made_models())  # here and once, or each process would
    with claimed(folder := Path(out).expanduser()):
        say_stopped(folder)
        named = places(folder, wanted)
        tasks = [_task(source, folder / name, folder, config, what) for source, name in named.items()]
        todo = [task for task in tasks if task.record["status"] == "waiting"]
        for task in tasks:
            if task.record["status"] != THERE:
                write_record(task.place, task.record)
        write_index(folder)
        _work(todo, folder, workers, progress)
        return Batch(folder, pd.DataFrame([_row(task) for task in tasks]))


def _check(workers: int, device: str | None) -> None:
    for package in NEEDS:
        if importlib.util.find_spec(package) is None:
            raise MissingPackage("A batch of notebooks", package, "notebook")
    if workers < 1:
        raise BadParameter(f"workers={workers} is not possible; at least one notebook runs at a time.")
    if device not in (None, "auto", "cpu"):
        find_device(device)


def _pipeline(path: str | Path) -> RunConfig:
    """The pipeline file, with every name in it looked up."""
    check_style(str(path), "pipeline")
    config = RunConfig.load(path)
    config.made_recipes()
    config.made_passes()
    return config.on(title=config.title or Path(path).stem)


def _task(source: Source, place: Path, folder: Path, config: RunConfig, what: Asked) -> Task:
    """What is to be done for a data set, or that nothing is."""
    title = f"{config.title}: {source.title}"
    mine = config.on(source.given, title=title)
    record = {
        "title": source.title,
        "data": identity(source, folder),
        "given": source.given,
        "pipeline": Path(what.pipeline).name if "pipeline" in what.known else "",
        "notebook": what.notebook.name,
        "version": importlib.metadata.version("opsef-core"),
        "status": "waiting",
        "reason": "",
    }
    try:
        record["key"] = key_of(mine, what.content)
    except OpsefError as error:
        record |= {"status": "failed", "reason": str(error), "key": ""}
    before = read_record(place)
    if before is not None and before["key"] == record["key"] and before["status"] == "done" and _whole(place, before):
        record = {**before, "given": source.given, "status": THERE}
    return Task(str(what.notebook), str(place), what.parameters(source, str(place / RUN), title), record)


def _whole(place: Path, record: dict[str, Any]) -> bool:
    """Whether nobody took away what the record tells of."""
    return (place / f"{NOTEBOOK}.ipynb").is_file() and ("results" not in record or (place / RUN).is_dir())


def _work(todo: list[Task], folder: Path, workers: int, progress: bool) -> None:
    """Run the notebooks; every record is true at every time, and the index with it."""
    from tqdm.auto import tqdm

    with tqdm(total=len(todo), desc="batch", unit="data set", disable=not (progress and todo)) as bar:

        def begun(task: Task) -> None:
            started = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
            task.record.update(status="running", started=started)
            write_record(task.place, task.record)
            write_index(folder)

        def ended(task: Task, reason: str) -> None:
            if reason:
                write_record(task.place, {**task.record, "status": "failed", "reason": reason})
            write_index(folder)
            bar.update()

        try:
            work(todo, workers, begun, ended)
        except BaseException:
            with suppress(OpsefError):
                say_stopped(folder)
                write_index(folder)
            raise


def _row(task: Task) -> dict[str, Any]:
    """The row of a data set in the table."""
    record = task.record if task.record["status"] == THERE else read_record(task.place) or task.record
    name = FAILED if record["status"] == "failed" else NOTEBOOK
    report = task.place / RUN / "report.html"
    notebook = task.place / f"{name}.ipynb"
    return {
        "data": record["given"],
        "status": record["status"],
        "images": record.get("images"),
        "best": record.get("best", ""),
        "score": record.get("score"),
        "metric": record.get("metric", ""),
        "failed_results": record.get("failed"),
        "seconds": record.get("seconds"),
        "notebook": str(notebook) if notebook.is_file() else "",
        "report": str(report) if report.is_file() else "",
        "reason": record["reason"],
    }
