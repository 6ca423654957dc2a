"""Annotated images to learn from: checked, and divided into those to train on and those to judge by."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ...data import Act, Image, Labels
from ...errors import BadImage, BadLabels, BadParameter

log = logging.getLogger(__name__)
HELD_OUT = 0.2  # part of the images (or of each image, if there are few) that judges the fit
FEW = 4  # with fewer images than this, a part of each image is held out rather than whole images
LEAST_PX = 32  # a piece narrower than this teaches nothing
PIECES = 4  # labels with more pieces an id than this are no instances


@dataclass(frozen=True)
class Example:
    """One annotated image.

    Attributes:
        image: axes YX or CYX.
        truth: its instances; an image without objects is a fine example of background.
        kind: image class, for scores by class; may be empty.
        share: how often it is drawn in training, relative to the others.
        synthetic: made, not photographed; such examples are never held out, but may be given as `validation`.
    """

    image: Image
    truth: Labels
    kind: str = ""
    share: float = 1.0
    synthetic: bool = False

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
        BadImage: stacks and time series; NaN; images too small to learn from.
        BadParameter: something else than pairs of image and labels; impossible shares.
    """
    made = _of_data_set(given) if isinstance(given, Annotated) else [_of_pair(e, i) for i, e in enumerate(given, 1)]
    made = [replace(e, image=e.image.checked()) for e in made]
    for example in made:
        _check(example)
    if not made:
        raise BadLabels("There are no annotated images to learn from: give pairs of image and labels, or a data set.")
    if not any(e.truth.count for e in made):
        raise BadLabels(f"None of the {len(made)} images has an annotated object; there is nothing to learn from.")
    if not any(e.share for e in made):
        raise BadParameter("All images have the share 0; nothing would be trained on.")
    if sum(_pieces(e.truth) for e in made) > PIECES * sum(e.truth.count for e in made):
        raise BadLabels(
            "The labels look like masks: one value for all objects. A model learns from instances, every object with a "
            "number of its own; number them first, e.g. with skimage.measure.label (touching objects then become one)."
        )
    for name in (e.image.name for e in made if e.truth.count == 1 and _pieces(e.truth) > PIECES):
        log.warning("The labels of %s look like a mask: one value for all objects.", name)
    if empty := sum(not e.truth.count for e in made):
        log.info("%d of %d images have no object; they teach what background looks like.", empty, len(made))
    return made


def mixed(examples: list[Example], synthetic_fraction: float | None) -> list[Example]:
    """The examples with shares such that this part of the crops is taken from synthetic ones; None: as they are.

    Raises:
        BadParameter: a part that cannot be, for lack of synthetic or of real examples.
    """
    if synthetic_fraction is None:
        return examples
    sums = {kind: sum(e.share for e in examples if e.synthetic is kind) for kind in (True, False)}
    wanted = {True: synthetic_fraction, False: 1 - synthetic_fraction}
    for kind, name in ((True, "synthetic"), (False, "real")):
        if wanted[kind] and not sums[kind]:
            raise BadParameter(
                f"synthetic_fraction={synthetic_fraction:g} asks for {name} examples, and there are none "
                f"among the {len(examples)} to train on."
            )
    return [replace(e, share=e.share * wanted[e.synthetic] / (sums[e.synthetic] or 1)) for e in examples]


def _of_data_set(given: Annotated) -> list[Example]:
    """The images of a data set that have a truth."""
    if getattr(given, "truth", None) is None:  # a set of image files
        raise BadLabels(
            "These are images without labels; to learn from, give pairs of image and labels, or a data set."
        )
    images, kinds = list(given.images), _kinds(given)
    made = [Example(i, given.truth[i.name], kinds.get(i.name, "")) for i in images if i.name in given.truth]
    if len(made) < len(images):
        log.warning(
            "%d of %d images have no truth; nothing is learned from them.", len(images) - len(made), len(images)
        )
    return made


def _of_pair(item: Any, number: int) -> Example:
    """An example as it was given, or made of a pair."""
    if isinstance(item, Example):
        return item
    if isinstance(item, tuple | list) and len(item) == 2 and isinstance(item[0], Image) and isinstance(item[1], Labels):
        return Example(*item)
    parts = ", ".join(type(part).__name__ for part in item) if isinstance(item, tuple | list) else type(item).__name__
    raise BadParameter(
        f"Number {number} of what is to be learned from is no pair of Image and Labels (it is {parts}). Arrays become "
        "these by Image(pixels, 'YX', name) and Labels(ids, 'YX', name); a data set can be given as it is."
    )


