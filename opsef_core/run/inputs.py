"""What a run is given: images, recipes, models, passes, truth; checked before anything is computed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ..choices import Either, flat
from ..data import Image, Labels, Unreadable
from ..errors import BadConfig, BadParameter
from ..ingest import Dataset, ImageSet, cut, dataset, images
from .config import RunConfig
from .plan import Item

Truth = Mapping[str, Labels] | Iterable[Labels]


def checked_images(images: Iterable[Item]) -> list[Item]:
    """The images of a run as a list.

    Raises:
        BadParameter: none, something that is no image, or two of one name.
    """
    items: list[Item] = [images] if isinstance(images, Image | Unreadable) else list(images)
    if not items:
        raise BadParameter("A run needs at least one image.")
    names: set[str] = set()
    for item in items:
        if not isinstance(item, Image | Unreadable):
            raise BadParameter(
                f"{type(item).__name__} is no image. Read files with opsef.images('folder/*.tif'), or wrap an array: "
                "opsef.Image(array, 'YX', 'name')."
            )
        if item.name in names:
            raise BadParameter(f"Two images are called {item.name!r}; names must differ within a run.")
        names.add(item.name)
    return items


def checked(kind: str, things: Any, wanted: type[Any]) -> list[Any]:
    """Recipes, models or passes as a list, alternatives multiplied out, duplicates left out.

    Raises:
        BadParameter: none, or something of another type.
    """
    single = isinstance(things, wanted)
    found = list(flat([things] if single else things if isinstance(things, Iterable | Either) else [things]))
    if not found and kind != "pass":
        raise BadParameter(f"A run needs at least one {kind}.")
    for thing in found:
        if not isinstance(thing, wanted):
            raise BadParameter(f"{thing!r} is no {kind}.")
    return list(dict.fromkeys(found))


def by_name(truth: Truth) -> Mapping[str, Labels]:
    """True labels by the name of their image; a mapping that reads its labels when asked stays lazy."""
    if isinstance(truth, Mapping):
        return truth
    every = list(truth)
    for labels in every:
        if not isinstance(labels, Labels):
            raise BadParameter(
                f"Truth is label images (opsef.Labels) or a mapping from image name to them, not {labels!r}."
            )
    made = {labels.name: labels for labels in every}
    if len(made) < len(every):
        name, times = Counter(labels.name for labels in every).most_common(1)[0]
        raise BadParameter(f"{times} true label images are called {name!r}; each image has one truth, with its name.")
    return made


def cut_to_tiles(truth: Mapping[str, Labels], items: Sequence[Item]) -> dict[str, Labels]:
    """Truth for tiles whose whole image has one."""
    tiles = [i for i in items if isinstance(i, Image) and i.name not in truth]
    return {i.name: cut(truth[i.parent], i) for i in tiles if i.parent is not None and i.parent in truth}


def data_of(config: RunConfig) -> Dataset | ImageSet:
    """The images a configuration names, with their truth if they are a data set; only headers are read.

    Raises:
        BadConfig: it names none.
    """
    if config.dataset:
        return dataset(config.dataset, **config.reading)
    if config.images:
        return images(config.images, **config.reading)
    raise BadConfig("This pipeline names no `dataset` and no `images`; give the images themselves.")


def source_of(images: Any) -> dict[str, Any]:
    """Where an image set came from, as fields of `RunConfig`; nothing for images that were given as arrays."""
    description = dict(getattr(images, "description", None) or {})
    name = description.pop("dataset", None)  # a data set's `where` is a choice of its images, an option of reading
    where = description.pop("where", None) if name is None else None
    if name is None and where is None:
        return {}
    return {"dataset": name, "images": where, "reading": description}
