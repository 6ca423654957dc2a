"""From a rough line, a box or a click to a contour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import Image, Labels
from ...errors import BadImage, BadLabels, BadParameter, NothingToShow
from .._contours import contours
from ._method import AssistMethod, CutOut, Mask, assist
from ._rough import Rough, Window

MARGIN_PX = 17
FARTHEST_PX = 272  # a click looks for the end of an object up to here: 17 doubled four times
SAMPLED = 512  # about as many rows and columns tell the range of an image


@dataclass(frozen=True)
class Suggestion:
    """A contour that a person may accept.

    Attributes:
        inside: (y, x) pixels of the object, within `window`.
        window: rows and columns of the image that were looked at.
        shape: (Y, X) of the image.
        score: mean probability inside, 0 to 1; None without a probability map.
        threshold: the one that decided; None for a method without.
        method: with all parameters, as it would stand in a file.
    """

    inside: Mask
    window: Window
    shape: tuple[int, int]
    score: float | None
    threshold: float | None
    method: dict[str, Any] = field(default_factory=dict)

    @property
    def mask(self) -> Mask:
        """(Y, X) pixels of the object, of the size of the image."""
        whole = np.zeros(self.shape, bool)
        whole[self.window] = self.inside
        return whole

    @property
    def contour(self) -> NDArray[np.int32]:
        """(n, 2) row and column of the corners round it; pixel (r, c) reaches from (r, c) to (r + 1, c + 1)."""
        longest = max(contours(self.inside), key=len)
        return np.asarray(longest[:, ::-1] + [self.window[0].start, self.window[1].start], np.int32)

    @property
    def area_px(self) -> int:
        """Number of pixels."""
        return int(self.inside.sum())


def suggest(
    image: Image,
    rough: Sequence[Sequence[float]] | NDArray[Any],
    *,
    method: str | AssistMethod | None = None,
    occupied: Labels | NDArray[Any] | None = None,
    probability: NDArray[Any] | None = None,
    margin_px: int = MARGIN_PX,
    **parameters: Any,
) -> Suggestion:
    """The contour of the object that was roughly marked.

    Only a window is looked at: what was marked, and a margin; round a click it grows until the object ends. Touching
    objects are divided at their waists, and objects that are there already are left out.

    Args:
        image: axes YX or CYX.
        rough: points (row, column): one is a click, two are opposite corners of a box, three or more a line round it.
        method: "probability_map", "region_growing", "active_contour", or one made by `assist`; None: the first of these
            if there is a probability map, else the second.
        occupied: the objects that are there already, Labels or (Y, X) ids.
        probability: (Y, X) 0 to 1, that a pixel belongs to an object, from any model.
        margin_px: how far an object may reach beyond what was marked.
        **parameters: of the method, say `threshold=0.4`.

    Raises:
        NothingToShow: nothing stands out there that is not an object already.
        UnknownName, BadParameter: no such method or parameter; points outside; no map for a method that needs one.
        BadImage: a stack or a time series.
        BadLabels: map or objects of another size than the image.
    """
    if set(image.axes) - set("CYX"):
        raise BadImage(
            f"{image.name} has the axes {image.axes}; contours are drawn on planes, so choose one (z=0, t=0)."
        )
    if not 0 <= margin_px <= FARTHEST_PX:
        raise BadParameter(f"margin_px = {margin_px} is not possible: it is 0 to {FARTHEST_PX}.")
    shape = (image.shape["Y"], image.shape["X"])
    name = method or ("region_growing" if probability is None else "probability_map")
    chosen = name if isinstance(name, AssistMethod) else assist(name, **parameters)
    if chosen.needs_probability and probability is None:
        raise BadParameter(
            f"The assist method {chosen.name!r} needs the probability map of a model; give one, or choose another."
        )
    there = occupied.array() if isinstance(occupied, Labels) else occupied
    for what, array in (("probability map", probability), ("label image", there)):
        if array is not None and np.shape(array) != shape:
            raise BadLabels(f"The {what} has the shape {np.shape(array)}, {image.name} has {shape}.")
    mark = Rough.of(rough, shape)
    inside, window = _grown(image, mark, chosen, there, probability, margin_px)
    if not inside.any():
        raise NothingToShow(_nothing(chosen))
    score = None if probability is None else float(np.asarray(probability)[window][inside].mean())
    return Suggestion(inside, window, shape, score, getattr(chosen, "threshold", None), _as_dict(chosen))


def _grown(
    image: Image,
    mark: Rough,
    method: AssistMethod,
    occupied: NDArray[Any] | None,
    probability: NDArray[Any] | None,
    margin_px: int,
) -> tuple[Mask, Window]:
    """The object, and the window it was found in; of a click, the window is doubled until the object lies within."""
    from ._pieces import choose  # with scipy.ndimage, which takes long to load

    shape = (image.shape["Y"], image.shape["X"])
    margin = max(margin_px, 1)
    black, white = _range(image)
    while True:
        window = mark.window(shape, margin)
        rough = mark.mask(window)
        seen = CutOut(
            pixels=_scaled(image, window, black, white),
            rough=rough,
            is_click=mark.is_click,
            probability=None if probability is None else np.asarray(probability[window], np.float32),
            margin_px=margin_px,
        )
        taken = np.zeros(rough.shape, bool) if occupied is None else np.asarray(occupied[window]) > 0
        inside = choose(method.find(seen), rough, taken, mark.is_click)
        if not mark.is_click or 2 * margin > FARTHEST_PX or not _is_cut(inside, window, shape):
            return inside, window
        margin *= 2


def _is_cut(inside: Mask, window: Window, shape: tuple[int, int]) -> bool:
    """Whether the object may go on beyond the window."""
    sides = (
        (inside[0], window[0].start > 0),
        (inside[-1], window[0].stop < shape[0]),
        (inside[:, 0], window[1].start > 0),
        (inside[:, -1], window[1].stop < shape[1]),
    )
    return any(more and bool(side.any()) for side, more in sides)


def _range(image: Image) -> tuple[float, float]:
    """Between which values nearly all pixels lie, told from some of them."""
    pixels = image.array()
    some = pixels[..., :: -(-pixels.shape[-2] // SAMPLED), :: -(-pixels.shape[-1] // SAMPLED)]
    black, white = np.percentile(some, (0.5, 99.8))
    return float(black), float(max(white, black + 1e-9))


def _scaled(image: Image, window: Window, black: float, white: float) -> NDArray[np.float32]:
    """(C, y, x) of a window, 0 to 1."""
    pixels = image.array() if "C" in image.axes else image.array()[None]
    some = np.asarray(pixels[(slice(None), *window)], np.float32)
    return np.clip((some - black) / (white - black), 0, 1).astype(np.float32)


def _as_dict(method: AssistMethod) -> dict[str, Any]:
    return {method.kind: method.name, **method.model_dump(mode="json")}


def _nothing(method: AssistMethod) -> str:
    """What to say when there is nothing."""
    moved = getattr(method, "threshold", None)
    at = "" if moved is None else f" at the threshold {moved:.2f}; move it"
    return f"Nothing stands out here that is not an object already{at or ''}, or draw the object by hand."