def held_out(examples: list[Example], seed: int) -> tuple[list[Example], list[Example]]:
    """Divide into (training, judging): a fifth of the images at random, or a part of each image, if there are few.

    Few are less than four, or less than two with objects. These are cut across their longer side (small ones are only
    trained on); an object on the cut counts on both sides with the part it has there. Tiles of one image, planes of one
    stack and equal pictures stay together where that leaves enough on both sides.

    Raises:
        BadLabels: one side would have no object.
    """
    made, examples = [e for e in examples if e.synthetic], [e for e in examples if not e.synthetic]
    with_objects = sum(e.truth.count > 0 for e in examples)
    if len(examples) < FEW or with_objects < 2:
        log.warning("Only %d images with objects: the last fifth of each image judges the fit.", with_objects)
        pieces = [_cut(e) for e in examples]
        training, judging = [a for a, _ in pieces], [b for _, b in pieces if b is not None]
    else:
        chosen = _chosen(examples, seed)
        training = [e for i, e in enumerate(examples) if i not in chosen]
        judging = [e for i, e in enumerate(examples) if i in chosen]
    for part, purpose in (([e for e in training if e.share], "to train on"), (judging, "to judge by")):
        if not any(e.truth.count for e in part):
            raise BadLabels(f"Too few annotations: no object would be left {purpose}. Annotate at least {FEW} images.")
    return [*training, *made], judging


def _chosen(examples: list[Example], seed: int) -> set[int]:
    """Numbers of the examples to judge by: a fifth, at random; at most half, and not all that have objects."""
    order = np.random.default_rng(seed).permutation(len(examples))
    with_objects = {int(i) for i in order if examples[i].truth.count}
    kin = [e.image.parent or e.image.fingerprint for e in examples]
    if len({kin[i] for i in with_objects}) < FEW:  # say, all are tiles of one image
        kin = [str(i) for i in range(len(examples))]
    wanted, chosen = max(1, round(HELD_OUT * len(examples))), set[int]()
    for i in (int(i) for i in order if int(i) in with_objects):
        more = chosen | {j for j, other in enumerate(kin) if other == kin[i]}
        if len(chosen) < wanted and len(more) <= len(examples) // 2 and with_objects - more:
            chosen = more
    return chosen


def _kinds(given: Any) -> dict[str, str]:
    """Image class by image name, where a data set's table has it."""
    table = getattr(given, "table", None)
    return {} if table is None or "image_class" not in table else table["image_class"].fillna("").astype(str).to_dict()


def _check(example: Example) -> None:
    image, truth = example.image, example.truth
    if set(image.axes) - set("CYX"):
        raise BadImage(
            f"{image.name} has the axes {image.axes}; models are fitted to planes (YX or CYX). Choose a plane when "
            "reading it (z=0, t=0), and the same plane of its labels."
        )
    size = {axis: n for axis, n in image.shape.items() if axis != "C"}
    if truth.shape != size:
        raise BadLabels(f"The labels of {image.name} have the size {truth.shape}, the image {size}.")
    if min(size.values()) < LEAST_PX:
        raise BadImage(
            f"{image.name} is {size['Y']} x {size['X']} px; to learn from, at least {LEAST_PX} px are needed."
        )
    if not 0 <= example.share < float("inf"):
        raise BadParameter(f"{image.name} has the share {example.share}; shares are 0 or larger.")


def _pieces(truth: Labels) -> int:
    """Number of connected regions; with touching objects fewer than objects, in a mask of all objects many more."""
    from scipy import ndimage  # not when the package is imported

    return int(ndimage.label(truth.pixels > 0)[1])


def _cut(example: Example) -> tuple[Example, Example | None]:
    """Most of an image, and the rest of it; all of it and None, if the pieces would be too small."""
    height, width = example.truth.pixels.shape
    long, axis = (width, "X") if width >= height else (height, "Y")
    at = long - max(round(HELD_OUT * long), LEAST_PX)
    if at < LEAST_PX:
        return example, None
    return _part(example, axis, slice(None, at), "train"), _part(example, axis, slice(at, None), "judge")


def _part(example: Example, axis: str, piece: slice, name: str) -> Example:
    act = Act("cut", name, {"axis": axis, "start": piece.start or 0, "stop": piece.stop})
    here: tuple[slice, ...] = tuple(piece if a == axis else slice(None) for a in example.image.axes)
    there: tuple[slice, ...] = tuple(piece if a == axis else slice(None) for a in example.truth.axes)
    image = example.image.then(act, example.image.array()[here], name=f"{example.image.name}/{name}")
    return replace(example, image=image, truth=Labels.of(image, example.truth.pixels[there], act))
