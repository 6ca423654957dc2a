"""Sub-stacks: a block of planes, one plane, or one time point of an image."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ..data import Act, Image
from ..errors import BadImage, BadParameter


def substack(image: Image, *, z: int | tuple[int, int] | None = None, t: int | None = None) -> Image:
    """Choose a plane (z=3: the Z axis goes), planes (z=(3, 7): 3, 4, 5, 6) or a time point (t=0: the T axis goes).

    The choice stands in the name ("embryo.tif/t000-z003"), so that two choices from one image never share a name;
    for planes, where they begin stands in `origin`. Lazy pixels stay lazy.

    Args:
        image: an image with the axis that is chosen from.
        z: a plane, or the first plane and the one after the last, counted from 0.
        t: a time point, counted from 0.

    Raises:
        BadImage: the image has no such axis.
        BadParameter: no such plane or time point, or neither was given.
    """
    if z is None and t is None:
        raise BadParameter(f"Say what to take of {image.name}: a plane (z=3), planes (z=(3, 7)) or a time point (t=0).")
    chosen: dict[str, Any] = {}
    if t is not None:
        chosen["T"] = _checked(image, "T", t)
    if z is not None:
        chosen["Z"] = _checked(image, "Z", z)
    return _take(image, chosen)


def substacks(image: Image, planes: int, step: int | None = None) -> list[Image]:
    """Cut a stack into consecutive blocks of planes; the last may be shorter, no plane is ever left out.

    An image without a Z axis, having nothing to cut, is given back alone. Names end in the first and last plane
    ("embryo.tif/z010-019"); the Z axis stays even where a block has one plane.

    Args:
        image: axes with or without Z.
        planes: planes in a block.
        step: planes from the beginning of a block to the next, at most `planes`; None: `planes`, no overlap.

    Raises:
        BadParameter: `planes` is below 1, or `step` would leave planes out.
    """
    step = planes if step is None else step
    if not _whole(planes) or planes < 1:
        raise BadParameter(f"A sub-stack has at least 1 plane; planes={planes!r} is not possible.")
    if not _whole(step) or not 1 <= step <= planes:
        raise BadParameter(f"step={step!r} is not possible: 1 to {planes} (planes), so that no plane is left out.")
    if "Z" not in image.axes:
        return [image]
    depth = image.shape["Z"]
    starts = range(0, max(depth - planes, 0) + step, step)
    return [substack(image, z=(z, min(z + planes, depth))) for z in starts]


def _whole(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def _checked(image: Image, axis: str, asked: Any) -> int | slice:
    """What was asked for along an axis, as an index or, for two numbers, a slice."""
    word = {"Z": "plane", "T": "time point"}[axis]
    if axis not in image.axes:
        raise BadImage(f"{image.name} has no {axis} axis to choose a {word} from; its axes are {image.axes}.")
    n = image.shape[axis]
    if _whole(asked) and 0 <= asked < n:
        return int(asked)
    if axis == "Z" and isinstance(asked, tuple | list) and len(asked) == 2 and all(map(_whole, asked)):
        first, end = asked
        if 0 <= first < end <= n:
            return slice(first, end)
    raise BadParameter(f"{image.name} has no {word} {asked!r}; it has {n}, counted from 0.")


def _take(image: Image, chosen: Mapping[str, Any]) -> Image:
    """Index along some axes: a number removes the axis, a slice keeps it."""
    pixels = image.pixels[tuple(chosen.get(a, slice(None)) for a in image.axes)]
    axes = "".join(a for a in image.axes if isinstance(chosen.get(a, slice(None)), slice))
    parts = {a: [v.start, v.stop] if isinstance(v, slice) else v for a, v in chosen.items()}
    image = replace(
        image, name=f"{image.name}/{'-'.join(_label(a, v) for a, v in chosen.items())}", **_place(image, chosen)
    )
    if "Z" not in axes:
        image = replace(image, spacing_um={a: v for a, v in image.spacing_um.items() if a != "Z"})
    return image.then(Act("substack", "substack", parts), pixels, axes)


def _label(axis: str, chosen: int | slice) -> str:
    if isinstance(chosen, slice):
        return f"{axis.lower()}{chosen.start:03d}-{chosen.stop - 1:03d}"
    return f"{axis.lower()}{chosen:03d}"


def _place(image: Image, chosen: Mapping[str, Any]) -> dict[str, Any]:
    """Where chosen planes lie in the image; a time point is no place."""
    if "Z" not in chosen:
        return {}
    z = chosen["Z"]
    space = {a: n for a, n in image.shape.items() if a in "ZYX"}
    start = z.start if isinstance(z, slice) else z
    return {"parent": image.name, "origin": {**dict.fromkeys(space, 0), "Z": start}, "parent_shape": space}
