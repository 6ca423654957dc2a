"""Objects as a file has them, before they are one label image: they may overlap, and want the same id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from ..data import Act, Image, Labels
from ..errors import BadLabels
from ._classes import class_table
from ._outlines import Loop, Mask, filled

LARGEST_ID = int(np.iinfo(np.int32).max)
MOST_SHOWN = 5  # names in a problem
MOST_COVER = 4  # times the image, and at least MOST_PIXELS, that the boxes of all objects may cover
MOST_PIXELS = 2**30
CUT = "objects cut at the edge of the image, because they reach beyond it"
OUTSIDE = "objects left out, because they lie outside of the image"
NO_PIXEL = "objects left out, because they enclose the centre of no pixel"
NO_AREA = "left out, because lines and texts have no area"
TWICE = "objects with hollows, because their outlines go around the same place twice"
BROKEN = "objects left out, because they cannot be read"
TAKEN = "objects with a new id, because an earlier one has theirs"
TOO_LARGE = f"objects with a new id, because theirs is not between 1 and {LARGEST_ID}"
HIDDEN = "objects lost, because later ones cover them wholly"
COVERED = "objects cut, because later ones overlap them"


@dataclass(frozen=True, eq=False)
class Shape:
    """The pixels of one object on one plane.

    Attributes:
        inside: (h, w) mask, some of it True.
        top, left: row and column of its first pixel.
        name: what the file calls it.
        id: the id it wants; None: any.
        label: its class, None if it has none.
        plane: along Z from 0; None: on every plane.
    """

    inside: Mask
    top: int
    left: int
    name: str = ""
    id: int | None = None
    label: Any = None
    plane: int | None = None

    @property
    def box(self) -> tuple[slice, slice]:
        """Where its mask lies in the image."""
        height, width = self.inside.shape
        return slice(self.top, self.top + height), slice(self.left, self.left + width)


class Flat(NamedTuple):
    """A drawing as one label image: pixels, id -> class, and what was lost, a sentence each."""

    pixels: NDArray[np.int32]
    classes: dict[int, Any]
    problems: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Drawing:
    """The objects of one file, overlaps and all.

    Attributes:
        source: the file, for problems.
        size: of the image, by axis.
        shapes: in the order of the file.
        problems: what was repaired or left out while reading, a sentence each.
        nameless: whether the file has no ids: those of the shapes, if any, only say which belong together.
    """

    source: str
    size: Mapping[str, int]
    shapes: tuple[Shape, ...]
    problems: tuple[str, ...] = ()
    nameless: bool = False

    @cached_property
    def ids(self) -> tuple[int, ...]:
        """The id of each shape: the one it wants where possible, else a new one above all others."""
        return self._numbering[0]

    def layers(self) -> list[NDArray[np.int32]]:
        """All objects whole, in as many label images as it takes: in each of them nothing overlaps."""
        layers: list[NDArray[np.int32]] = []
        for shape, number in zip(self.shapes, self.ids, strict=True):
            for part in self._planes(shape):
                free = (layer for layer in layers if not layer[part][shape.inside].any())
                layer = next(free, None)
                if layer is None:
                    layers.append(layer := self._blank())
                layer[part][shape.inside] = number
        return layers or [self._blank()]

    def flat(self) -> Flat:
        """One label image, later objects over earlier ones."""
        pixels, area, names, cut = self._blank(), dict[int, int](), dict[int, str](), dict[int, str]()
        for shape, number in zip(self.shapes, self.ids, strict=True):
            names[number] = shape.name or str(number)
            for part in self._planes(shape):
                under = pixels[part][shape.inside]
                if under.any():
                    numbers, counts = np.unique(under[under > 0], return_counts=True)
                    for below, count in zip(numbers.tolist(), counts.tolist(), strict=True):
                        area[below] -= count
                        if below != number:
                            cut[below] = names[below]
                pixels[part][shape.inside] = number
                area[number] = area.get(number, 0) + len(under)
        tally = Tally(self.source)
        for number, name in cut.items():
            tally.add(COVERED if area[number] else HIDDEN, name)
        classes = {i: s.label for s, i in zip(self.shapes, self.ids, strict=True) if s.label is not None and area[i]}
        return Flat(pixels, classes, (*self._numbering[1], *tally.sentences()))

    def labels(self, image: Image, act: Act) -> tuple[Labels, tuple[str, ...]]:
        """The labels of an image, for a file that no export wrote; and all problems.

        Raises:
            BadLabels: the image has another size.
        """
        pixels, classes, lost = self.flat()
        return Labels.of(image, pixels, act, class_table(classes)), (*self.problems, *lost)

    @cached_property
    def _numbering(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        tally, found = Tally(self.source), list[int]()
        taken: dict[int, set[int | None]] = {}
        for shape in self.shapes:
            number = shape.id or 0
            if shape.id is not None and not 0 < shape.id <= LARGEST_ID:
                number = 0
                tally.add(TOO_LARGE, shape.name)
            elif number and (planes := taken.get(number)) and (shape.plane in planes or {None, shape.plane} & planes):
                number = 0
                tally.add(TAKEN, shape.name)
            if number:
                taken.setdefault(number, set()).add(shape.plane)
            found.append(number)
        top = max(taken, default=0)
        missing = found.count(0)
        if top + missing <= LARGEST_ID:
            new = iter(range(top + 1, top + missing + 1))
        else:
            new = iter([n for n in range(1, len(taken) + missing + 1) if n not in taken])
        return tuple(number or next(new) for number in found), tally.sentences()

    def _blank(self) -> NDArray[np.int32]:
        return np.zeros(tuple(self.size.values()), np.int32)

    def _planes(self, shape: Shape) -> list[tuple[Any, ...]]:
        """Index of the shape's box on each of its planes."""
        if "Z" not in self.size:
            return [shape.box]
        planes = range(self.size["Z"]) if shape.plane is None else [shape.plane]
        return [(plane, *shape.box) for plane in planes]


