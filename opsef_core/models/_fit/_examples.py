"""Annotated images to learn from: checked, and divided into those to train on and those to judge by."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from ...data import Act, Image, Labels
from ...errors import BadImage, BadLabels

log = logging.getLogger(__name__)
HELD_OUT = 0.2  # part of the images (or of each image, if there are few) that judges the fit
FEW = 4  # with fewer images than this, a part of each image is held out rather than whole images
LEAST_PX = 32  # a piece narrower than this teaches nothing
PIECES = 4  # an id in more pieces than this is no instance


@dataclass(frozen=True)
class Example:
    """One annotated image.

    Attributes:
        image: axes YX or CYX.
        truth: its instances; an image without objects is a fine example of background.
        kind: image class, for scores by class; may be empty.
        share: how often it is drawn in training, relative to the others.
    """

    image: Image
    truth: Labels
    kind: str = ""
    share: float = 1.0

    def pixels(self) -> NDArray[np.float32]:
        """(3, Y, X) float32: colour as it is, grey three times."""
        x = self.image.array()
        x = np.asarray(x if "C" in self.image.axes else x[None], np.float32)
        return x[:3] if len(x) >= 3 else np.repeat(x[:1], 3, axis=0)


@runtime_checkable
class Annotated(Protocol):
    """What a data set offers: images and the truth by the image's name."""

    @property
    def images(self) -> Iterable[Image]:
        """The images."""

    @property
    def truth(self) -> Mapping[str, Labels]:
        """True labels by the name of their image."""


Examples = Annotated | Iterable[Example] | Iterable[tuple[Image, Labels]]


def examples_of(given: Examples) -> list[Example]:
    """Examples from a data set, from pairs of image and labels, or from examples; checked.

    Raises:
        BadLabels: no image, no object in any image, labels that do not fit their image, or masks instead of instances.
        BadImage: stacks and time series; NaN.
    """
    if isinstance(given, Annotated):
        kinds = _kinds(given)
        made = [Example(i, given.truth[i.name], kinds.get(i.name, "")) for i in given.images if i.name in given.truth]
    else:
        made = [e if isinstance(e, Example) else Example(*e) for e in given]
    made = [replace(e, image=e.image.checked()) for e in made]
    for example in made:
        _check(example)
    if not made:
        raise BadLabels("There are no annotated images to learn from: give pairs of image and labels, or a data set.")
    if not any(e.truth.count for e in made):
        raise BadLabels(f"None of the {len(made)} images has an annotated object; there is nothing to learn from.")
    if all(_is_mask(e.truth) for e in made if e.truth.count):
        raise BadLabels(
            "The labels look like masks: one value for all objects. A model learns from instances, every object with a "
            "number of its own; number them first, e.g. with skimage.measure.label (touching objects then become one)."
        )
    if empty := sum(not e.truth.count for e in made):
        log.info("%d of %d images have no object; they teach what background looks like.", empty, len(made))
    return made


def held_out(examples: list[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Divide into (training, judging): a fifth of the images at random, or, with fewer than four, of each image.

    A single image is cut across its longer side; an object on the cut counts on both sides with the part it has there.

    Raises:
        BadLabels: one side would have no object.
    """
    if len(examples) < FEW:
        log.warning("Only %d annotated images: the last fifth of each one is held out to judge the fit.", len(examples))
        pieces = [_cut(e) for e in examples]
        training, judging = [a for a, _ in pieces], [b for _, b in pieces]
    else:
        order = np.random.default_rng(seed).permutation(len(examples))
        with_objects = [i for i in order if examples[i].truth.count]
        chosen = set(with_objects[: max(1, round(HELD_OUT * len(examples)))]) if len(with_objects) > 1 else set()
        training = [e for i, e in enumerate(examples) if i not in chosen]
        judging = [e for i, e in enumerate(examples) if i in chosen]
    for part, purpose in ((training, "to train on"), (judging, "to judge by")):
        if not any(e.truth.count for e in part):
            raise BadLabels(f"Too few annotations: no object would be left {purpose}. Annotate more images.")
    return training, judging


def _kinds(given: Any) -> dict[str, str]:
    """Image class by image name, where a data set's table has it."""
    table = getattr(given, "table", None)
    return {} if table is None or "image_class" not in table else table["image_class"].astype(str).to_dict()


def _check(example: Example) -> None:
    image, truth = example.image, example.truth
    if set(image.axes) - set("CYX"):
        raise BadImage(f"{image.name} has the axes {image.axes}; models are fitted to planes (YX or CYX).")
    size = {axis: n for axis, n in image.shape.items() if axis != "C"}
    if truth.shape != size:
        raise BadLabels(f"The labels of {image.name} have the size {truth.shape}, the image {size}.")
    if min(size.values()) < LEAST_PX:
        raise BadImage(
            f"{image.name} is {size['Y']} x {size['X']} px; to learn from, at least {LEAST_PX} px are needed."
        )


def _is_mask(truth: Labels) -> bool:
    """Whether the only id lies in many pieces: a mask of all objects, not one object."""
    return truth.count == 1 and int(ndimage.label(truth.pixels > 0)[1]) > PIECES


def _cut(example: Example) -> tuple[Example, Example]:
    """Most of an image, and the rest of it."""
    height, width = example.truth.pixels.shape
    long, axis = (width, "X") if width >= height else (height, "Y")
    at = long - max(round(HELD_OUT * long), LEAST_PX)
    if at < LEAST_PX:
        raise BadImage(f"{example.image.name} is too small ({height} x {width} px) to hold out a part of it.")
    return _part(example, axis, slice(None, at), "train"), _part(example, axis, slice(at, None), "judge")


def _part(example: Example, axis: str, piece: slice, name: str) -> Example:
    act = Act("cut", name, {"axis": axis, "start": piece.start or 0, "stop": piece.stop})
    here: tuple[slice, ...] = tuple(piece if a == axis else slice(None) for a in example.image.axes)
    there: tuple[slice, ...] = tuple(piece if a == axis else slice(None) for a in example.truth.axes)
    image = example.image.then(act, example.image.array()[here], name=f"{example.image.name}/{name}")
    return replace(example, image=image, truth=Labels.of(image, example.truth.pixels[there], act))
