"""The contract of a method of contour assist: what was roughly marked -> which pixels stand out there.

A method's file holds one frozen pydantic record decorated with `@assist_method`; its fields are its parameters. `find`
sees a cut-out of the image and says which pixels may belong to objects. Which piece of them is meant, holes, and the
objects that are there already are not its business (`_pieces.py`). The parameter a person moves most often is called
`threshold`, where a method has one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ...registry import Plugin, Registry, build

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class CutOut:
    """What a method sees.

    Attributes:
        pixels: (C, Y, X) float32, C = 1 grey or 3 colour, 0 to 1 between the darkest and brightest of the whole image.
        rough: (Y, X), what was marked: inside of the line, the ellipse in the box, or a small disc round the click.
        is_click: whether it was a click, which says nothing about the size of the object.
        probability: (Y, X) float32, that a pixel belongs to an object; None if nobody knows.
        margin_px: how far an object may reach beyond what was marked.
    """

    pixels: NDArray[np.float32]
    rough: Mask
    is_click: bool
    probability: NDArray[np.float32] | None
    margin_px: int


class AssistMethod(Plugin):
    """Base of all methods; see the top of this file for the contract."""

    kind: ClassVar[str] = "assist method"
    needs_probability: ClassVar[bool] = False

    def find(self, seen: CutOut) -> Mask:
        """(Y, X) pixels that stand out."""
        raise NotImplementedError


ASSISTS: Registry[type[AssistMethod]] = Registry("assist method", "opsef_core.refine._contour_assist")


def assist_method(cls: type[AssistMethod]) -> type[AssistMethod]:
    """Register a method; its name is its file's name."""
    cls.name = ASSISTS.add(cls, cls.__module__, cls.__name__.lower())
    return cls


def assist(name: str, /, **parameters: Any) -> Any:
    """A method of contour assist by name, for example `assist("region_growing", threshold=0.2)`.

    Raises:
        UnknownName: no method of that name; the nearest is offered.
        BadParameter: a parameter that does not exist or cannot have this value.
    """
    return build("assist method", name, ASSISTS.get(name), parameters)
