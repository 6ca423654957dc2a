"""Compute the cells of a plan. A job is a pure task: image, recipe and one network pass, for any number of cells.

Jobs run here one after the other, or on dask workers, with the same plan and the same store. Whatever goes wrong in
a cell becomes its row; only a folder that cannot be written, or is full, ends the run.
"""

from __future__ import annotations

import logging
import random
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Image, Labels, Unreadable, digest
from ..errors import CannotWrite, OpsefError
from ..models import Segmenter
from ..preprocess import Recipe
from .memory import PeakMemory
from .plan import Cell
from .store import Store

log = logging.getLogger(__name__)
Job = Sequence[Cell]
Done = tuple[Cell, dict[str, Any]]


def fetch_weights(models: Sequence[Segmenter]) -> dict[Segmenter, str]:
    """Download weights that are not here yet, so that their checksum can go into the keys.

    Returns:
        The models that cannot be used, with the reason; each is tried once.
    """
    tried: dict[str, str] = {}  # models that differ in cheap parameters only have the same weights
    expensive = {m: digest(m.name, m.model_dump(mode="json", exclude=set(m.cheap))) for m in models}
    for one, key in expensive.items():
        if key not in tried:
            tried[key] = _fetched(one)
    return {m: tried[key] for m, key in expensive.items() if tried[key]}


def _fetched(model: Segmenter) -> str:
    """Why a model's weights cannot be had; "" if they are here now."""
    try:
        model.check_installed()
        model.fetch()
    except OpsefError as error:
        return str(error)
    return ""


def run_here(jobs: Sequence[Job], folder: Path, device: str, seed: int) -> Iterator[Done]:
    """Run the jobs in this process, yielding each cell with its row as soon as it is kept."""
    with PeakMemory(device) as memory:
        kitchen = Kitchen(memory)
        for job in jobs:
            yield from run_job(job, Store(folder), device, seed, kitchen)


def run_on_dask(jobs: Sequence[Job], folder: Path, device: str, seed: int, client: Any) -> Iterator[Done]:
    """Run the jobs on the workers of a `distributed.Client`; the run folder must be reachable from all of them."""
    from distributed import as_completed

    waiting = {client.submit(_on_worker, list(job), folder.resolve(), device, seed, pure=False): job for job in jobs}
    for future in as_completed(waiting):
        job = waiting.pop(future)
        error = future.exception()
        if isinstance(error, CannotWrite):
            client.cancel(list(waiting))
            raise error
        rows = future.result() if error is None else [_failed(error) for _ in job]
        if error is not None:  # the worker died or could not unpack its task: no row was written there
            for cell, row in zip(job, rows, strict=True):
                Store(folder).put_row(cell.key, row)
        yield from zip(job, rows, strict=True)


def _on_worker(job: Job, folder: Path, device: str, seed: int) -> list[dict[str, Any]]:
    with PeakMemory(device) as memory:
        return [row for _, row in run_job(job, Store(folder), device, seed, Kitchen(memory))]


class Kitchen:
    """What jobs share in one process: the last image after every step, which models cannot be loaded, the scales."""

    def __init__(self, memory: PeakMemory) -> None:
        self.memory = memory
        self._broken: dict[str, OpsefError] = {}
        self._source: Image | None = None
        self._shelf: list[tuple[Image, float]] = []  # after 0, 1, 2, ... steps, with the seconds to get there

    def load(self, cell: Cell, device: str) -> None:
        """Load the cell's model; one that could not be loaded is not tried again in this run."""
        if cell.network_key in self._broken:
            raise self._broken[cell.network_key]
        try:
            cell.model.ready(device)
        except OpsefError as error:
            self._broken[cell.network_key] = error
            raise

    @property
    def source(self) -> Image:
        """The last image as it was read, in memory."""
        return self._shelf[0][0]

    def prepare(self, image: Image, recipe: Recipe) -> tuple[Image, float]:
        """The image after the recipe, and the seconds the whole recipe takes (also when it was remembered)."""
        if self._source is not image:
            self._source, self._shelf = None, []
            began = time.perf_counter()
            self._shelf = [(image.checked(), time.perf_counter() - began)]
            self._source = image
        acts = [s.act for s in recipe.steps]
        past = len(image.history)
        while [*self._shelf[-1][0].history[past:]] != acts[: len(self._shelf) - 1]:
            self._shelf.pop()
        for one in recipe.steps[len(self._shelf) - 1 :]:
            last, seconds = self._shelf[-1]
            began = time.perf_counter()
            self._shelf.append((one(last), seconds + time.perf_counter() - began))
        return self._shelf[-1]


