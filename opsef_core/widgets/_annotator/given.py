"""What is to be annotated, however it was given: names, and an image with its labels to start from for each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data import Act, Image, Labels
from ...errors import BadImage, BadLabels, BadParameter, NothingToShow
from .._standing import Standing
from .._viewable import known

LONGEST_PX = 4096  # of a side: an annotator sees every pixel of an image
Pair = tuple[Image, Labels]


@dataclass(frozen=True)
class Given:
    """Images to annotate.

    Attributes:
        pairs: by name of the image, in order: a function that gives image and labels, called when it is looked at.
    """

    pairs: Mapping[str, Callable[[], Pair]]

    @property
    def names(self) -> list[str]:
        """Names of the images."""
        return list(self.pairs)

    def pair(self, name: str) -> Pair:
        """Image and labels, checked.

        Raises:
            UnknownName: no such image.
            BadImage: a stack, a time series, or too large.
            BadLabels: labels that do not fit the image.
        """
        image, labels = self.pairs[known("image", name, self.names)]()
        if set(image.axes) - set("CYX"):
            raise BadImage(
                f"{image.name} has the axes {image.axes}; planes are annotated. Choose one when reading it (z=0, t=0), "
                "or project it (project='max')."
            )
        size = {axis: image.shape[axis] for axis in "YX"}
        if max(size.values()) > LONGEST_PX or not min(size.values()):
            raise BadImage(
                f"{image.name} is {size['Y']} x {size['X']} px; images of 1 to {LONGEST_PX} px a side are annotated. "
                "Cut a larger one into tiles when reading it (tile=1024, overlap=64)."
            )
        if labels.shape != size:
            raise BadLabels(f"The labels of {image.name} have the size {labels.shape}, the image {size}.")
        return image.checked(), labels


def given(images: Any, labels: Any = None) -> Given:
    """What `annotate` was given, as names and pairs.

    Args:
        images: a run; a data set; one image or several; one pair of image and labels or several; a chosen grid point.
        labels: of a run the title of a grid point (the best if left out); else labels of one image, labels by name of
            their image, or as many as there are images.

    Raises:
        BadParameter: something else, two images of one name, or another number of labels than of images.
        NothingToShow: no image at all.
        UnknownName: no such grid point.
    """
    if all(hasattr(images, part) for part in ("cells", "scores", "image")):
        return _of_run(images, labels)
    items = _items(images)
    if not items:
        raise NothingToShow("There is nothing to annotate: no image was given.")
    starts = _starts(images, labels, [image.name for image, _ in items])
    pairs: dict[str, Callable[[], Pair]] = {}
    for image, own in items:
        if image.name in pairs:
            raise BadParameter(f"Two images are called {image.name!r}; annotations are stored by name.")
        pairs[image.name] = _pair_maker(image, starts.get(image.name, own))
    return Given(pairs)


def _of_run(run: Any, grid_point: Any) -> Given:
    standing = Standing(run)
    if grid_point is not None and not isinstance(grid_point, str):
        raise BadParameter("Of a run, `labels` is the title of a grid point; run.cells lists them.")
    point = known("grid point", grid_point or standing.grid_points[0], standing.grid_points)

    def maker(name: str) -> Callable[[], Pair]:
        def pair() -> Pair:
            image, key = run.image(name), standing.key(name, point)
            return image, empty(image) if key is None else run.labels(key)

        return pair

    return Given({name: maker(name) for name in standing.images})


def _items(images: Any) -> list[tuple[Image, Labels | None]]:
    """Images, with their labels as far as they were given together."""
    if isinstance(images, Image):
        return [(images, None)]
    if isinstance(getattr(images, "pairs", None), Iterable):  # a chosen grid point
        images = images.pairs
    if hasattr(images, "images") and hasattr(images, "truth"):  # a data set; its truth is asked for by name
        images = images.images
    if isinstance(images, tuple) and len(images) == 2 and isinstance(images[1], Labels):
        images = [images]
    if not isinstance(images, Iterable) or isinstance(images, str | bytes | np.ndarray | Mapping):
        raise BadParameter(f"{_what(images)} cannot be annotated. {_ADVICE}")
    return [_item(one) for one in images]


_ADVICE = (
    "Give a run, a data set, images, or pairs of image and labels; arrays become these by Image(pixels, 'YX', name) "
    "and Labels(ids, 'YX', name)."
)


def _item(one: Any) -> tuple[Image, Labels | None]:
    if isinstance(one, Image):
        return one, None
    if isinstance(one, tuple | list) and len(one) == 2 and isinstance(one[0], Image):
        if one[1] is None or isinstance(one[1], Labels):
            return one[0], one[1]
        raise BadParameter(f"{one[0].name} was given with {_what(one[1])} for labels. {_ADVICE}")
    raise BadParameter(f"{_what(one)} cannot be annotated. {_ADVICE}")


def _starts(images: Any, labels: Any, names: list[str]) -> Mapping[str, Labels]:
    """Labels by the name of their image."""
    if labels is None:
        truth = getattr(images, "truth", None)
        return truth if isinstance(truth, Mapping) else {}
    if isinstance(labels, Labels):
        labels = [labels]
    if isinstance(labels, Mapping):
        found = dict(labels)
    else:
        listed = list(labels)
        if len(listed) != len(names):
            raise BadParameter(
                f"There are {len(names)} images and {len(listed)} labels; give one for each, or by name."
            )
        found = dict(zip(names, listed, strict=True))
    for name, one in found.items():
        known("image", str(name), names)
        if not isinstance(one, Labels):
            raise BadParameter(f"The labels of {name} are {_what(one)}. {_ADVICE}")
    return found


def _pair_maker(image: Image, labels: Labels | None) -> Callable[[], Pair]:
    return lambda: (image, empty(image) if labels is None else labels)


def empty(image: Image) -> Labels:
    """Labels without objects."""
    shape = [n for axis, n in image.shape.items() if axis in "ZYX"]
    return Labels.of(image, np.zeros(shape, np.int32), Act("hand", "empty"))


def _what(thing: Any) -> str:
    return f"An object of type {type(thing).__name__}"
