"""What a sweep will compute, and what is already there. Keys are known before anything runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import pandas as pd

from ..data import Act, Image, Unreadable, digest
from ..errors import OpsefError
from ..models import Segmenter
from ..postprocess import Pass
from ..preprocess import Recipe
from .store import Store

Item = Image | Unreadable


@dataclass(frozen=True)
class Cell:
    """One grid point on one image: recipe, model with parameters, passes.

    Attributes:
        key: of the final labels; file name in the store and join column of every table.
        raw_key: of the labels before the passes (the same if there are none).
        problem: why it cannot run at all (unreadable image, missing weights), or None.
    """

    item: Item
    recipe: Recipe
    model: Segmenter
    passes: tuple[Pass, ...]
    key: str
    raw_key: str
    network_key: str
    problem: str | None = None

    @property
    def grid_point(self) -> str:
        """For people: "median + clahe -> unet". The same for all images; never parsed."""
        return grid_point(self.recipe, self.model, self.passes)

    def describe(self) -> dict[str, Any]:
        """The columns that say what it is; one column a parameter, defaults included."""
        row = {
            "image": self.item.name,
            "parent": getattr(self.item, "parent", None) or self.item.name,
            "grid_point": self.grid_point,
            "recipe": self.recipe.title,
            "model": self.model.name,
            "model_title": self.model.title,
            "key": self.key,
            "image_key": self.item.key,
        }
        acts = [*(s.act for s in self.recipe.steps), self.model.act, *(p.act for p in self.passes)]
        seen: dict[str, int] = {}
        for act in acts:
            seen[act.name] = seen.get(act.name, 0) + 1
            head = act.name if seen[act.name] == 1 else f"{act.name}_{seen[act.name]}"
            row |= {f"{head}.{k}": v for k, v in act.parameters.items()}
        return row


def grid_point(recipe: Recipe, model: Segmenter, passes: Sequence[Pass]) -> str:
    """The readable title of a grid point."""
    return " -> ".join([recipe.title, model.title, *(p.title for p in passes)])


@dataclass(frozen=True)
class Plan:
    """All cells of a sweep, in the order they will run, and which of them are done.

    Attributes:
        cells: every image x recipe x model.
        done: keys of finished results.
        failed: keys of results that failed last time (they are tried again).
        seconds_each: mean seconds of the finished results by model, for the estimate.
    """

    cells: tuple[Cell, ...]
    done: frozenset[str]
    failed: frozenset[str]
    seconds_each: dict[str, float] = field(default_factory=dict)

    @property
    def todo(self) -> list[Cell]:
        """Cells that will be computed."""
        return [c for c in self.cells if c.key not in self.done]

    @property
    def jobs(self) -> list[list[Cell]]:
        """What is to be computed, grouped: the cells of a group share image, recipe and one network pass."""
        return [list(g) for _, g in groupby(self.todo, key=lambda c: (c.item.key, c.recipe.key, c.network_key))]

    @property
    def table(self) -> pd.DataFrame:
        """One row a model: cells, done, failed last time, to do, network passes needed, seconds expected."""
        rows = []
        passes = pd.Series([group[0].model.title for group in self.jobs], dtype=object)
        for title in dict.fromkeys(c.model.title for c in self.cells):
            mine = [c for c in self.cells if c.model.title == title]
            todo = sum(c.key not in self.done for c in mine)
            each = self.seconds_each.get(title)
            rows.append(
                {
                    "model": title,
                    "cells": len(mine),
                    "done": len(mine) - todo,
                    "failed_before": sum(c.key in self.failed for c in mine),
                    "to_do": todo,
                    "network_passes": int((passes == title).sum()),
                    "seconds_expected": None if each is None else round(todo * each, 1),
                }
            )
        return pd.DataFrame(rows)

    def __repr__(self) -> str:
        images = len({c.item.name for c in self.cells})
        points = len({c.grid_point for c in self.cells})
        done = len(self.cells) - len(self.todo)
        return (
            f"Plan: {images} images x {points} grid points = {len(self.cells)} results; {done} done, "
            f"{len(self.todo)} to do in {len(self.jobs)} network passes"
        )

    def _repr_html_(self) -> str:
        return f"<p>{self!r}</p>" + self.table.to_html(index=False, na_rep="?")


def make_plan(
    items: Sequence[Item],
    recipes: Sequence[Recipe],
    models: Sequence[Segmenter],
    passes: Sequence[Pass],
    store: Store,
    problems: Mapping[Segmenter, str] | None = None,
) -> Plan:
    """Multiply out images x recipes x models, and look up what the store has.

    Args:
        items: images, and those that could not be read.
        recipes: what is done to each image.
        models: what segments each result.
        passes: what filters each segmentation.
        store: of the run.
        problems: models that are known not to work, with the reason.
    """
    acts = [_model_acts(m, (problems or {}).get(m)) for m in models]
    cells = []
    for item in items:
        start = [act.as_dict() for act in item.history] if isinstance(item, Image) else []
        for recipe in recipes:
            steps = [*start, *(s.act.as_dict() for s in recipe.steps)]
            for model, (act, network, problem) in zip(models, acts, strict=True):
                raw = [*steps, act]
                final = [*raw, *(p.act.as_dict() for p in passes)]
                problem = item.reason if isinstance(item, Unreadable) else problem
                source = item.source if isinstance(item, Image) else item.key
                keys = digest(source, final), digest(source, raw), digest(network)
                cells.append(Cell(item, recipe, model, tuple(passes), *keys, problem))
    # Models that share a network pass stand together; otherwise the order is the user's.
    first = {c.network_key: n for n, c in reversed(list(enumerate(cells)))}
    place = {id(c): n for n, c in enumerate(cells)}
    images, points = {i.key: n for n, i in enumerate(items)}, {r.key: n for n, r in enumerate(recipes)}
    cells.sort(key=lambda c: (images[c.item.key], points[c.recipe.key], first[c.network_key], place[id(c)]))
    return _looked_up(tuple(cells), store)


def _model_acts(model: Segmenter, problem: str | None) -> tuple[dict[str, Any], dict[str, Any], str | None]:
    """Act and network act of a model; without its weights it has neither, and a problem instead."""
    try:
        return model.act.as_dict(), model.network_act.as_dict(), problem
    except OpsefError as error:
        bare = Act("model", model.name, model.model_dump(mode="json"), "no weights").as_dict()
        return bare, bare, str(error)


def _looked_up(cells: tuple[Cell, ...], store: Store) -> Plan:
    """Add what the store knows of these cells."""
    there = store.keys()
    done, failed = set(), set()
    seconds: dict[str, list[float]] = {}
    for cell in cells:
        row = store.row(cell.key) if cell.key in there else None
        if row is None:
            continue
        if row["status"] == "done":
            done.add(cell.key)
            seconds.setdefault(cell.model.title, []).append(row["seconds"])
        else:
            failed.add(cell.key)
    each = {title: sum(s) / len(s) for title, s in seconds.items()}
    return Plan(cells, frozenset(done), frozenset(failed), each)