def run_job(job: Job, store: Store, device: str, seed: int, kitchen: Kitchen) -> Iterator[Done]:
    """Compute the cells of one job and keep each; the network runs at most once, and only if it must."""
    shared: dict[str, Any] = {}
    for cell in job:
        kitchen.memory.restart()
        began = time.perf_counter()
        try:
            row = _run_cell(cell, store, device, seed, kitchen, shared)
        except CannotWrite:
            raise
        except Exception as error:
            if not isinstance(error, OpsefError):
                log.warning("%s on %s failed", cell.grid_point, cell.item.name, exc_info=True)
            row = _failed(error) | {"seconds": time.perf_counter() - began}
        row |= {"device": device} | _memory(cell, kitchen.memory.taken, shared.get("memory", {}))
        store.put_row(cell.key, row)
        yield cell, row


def _memory(cell: Cell, own: dict[str, float], network: dict[str, float]) -> dict[str, float]:
    """What a cell took, a shared network pass included, as it is in its seconds."""
    most = {name: max(number, network.get(name, 0.0)) for name, number in own.items()}
    if any(need.module == "tensorflow" for need in cell.model.needs):  # what torch holds belongs to other models
        most.pop("gpu_memory_mb", None)
    return {name: round(number, 1) for name, number in most.items()}


def _run_cell(
    cell: Cell, store: Store, device: str, seed: int, kitchen: Kitchen, shared: dict[str, Any]
) -> dict[str, Any]:
    """One cell: its labels are in the store when this returns."""
    if cell.problem is not None or isinstance(cell.item, Unreadable):
        raise OpsefError(cell.problem or "unreadable")
    image = cell.item
    if store.has_labels(cell.raw_key):  # only the passes changed
        began = time.perf_counter()
        labels, before = store.labels(cell.raw_key, image), store.row(cell.raw_key) or {}
        times = {name: float(before.get(name, 0.0)) for name in ("network_seconds", "recipe_seconds", "seconds")}
        shared.setdefault("memory", {name: before[name] for name in kitchen.memory.taken if name in before})
        earlier = times.pop("seconds")
    else:
        raw, times = _network(cell, image, store, device, seed, kitchen, shared)
        began, earlier = time.perf_counter(), sum(times.values())
        labels = cell.model.labels_from(shared["image"], raw)
        _expect(labels, cell.raw_key)
        store.put_labels(labels)
        if cell.passes:  # with other passes, nothing but this tells what the labels cost
            store.put_row(cell.raw_key, _done(labels, earlier + time.perf_counter() - began, times) | shared["memory"])
    for one in cell.passes:
        labels = one.run(labels, image)
    if cell.passes:
        _expect(labels, cell.key)
        store.put_labels(labels)
    return _done(labels, earlier + time.perf_counter() - began, times)


def _done(labels: Labels, seconds: float, times: dict[str, float]) -> dict[str, Any]:
    """The row of a cell that was finished."""
    return {"status": "done", "reason": "", "seconds": seconds, **times, "n_objects": labels.count}


def _network(
    cell: Cell, image: Image, store: Store, device: str, seed: int, kitchen: Kitchen, shared: dict[str, Any]
) -> tuple[Any, dict[str, float]]:
    """Network output for the job's image and recipe: computed for its first cell, remembered for the others."""
    if "error" in shared:
        raise shared["error"]
    if "raw" not in shared:
        try:
            kitchen.load(cell, device)
            kitchen.memory.settle()
            prepared, recipe_seconds = kitchen.prepare(image, cell.recipe)
            if store.fingerprint(image.key) is None:  # the pixels are in memory now
                store.put_fingerprint(image.key, kitchen.source.fingerprint)
            _seed(seed)
            began = time.perf_counter()
            raw = cell.model.network(cell.model.pixels_of(prepared))
            times = {"network_seconds": time.perf_counter() - began, "recipe_seconds": recipe_seconds}
            shared["memory"] = kitchen.memory.taken
        except Exception as error:
            shared["error"] = error
            raise
        shared |= {"raw": raw, "image": prepared, "times": times, "model": cell.model}
    return shared["raw"], shared["times"]


def _expect(labels: Labels, key: str) -> None:
    """A result under another key than planned would never be found again: a plug-in forgot its act."""
    if labels.key != key:
        names = [act.name for act in labels.history]
        raise RuntimeError(f"the history {names} of these labels is not the one planned")


def _failed(error: BaseException) -> dict[str, Any]:
    """The row of a cell that failed: the reason in words, and for unforeseen errors where it happened."""
    expected = isinstance(error, OpsefError)
    return {
        "status": "failed",
        "reason": str(error) if expected else f"{type(error).__name__}: {error}",
        "trace": "" if expected else "".join(traceback.format_exception(error)),
        "seconds": 0.0,
        "network_seconds": 0.0,
        "recipe_seconds": 0.0,
        "n_objects": None,
    }


def _seed(seed: int) -> None:
    """Seed whatever a network might draw from; torch only if somebody has loaded it."""
    random.seed(seed)
    np.random.seed(seed)
    if "torch" in sys.modules:
        sys.modules["torch"].manual_seed(seed)
