"""A training as a file (`pipelines/zoo/*.yml`): which model learns from which data set, for how long."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from ..data import Image
from ..errors import BadConfig
from ..ingest import Dataset, dataset
from ..models import About, Example, Fit, Plan, Segmenter, fit, model
from .written import Written


class Source(BaseModel):
    """Annotated images.

    Attributes:
        dataset: name or folder of a data set.
        reading: options of reading: where, tile, channel, ...
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    dataset: str
    reading: dict[str, Any] = Field(default_factory=dict)

    def open(self, folder: Path | None = None) -> Dataset:
        """The data set; its files lie in `folder` if that is given, else where `reading` says."""
        where = {"folder": folder} if folder is not None else {}
        return dataset(self.dataset, **(self.reading | where))


class TrainConfig(Written):
    """A training.

    Attributes:
        model: `{model: name, parameter: value, ...}`; its weights are the start unless `plan.scratch`.
        examples: what it learns from.
        validation: what judges it; None: a fifth of the examples.
        share_by: columns of the data set's table; an image is drawn the less often the more others have its value.
        plan: how long and how: steps, hours, score_every, scratch, seed, ...
        about: title, licence, data set and notes of the model card.
        device: auto, cpu, cuda, mps.
    """

    command: ClassVar = "train"
    told_by: ClassVar = frozenset({"plan", "about", "validation"})

    model: dict[str, Any]
    examples: Source
    validation: Source | None = None
    share_by: list[str] = Field(default_factory=list)
    plan: Plan = Plan()
    about: About = About()
    device: str = "auto"


def train(
    config: TrainConfig | str | Path, out: str | Path, *, data: str | Path | None = None, progress: bool = True
) -> Fit:
    """Do what a training file says, or go on with it.

    Args:
        config: the file, or what is in it.
        out: folder of the fitted model.
        data: where the data set's files lie, if not where data sets are looked for.
        progress: show a progress bar.

    Raises:
        BadConfig: the file cannot be understood.
        UnknownName, MissingWeights, BadLabels, BadRunFolder, ...: as for `dataset` and `fit`.
    """
    plan = config if isinstance(config, TrainConfig) else TrainConfig.load(config)
    place = None if data is None else Path(data)
    return fit(
        made_model(plan.model),
        examples_from(plan.examples.open(place), plan.share_by),
        out,
        validation=None if plan.validation is None else examples_from(plan.validation.open(place)),
        **plan.plan.model_dump(),
        device=plan.device,
        about=plan.about,
        progress=progress,
    )


def made_model(entry: dict[str, Any]) -> Segmenter:
    """The model an entry of a file stands for.

    Raises:
        BadConfig: no entry of a model.
        UnknownName, BadParameter: no model of that name, or not with these parameters.
    """
    named = dict(entry)
    if not isinstance(name := named.pop("model", None), str):
        raise BadConfig(f"`model` must look like {{model: name, parameter: value}}, not {entry!r}.")
    made: Segmenter = model(name, **named)
    return made


def examples_from(data: Dataset, share_by: list[str] | None = None) -> list[Example]:
    """The annotated images of a data set, with their class and how often each is drawn."""
    shares = _shares(data.table, share_by or [])
    kinds = data.table["image_class"].astype(str) if "image_class" in data.table else pd.Series("", data.table.index)
    return [
        Example(image, data.truth[image.name], kinds[image.name], float(shares[image.name]))
        for image in data.images
        if isinstance(image, Image) and image.name in data.truth
    ]


def _shares(table: pd.DataFrame, columns: list[str]) -> pd.Series:
    """One over the root of the product of the sizes of an image's groups."""
    if missing := [c for c in columns if c not in table]:
        raise BadConfig(f"share_by: the data set has no column {missing[0]!r}. It has: {', '.join(table.columns)}.")
    sizes = np.ones(len(table))
    for column in columns:
        sizes = sizes * table.groupby(column)[column].transform("size").to_numpy()
    return pd.Series(1 / np.sqrt(sizes), table.index)
