"""Whether a model was trained on an image it is scored on.

An image is known by the fingerprint of its pixels as the run got them: after reading (scene, plane, channel,
projection, binning), before any recipe. For a tile, the image it was cut from is looked for as well, put together
from all its tiles in the run. So these are seen: the same image under any name and in any format; the same tile; a
tile of an image that was trained on whole; and, if the list has whole images that their tiles make up (`fit` writes
those), an image or any tile of it that was trained on in tiles.

Not seen is a picture with other pixels: read with another channel, projection or binning, scaled, cropped or compressed
anew, a plane of a stack, a single tile of an image whose other tiles were not trained on.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ..data import Image, untile
from ..errors import OpsefError
from ..models import UNLISTED, Segmenter
from .plan import Cell, Item
from .store import Store

log = logging.getLogger(__name__)
MOST_PIXELS = 2**28  # a larger image is not put together from its tiles: it may not fit in memory


def seen_in_training(cells: Sequence[Cell], items: Sequence[Item], store: Store) -> list[bool | None]:
    """For each cell whether its model was trained on its image; None if that is not known.

    Pixels are read only where some model has a list of training images and the run folder does not have the image's
    fingerprint yet.

    Args:
        cells: of the run's plan.
        items: all images of the run, to put tiles together.
        store: of the run, where fingerprints are kept.
    """
    lists = {model: _list_of(model) for model in dict.fromkeys(cell.model for cell in cells)}
    prints = Fingerprints(items, store)
    return [_seen(lists[cell.model], cell.item, prints) for cell in cells]


def _list_of(model: Segmenter) -> frozenset[str] | None:
    try:
        return model.trained_on
    except OpsefError as error:
        log.warning("It is not known what %s was trained on: %s", model.title, error)
        return None


def _seen(trained_on: frozenset[str] | None, item: Item, prints: Fingerprints) -> bool | None:
    if not trained_on or not isinstance(item, Image):  # nobody knows, or it does not learn
        return None if trained_on is None else False
    own, whole = prints.of(item)
    if own in trained_on or whole in trained_on:
        return True
    complete = UNLISTED not in trained_on and own is not None and whole is not None
    return False if complete else None


class Fingerprints:
    """Fingerprints of a run's images and of what its tiles were cut from; each is computed once for a run folder.

    Args:
        items: the images of the run.
        store: where they are kept.
    """

    def __init__(self, items: Iterable[Item], store: Store) -> None:
        self._store = store
        self._known: dict[str, str | None] = {}
        self._tiles: dict[str, list[Image]] = {}
        for item in items:
            if isinstance(item, Image) and item.is_tile:
                self._tiles.setdefault(str(item.parent), []).append(item)

    def of(self, image: Image) -> tuple[str | None, str | None]:
        """Of the image, and of the image it is a tile of (its own, if it is none); None for what cannot be had."""
        own = self._of(image.key, image)
        return own, self._of(_parent_key(image), image, whole=True) if image.is_tile else own

    def _of(self, key: str, image: Image, whole: bool = False) -> str | None:
        if key not in self._known:
            found = self._store.fingerprint(key)
            if found is None:
                found = self._of_whole(image) if whole else _computed(image)
                if found is not None:
                    self._store.put_fingerprint(key, found)
            self._known[key] = found
        return self._known[key]

    def _of_whole(self, tile: Image) -> str | None:
        size = math.prod({**tile.shape, **tile.parent_shape}.values())
        if size > MOST_PIXELS:
            log.info("%s is too large to be put together; it is not looked for among training images.", tile.parent)
            return None
        try:
            return untile(self._tiles[str(tile.parent)]).fingerprint
        except (OpsefError, OSError) as error:  # tiles are missing, or a file has gone
            log.info("%s is not looked for among training images: %s", tile.parent, error)
            return None


def _computed(image: Image) -> str | None:
    try:
        return image.fingerprint
    except (OpsefError, OSError) as error:
        log.info("%s is not looked for among training images: %s", image.name, error)
        return None


def _parent_key(tile: Image) -> str:
    """The key of the image a tile was cut from."""
    return replace(tile, history=tuple(act for act in tile.history if act.kind != "tile")).key