@dataclass
class Tally:
    """Problems of one kind in one sentence, with the first names."""

    source: str
    found: dict[str, list[str]] = field(default_factory=dict)

    def add(self, kind: str, name: str) -> None:
        """One more of this kind."""
        self.found.setdefault(kind, []).append(name)

    def sentences(self) -> tuple[str, ...]:
        """One a kind."""
        return tuple(
            f"{self.source}: {kind} ({len(names)}): {', '.join(names[:MOST_SHOWN])}"
            f"{', ...' if len(names) > MOST_SHOWN else '.'}"
            for kind, names in self.found.items()
        )


class Sketch:
    """A drawing in the making: what a reader finds is cut to the image, and what cannot be drawn is noted.

    Args:
        source: the file, for problems.
        size: of the image, by axis.
    """

    def __init__(self, source: str, size: Mapping[str, int]) -> None:
        self.source, self.size = source, dict(size)
        self.tally = Tally(source)
        self._shapes: list[Shape] = []
        self._covered = 0
        self._most = max(MOST_PIXELS, MOST_COVER * size["Y"] * size["X"])

    def outline(self, loops: Sequence[Loop], **about: Any) -> None:
        """Add an object by its loops; `about`: the other fields of `Shape`."""
        name = about.get("name", "")
        try:
            found = filled(loops, self.size["Y"], self.size["X"])
        except BadLabels:
            self.tally.add(BROKEN, name)
            return
        every = np.concatenate([np.asarray(loop, np.float64).reshape(-1, 2) for loop in loops] or [np.zeros((0, 2))])
        beyond = bool((every < 0).any() or (every > (self.size["X"], self.size["Y"])).any())
        if found.twice:
            self.tally.add(TWICE, name)
        self._add(found.inside, found.top, found.left, beyond, about)

    def stencil(self, inside: Mask, top: int, left: int, **about: Any) -> None:
        """Add an object by its pixels, which may lie outside of the image."""
        height, width = inside.shape
        rows = slice(max(-top, 0), max(min(self.size["Y"] - top, height), 0))
        columns = slice(max(-left, 0), max(min(self.size["X"] - left, width), 0))
        part = inside[rows, columns]
        self._add(part, max(top, 0), max(left, 0), int(part.sum()) < int(inside.sum()), about)

    def drawing(self, *problems: str) -> Drawing:
        """The finished drawing; `problems`: more of them."""
        nameless = all(shape.id is None for shape in self._shapes)
        return Drawing(self.source, self.size, tuple(self._shapes), (*problems, *self.tally.sentences()), nameless)

    def _add(self, inside: Mask, top: int, left: int, beyond: bool, about: dict[str, Any]) -> None:
        name, plane = about.get("name", ""), about.get("plane")
        if not inside.any():
            self.tally.add(OUTSIDE if beyond else NO_PIXEL, name)
            return
        if plane is not None and not 0 <= plane < self.size.get("Z", 1):
            self.tally.add(OUTSIDE, name)
            return
        if beyond:
            self.tally.add(CUT, name)
        self._covered += inside.size
        if self._covered > self._most:
            raise BadLabels(
                f"{self.source}: its objects cover the image many times over; more than {len(self._shapes)} of them "
                "cannot be held in memory. Is this the file of another image?"
            )
        self._shapes.append(Shape(inside, top, left, **{k: v for k, v in about.items() if v is not None}))


def from_ids(
    source: str, size: Mapping[str, int], pixels: NDArray[Any], classes: Mapping[int, Any], kept: bool = True
) -> Drawing:
    """The objects of a label image.

    Args:
        source: the file, for problems.
        size: of the image, by axis.
        pixels: whole numbers, 0 = background.
        classes: number -> class.
        kept: whether the numbers are ids.

    Raises:
        BadLabels: another size, or numbers that are no ids.
    """
    pixels = np.asarray(pixels)
    if pixels.shape != tuple(size.values()):
        raise BadLabels(
            f"{source} has the shape {pixels.shape}, not {tuple(size.values())} as its image; keep the size."
        )
    if pixels.dtype.kind not in "buif" or (pixels.dtype.kind in "if" and not (pixels >= 0).all()):
        raise BadLabels(f"{source} has pixels that are no ids: those are whole numbers from 0 on.")
    if pixels.dtype.kind == "f" and not (pixels == np.floor(pixels)).all():
        raise BadLabels(f"{source} has pixels that are no ids: those are whole numbers from 0 on.")
    ids, compact = np.unique(pixels, return_inverse=True)
    first = 0 if len(ids) and ids[0] == 0 else 1
    compact = (compact.reshape(pixels.shape) + first).astype(np.int32)
    numbers = [int(i) for i in ids if i != 0]
    sketch = Sketch(source, size)
    for z, plane in enumerate(compact if compact.ndim == 3 else compact[None]):
        for position, (place, number) in enumerate(zip(find_objects(plane), numbers, strict=False), start=1):
            if place is not None:
                sketch.stencil(
                    plane[place] == position,
                    place[0].start,
                    place[1].start,
                    name=str(number),
                    id=number if kept else position if compact.ndim == 3 else None,
                    label=classes.get(number),
                    plane=z if compact.ndim == 3 else None,
                )
    return replace(sketch.drawing(), nameless=not kept)
