"""The errors of a run, object by object: what `compare` finds, with what `measure` knows of each object."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ..compare import TRUTH, extents, kind_of, known_truth, object_errors
from ..data import Image, Labels
from ..errors import BadLabels, NothingToShow, OpsefError
from ..ingest import dataset
from ..measure import contrast
from .config import RunConfig
from .judge import Judge


def error_table(
    cells: pd.DataFrame,
    judge: Judge,
    image: Callable[[str], Image],
    labels: Callable[[str], Labels],
    classes: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """One row an object and grid point, on all images with truth.

    Args:
        cells: image, grid_point, key and status of the results.
        judge: what is known of the truth.
        image: gives an image by name; one that is gone has no contrast.
        labels: gives a result by key.
        classes: of the images, as far as known.

    Returns:
        The columns of `compare.object_errors`, after `image` also `grid_point` and `key` of the result; then
        `contrast`, `image_class` (if any is known), and `truth` ("whole", "area", "sparse").

    Raises:
        NothingToShow: no finished result has truth.
    """
    done = cells[cells["status"].eq("done") & cells["image"].isin(list(judge.truth))]
    if done.empty:
        raise NothingToShow(
            "Errors can only be told where there is truth, and no finished result has any. Run go() first, and give "
            "true labels: run.errors(truth=...)."
        )
    tables = []
    for name, rows in done.groupby("image", sort=False):
        truth = known_truth(judge.truth[str(name)], judge.of(str(name)))
        describe = _describe(truth, _shown(image, str(name)))
        for point, key in zip(rows["grid_point"], rows["key"], strict=True):
            table = object_errors(judge.known(str(name), labels(key)), truth, describe)
            table["image"] = name  # a mapping may hold the truth under another name than its own
            table.insert(1, "grid_point", point)
            table.insert(2, "key", key)
            tables.append(table.assign(**{TRUTH: kind_of(judge.of(str(name)))}))
    made = pd.concat(tables, ignore_index=True)
    if classes:
        made["image_class"] = made["image"].map(classes)
    return made


def image_classes(config: RunConfig) -> Mapping[str, Any]:
    """The class of each image, if the run is of a data set whose table has the column `image_class`."""
    try:
        table = dataset(config.dataset, **config.reading).table if config.dataset else pd.DataFrame()
    except OpsefError:  # the data set is not on this machine
        return {}
    return dict(table["image_class"].dropna()) if "image_class" in table else {}


def _describe(truth: Labels, image: Image | None) -> Callable[[Labels], pd.DataFrame]:
    """Extents and contrast of objects; those of the truth are measured once for all grid points."""

    def measured(labels: Labels) -> pd.DataFrame:
        table = extents(labels)
        try:
            return table if image is None else table.assign(contrast=contrast(labels, image))
        except BadLabels:  # a time series: which point in time was segmented cannot be told
            return table

    of_truth = measured(truth)
    return lambda labels: of_truth if labels is truth else measured(labels)


def _shown(image: Callable[[str], Image], name: str) -> Image | None:
    try:
        return image(name)
    except NothingToShow:
        return None
