"""The sweep as a user holds it: plan, go, look, score, choose."""

from __future__ import annotations

import datetime
import logging
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from ..alone import working
from ..atomic import write_whole
from ..compare import SEEN, NotedTable, metrics_asked, noted, ranking, training_warning
from ..data import Image, Labels, Unreadable
from ..errors import NothingToShow, UnknownName
from ..models import Segmenter, find_device
from ..postprocess import Pass
from ..preprocess import Recipe
from .comparing import Comparing
from .config import RunConfig, as_config
from .errors import error_table, image_classes
from .execute import fetch_weights, run_here, run_on_dask
from .inputs import Truth, by_name, checked, checked_images, data_of, source_of
from .judge import Annotated, Judge, agreements, deciding, with_numbers
from .plan import Cell, Item, Plan, make_plan
from .record import record_of
from .results import Chosen, Results
from .seen import seen_in_training
from .store import Store

log = logging.getLogger(__name__)


class Run(Comparing):
    """Recipes x models on images, kept in a folder. What is done is never done again.

    Args:
        folder: the run folder; made if it does not exist, continued if it does.
        images: `Image`s (and `Unreadable`s), an image set, or the images of a data set.
        recipes: from `grid`, or a list of `Recipe`s; the unprocessed image if left out.
        models: from `model`; alternatives are multiplied out.
        passes: from `clean`, run on every result in this order; change them and go again, nothing is segmented again.
        metrics: to score with: names, `compare.metric(name, ...)`, or {"metric": name, parameter: value}.
        seed: of everything random.
        device: "auto", "cpu", "cuda", "mps".
        title: what people call the run; the folder's name if left out.

    Raises:
        BadRunFolder: the folder holds something else, or a run of another version.
        BadParameter: no images, no models, or something that is none; two images of one name.
    """

    def __init__(
        self,
        folder: str | Path,
        images: Iterable[Item],
        recipes: Iterable[Recipe] | Recipe | None = None,
        models: Iterable[Any] | Any = (),
        *,
        passes: Iterable[Pass] = (),
        metrics: Iterable[Any] = ("dsb_score", "ap50", "f1"),
        seed: int = 0,
        device: str = "auto",
        title: str | None = None,
    ) -> None:
        self.images = checked_images(images)
        self.recipes = checked("recipe", recipes, Recipe) if recipes is not None else [Recipe()]
        self.models = checked("model", models, Segmenter)
        self.passes = checked("pass", passes, Pass)
        self.metrics = metrics_asked(metrics)
        self.seed, self.device = seed, find_device(device)
        self._store = Store(folder).open()
        self.folder = self._store.folder
        self.title = title or self.folder.resolve().name
        asked = {"metrics": [m.entry for m in self.metrics], "seed": seed, "device": device, "title": title}
        self.config = as_config(self.recipes, self.models, self.passes, **asked, **source_of(images))
        self._store.write_settings(self.config)
        self._judge = Judge()

    # --- from files -------------------------------------------------------------------------------------------

    @classmethod
    def from_config(cls, folder: str | Path, config: RunConfig, items: Iterable[Item] | None = None) -> Run:
        """The run a configuration describes; `items` stand in for images that were given as arrays.

        Raises:
            BadConfig: the configuration names no images and none are given.
        """
        truth: Truth | None = None
        if items is None:
            data = data_of(config)
            items, truth = data.images, data.truth
        run = cls(
            folder,
            items,
            config.made_recipes(),
            config.made_models(),
            passes=config.made_passes(),
            metrics=config.metrics,
            seed=config.seed,
            device=config.device,
            title=config.title,
        )
        run._judge = Judge(by_name(truth or ()))
        return run

    @classmethod
    def from_yaml(cls, path: str | Path, folder: str | Path, **instead: Any) -> Run:
        """The run a pipeline file describes, in this folder; `instead` of what it says: see `RunConfig.on`."""
        return cls.from_config(folder, RunConfig.load(path).beside(Path(path).parent).on(**instead))

    @classmethod
    def open(cls, folder: str | Path, images: Iterable[Item] | None = None) -> Run:
        """A run that exists, wherever its folder lies now.

        Raises:
            BadRunFolder: no run there, or one of another version.
        """
        run = cls.from_config(folder, Store(folder).read_settings(), images)
        run._judge = run._judge.as_scored(run.scores)
        return run

    def save(self, path: str | Path) -> Path:
        """Write the run as a pipeline file, to be run again elsewhere."""
        return write_whole(Path(path), self.config.to_yaml().encode())

    # --- plan and go ------------------------------------------------------------------------------------------

    def plan(self) -> Plan:
        """What will run, what is already there, how long it may take."""
        return make_plan(self.images, self.recipes, self.models, self.passes, self._store)

    def go(self, progress: bool = True, client: Any = None) -> Results:
        """Compute what is missing. May be stopped at any time and called again.

        Args:
            progress: show one progress bar, with the time left.
            client: a `distributed.Client` whose workers compute; this process if None.

        Raises:
            BadRunFolder: another notebook or program computes in this folder.
            DiskFull, CannotWrite: a result cannot be written; everything so far is kept.
        """
        from tqdm.auto import tqdm

        problems = fetch_weights(self.models)
        plan = make_plan(self.images, self.recipes, self.models, self.passes, self._store, problems)
        record = record_of(self.seed, self.device, self.models)
        started = datetime.datetime.now(datetime.UTC)
        if plan.jobs:
            work = (plan.jobs, self.folder, self.device, self.seed)
            done = run_here(*work) if client is None else run_on_dask(*work, client)
            failed = 0
            shown: dict[str, Any] = {"desc": self.title, "unit": "result", "disable": not progress}
            with working(self.folder), tqdm(total=len(plan.todo), **shown) as bar:
                for cell, row in done:
                    failed += row["status"] == "failed"
                    bar.set_postfix_str(cell.model.name + (f", {failed} failed" if failed else ""), refresh=False)
                    bar.update()
            times = {"started": started.isoformat(), "finished": datetime.datetime.now(datetime.UTC).isoformat()}
            self._store.write_record(record | times)
        cells = self.cells
        self._store.write_table("cells.csv", cells)
        if failures := int((cells["status"] == "failed").sum()):
            log.warning("%d of %d results failed; see the column `reason` of run.cells", failures, len(cells))
        return Results(cells, self.labels, len(plan.todo))

    # --- look -------------------------------------------------------------------------------------------------

    @property
    def cells(self) -> pd.DataFrame:
        """One row an image x grid point, done or not.

        Parameters in columns, status (done, failed, waiting), reason, seconds, peak_memory_mb, n_objects, device.
        Seconds and memory are what the result costs alone, a shared network pass included; see `run/memory.py`.
        """
        empty = {"status": "waiting", "reason": ""}
        return pd.DataFrame([c.describe() | (self._store.row(c.key) or empty) for c in self.plan().cells])

    @property
    def record(self) -> dict[str, Any]:
        """Versions, device, seed, machine and times of the last `go`."""
        return self._store.read_record()

    @property
    def scores(self) -> NotedTable | None:
        """The table the last `score` made; None before."""
        file = self.folder / "scores.csv"
        if not file.exists():
            return None
        types: dict[str, Any] = dict.fromkeys(("image", "parent", "grid_point", "recipe", "key", "image_key"), str)
        table = pd.read_csv(file, dtype={**types, SEEN: "boolean"})
        return noted(table, training_warning(table))

    @cached_property
    def _images(self) -> dict[str, Item]:
        return {i.name: i for i in self.images}

    def image(self, name: str) -> Image:
        """An image of the run by name.

        Raises:
            UnknownName: no image of that name.
            NothingToShow: it could not be read.
        """
        if name not in self._images:
            raise UnknownName("image", name, self._images)
        found = self._images[name]
        if isinstance(found, Unreadable):
            raise NothingToShow(f"The image {name} could not be read: {found.reason}")
        return found

    def labels(self, key: str) -> Labels:
        """The label image of a result, by the key in the table `cells`.

        Raises:
            NothingToShow: there is none under this key.
        """
        for cell in self._cells_by_key.get(key, ()):
            if isinstance(cell.item, Image):
                return self._store.labels(key, cell.item)
        raise NothingToShow(f"This run has no result with the key {key!r}.")

    @cached_property
    def _cells_by_key(self) -> dict[str, list[Cell]]:
        found: dict[str, list[Cell]] = {}
        for cell in self.plan().cells:
            found.setdefault(cell.key, []).append(cell)
        return found

    def truth_of(self, image: str) -> Labels | None:
        """The true labels of an image, as far as they are known."""
        return self._judge.truth_of(image)

    # --- score and choose -------------------------------------------------------------------------------------

    def score(self, truth: Truth | None = None, annotated: Annotated | None = None) -> NotedTable:
        """Score every result: against the truth where it is known, else by agreement between the grid points.

        Args:
            truth: true labels, with the names of their images (or of the whole images, if these are tiles); the
                data set's own if left out. Images without truth are not scored.
            annotated: how much of each image that is: "whole" at first; "sparse" if only some objects were annotated:
                only their found share can be told, in the column `recall`; or a mapping from image name to the area
                in which all were (1 there): only this area is scored. See `compare.known_prediction`.

        Returns:
            `cells` with a column a metric, n_truth, n_pred and `truth` (how much was annotated); without any truth a
            column `agreement`. Failed results have no number there. `seen_in_training` says whether the model was
            trained on the image, NA where that is not known (see `run/seen.py`); if any was, the table shows a
            warning. Kept as scores.csv.

        Raises:
            NothingToShow: there is truth, but for none of the images.
        """
        self._judge = self._judge.told(truth, annotated, self.images)
        cells = self.cells
        numbers = self._against_truth(cells) if self._judge.truth else agreements(cells, self.labels)
        scores = with_numbers(cells, numbers, [m.title for m in self.metrics] if self._judge.truth else ["agreement"])
        scores[SEEN] = self._seen(list(numbers)).reindex(scores.index)
        self._store.write_table("scores.csv", scores)
        return noted(scores, training_warning(scores))

    def _seen(self, rows: list[int]) -> pd.Series[bool]:
        """For these rows of `cells` whether the model was trained on the image."""
        cells = self.plan().cells
        found = seen_in_training([cells[row] for row in rows], self.images, self._store)
        return pd.Series(found, index=rows, dtype="boolean")

    def _against_truth(self, cells: pd.DataFrame) -> dict[int, dict[str, Any]]:
        done = cells[(cells["status"] == "done") & cells["image"].isin(list(self._judge.truth))]
        results = zip(done.index, done["image"], done["key"], strict=True)
        return {int(row): self._judge.scores(i, self.labels(k), self.metrics) for row, i, k in results}

    def errors(
        self,
        grid_points: Iterable[str] | None = None,
        truth: Truth | None = None,
        annotated: Annotated | None = None,
    ) -> pd.DataFrame:
        """What became of every object: found, missed, split, merged, invented; one row an object and grid point.

        Args:
            grid_points: titles; all if left out.
            truth: as in `score`; what is known already if left out.
            annotated: as in `score`.

        Returns:
            See `compare.object_errors`; also `grid_point`, `key`, `contrast`, `image_class` where known, `truth`.
            `compare.breakdown` groups it, `plots.atlas(errors, run)` shows it.

        Raises:
            NothingToShow: no finished result has truth.
            UnknownName: no grid point of that title.
        """
        self._judge = self._judge.told(truth, annotated, self.images)
        cells = self.cells
        wanted = list(cells["grid_point"].unique() if grid_points is None else grid_points)
        for point in set(wanted) - set(cells["grid_point"]):
            raise UnknownName("grid point", point, set(cells["grid_point"]))
        chosen = cells[cells["grid_point"].isin(wanted)]
        return error_table(chosen, self._judge, self.image, self.labels, image_classes(self.config))

    def rank(self, by: str | None = None) -> NotedTable:
        """Grid points from best to worst by the mean of a metric (the first one scored if left out).

        Raises:
            NothingToShow: nothing has been scored yet.
            UnknownName: no such metric in the table.
        """
        scores = self.scores
        if scores is None:
            raise NothingToShow("Nothing has been scored yet; call run.score() first.")
        known = deciding(scores, self.metrics)
        if by is not None and by not in known:
            raise UnknownName("metric in this run's scores", by, known)
        table = noted(ranking(scores, by or known[0]), training_warning(scores))
        table.attrs["metric"] = by or known[0]
        return table

    def best(self, by: str | None = None) -> Chosen:
        """The best grid point by a metric, with its labels on all images."""
        return self.chosen(str(self.rank(by).iloc[0]["grid_point"]))

    def chosen(self, grid_point: str) -> Chosen:
        """A grid point by its title, with its labels on all images.

        Raises:
            UnknownName: no grid point of that title.
        """
        cells = [c for c in self.plan().cells if c.grid_point == grid_point]
        if not cells:
            raise UnknownName("grid point", grid_point, {c.grid_point for c in self.plan().cells})
        pairs, raw = [], []
        for cell in cells:
            if isinstance(cell.item, Image) and self._store.has_labels(cell.key):
                pairs.append((cell.item, self._store.labels(cell.key, cell.item)))
                raw.append(self._store.labels(cell.raw_key, cell.item))
        return Chosen(grid_point, tuple(pairs), tuple(raw), tuple(self.passes), self.folder)

    def __repr__(self) -> str:
        return (
            f"Run({str(self.folder)!r}): {len(self.images)} images, {len(self.recipes)} recipes x "
            f"{len(self.models)} models; {self.plan()!r}"
        )
