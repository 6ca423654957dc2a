"""Without truth: does a grid point find the same when the image is turned, mirrored, or a little smaller?"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Act, Image, overlaps
from ..errors import NothingToShow, UnknownName
from ..models.tta.views import View
from .run import Run

SMALLER = 0.8


class Change(NamedTuple):
    """A small change of an image that must not matter, and how labels come back from it."""

    there: Callable[[NDArray[Any]], NDArray[Any]]
    back: Callable[[NDArray[Any], tuple[int, ...]], NDArray[Any]]


def _view(view: View) -> Change:
    return Change(view.there, lambda labels, _: view.back(labels))


def _shrink(pixels: NDArray[Any]) -> NDArray[Any]:
    """Smaller along the last two axes, in the same range and type."""
    from skimage.transform import resize

    shape = (*pixels.shape[:-2], *(max(1, round(SMALLER * n)) for n in pixels.shape[-2:]))
    small = resize(pixels.astype(np.float32), shape, order=1, anti_aliasing=True, preserve_range=True)
    return np.asarray(small.round() if pixels.dtype.kind in "ui" else small).astype(pixels.dtype)


def _grow(labels: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    rows, columns = ((np.arange(n) + 0.5) * m / n for n, m in zip(shape, labels.shape, strict=True))
    return np.asarray(labels[rows.astype(int)[:, None], columns.astype(int)])


CHANGES: dict[str, Change] = {
    "mirrored": _view(View(True, 0)),
    "turned": _view(View(False, 1)),
    "smaller": Change(_shrink, _grow),
}


def stability(run: Run, changes: Iterable[str], images: Iterable[str] | None, progress: bool) -> pd.DataFrame:
    """See `Run.stability`."""
    names = list(dict.fromkeys(changes))
    for name in names:
        if name not in CHANGES:
            raise UnknownName("change", name, CHANGES)
    cells = run.cells
    wanted = list(cells["image"].unique()) if images is None else list(images)
    for image in wanted:
        if image not in set(cells["image"]):
            raise UnknownName("image", image, set(cells["image"]))
    done = cells[(cells["status"] == "done") & cells["image"].isin(wanted)]
    if done.empty:
        raise NothingToShow("None of these images has a finished result; call run.go() first.")
    table = done[["image", "grid_point"]].reset_index(drop=True)
    for name in names:
        table[name] = _again(run, name, done, progress)
    table["stability"] = table[names].mean(axis=1, skipna=False)
    return table


def _again(run: Run, name: str, done: pd.DataFrame, progress: bool) -> list[float]:
    """For each result its likeness to that on the changed image."""
    change = CHANGES[name]
    pictures = [_changed(run.image(image), name, change) for image in done["image"].unique()]
    other = Run(
        run.folder / "stability" / name,
        pictures,
        run.recipes,
        run.models,
        passes=run.passes,
        seed=run.seed,
        device=run.device,
        title=f"{run.title}, {name}",
    )
    found = other.go(progress=progress).table.set_index(["image", "grid_point"])["key"]
    numbers = []
    for image, point, key in zip(done["image"], done["grid_point"], done["key"], strict=True):
        if (image, point) not in found.index:
            numbers.append(float("nan"))
            continue
        before = run.labels(key).array()
        after = change.back(other.labels(found[image, point]).array(), before.shape)
        numbers.append(overlaps(before, after).dsb_score)
    return numbers


def _changed(image: Image, name: str, change: Change) -> Image:
    """The image as it is segmented again.

    Raises:
        NothingToShow: a stack or a time series.
    """
    if set(image.axes) - set("CYX"):
        raise NothingToShow(f"{image.name} has the axes {image.axes}; stability can be measured on planes only.")
    return image.then(Act("change", name, {}), change.there(image.array()))
