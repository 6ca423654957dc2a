"""Contour assist in the annotator: the model looks at an image in the background, and suggests by what it saw."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import Image
from ...errors import BadParameter
from ...models import find_device
from ...refine import ASSISTS, Suggestion, suggest
from ...registry import parameters_of

Map = NDArray[np.float32]
KEPT = 4  # maps that are remembered


class Assistant:
    """Suggests contours.

    Args:
        model: one that offers probability maps, or None: then only the methods that need no model.
        device: "auto", "cpu", "cuda", "mps".

    Raises:
        BadParameter: the model has no probability maps.
    """

    def __init__(self, model: Any = None, device: str = "auto") -> None:
        if model is not None and not getattr(model, "maps", None):
            raise BadParameter(
                f"The model {getattr(model, 'name', model)!r} offers no probability map to suggest contours from. Use "
                "assist=model('unet'), or assist=None: contours are then suggested from the image alone."
            )
        self.model = model
        self._device = device
        self._maps: dict[str, Future[Map]] = {}
        self._pool = ThreadPoolExecutor(1, "contour-assist")

    @property
    def methods(self) -> list[dict[str, Any]]:
        """Methods as the browser needs them: `name`, `threshold` (default or None); first the one to begin with."""
        names = [name for name in ASSISTS.names() if self.model is not None or not ASSISTS.get(name).needs_probability]
        names.sort(key=lambda name: _FIRST.index(name) if name in _FIRST else len(_FIRST))
        return [_told(name) for name in names]

    def prepare(self, image: Image) -> None:
        """Let the model look at an image, in the background."""
        if self.model is not None and image.name not in self._maps:
            for name in list(self._maps)[: 1 - KEPT]:
                del self._maps[name]
            self._maps[image.name] = self._pool.submit(self._looked, image)

    def ready(self, image: Image, method: str) -> bool:
        """Whether a suggestion can be made at once."""
        if self.model is None or not ASSISTS.get(method).needs_probability:
            return True
        self.prepare(image)
        return self._maps[image.name].done()

    def suggest(self, image: Image, points: Any, occupied: NDArray[np.int32], method: str, **chosen: Any) -> Suggestion:
        """A contour; see `refine.suggest`.

        Raises:
            OpsefError: there is none, or the model failed.
        """
        seen = self._maps.get(image.name)
        probability = seen.result() if seen is not None and seen.done() and not seen.exception() else None
        if ASSISTS.get(method).needs_probability and seen is not None and seen.exception() is not None:
            del self._maps[image.name]  # the next time it is tried again
            seen.result()
        return suggest(image, points, method=method, occupied=occupied, probability=probability, **chosen)

    def _looked(self, image: Image) -> Map:
        """(Y, X), that a pixel belongs to an object; of several classes the first is what lies outside."""
        model = self.model.ready(find_device(self._device))
        raw = model.network(model.pixels_of(image))
        found = np.asarray(raw[min(model.maps)], np.float32)
        return found if found.ndim == 2 else 1 - found[0]


_FIRST = ("probability_map", "region_growing")  # then the others


def _told(name: str) -> dict[str, Any]:
    defaults = {p["name"]: p["default"] for p in parameters_of(ASSISTS.get(name))}
    label = name.replace("_", " ").capitalize()
    return {"name": name, "label": label, "threshold": defaults.get("threshold"), "inverts": "inverted" in defaults}
