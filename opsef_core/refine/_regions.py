"""Connected regions of a mask as objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ._drawing import Drawing, from_ids
from ._outlines import Mask


def regions(source: str, size: Mapping[str, int], mask: Mask, classes: Mapping[Any, Mask] | None = None) -> Drawing:
    """Each connected region as an object without an id; pixels that touch at a corner are connected.

    Args:
        source: the file, for problems.
        size: of the image, by axis.
        mask: (Y, X).
        classes: class -> its (Y, X) mask; a region has the class of most of its pixels.
    """
    from skimage.measure import label

    found = np.asarray(label(mask, connectivity=2), np.int32)
    return with_class_masks(from_ids(source, size, found, {}, kept=False), classes or {})


def with_class_masks(drawing: Drawing, classes: Mapping[Any, Mask]) -> Drawing:
    """A drawing whose objects have the class whose mask covers most of their pixels."""
    shapes = []
    for shape in drawing.shapes:
        counts = {name: int(mask[shape.box][shape.inside].sum()) for name, mask in classes.items()}
        best = max(counts, key=lambda name: counts[name], default=None)
        shapes.append(replace(shape, label=best) if best is not None and counts[best] else shape)
    return replace(drawing, shapes=tuple(shapes))
