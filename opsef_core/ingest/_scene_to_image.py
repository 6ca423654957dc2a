"""From a scene as a file stores it to an `Image`: axes in order, one grey or colour channel axis, nothing guessed."""

from __future__ import annotations

import logging
import math
import string
from collections.abc import Mapping
from dataclasses import replace

from ..data import AXES, RGB, Act, Image, digest
from ..errors import BadParameter, UnreadableFile
from ._reader import Scene
from ._stored import Stored, lazy

log = logging.getLogger(__name__)

LARGEST_UM, SMALLEST_UM = 1e4, 1e-5  # a pixel beyond is no measurement but a placeholder


def to_image(scene: Scene, file: str, name: str, source: str, act: Act, axes: str | None) -> Image:
    """The image of a scene, its pixels still on disk.

    Args:
        scene: as the reader found it.
        file: name of the file, for error messages.
        name: of the image.
        source: checksum of the file.
        act: the first entry of its history.
        axes: the meaning of the stored dimensions, if the user knows better; see `read`.

    Raises:
        UnreadableFile: no pixels, pixels that are no numbers, or dimensions that cannot be understood.
        BadParameter: `axes` do not fit the stored dimensions.
    """
    _check_pixels(scene, name)
    scene = replace(scene, dims=_distinct(scene.dims))
    dims = _told(scene, axes, name) if axes else scene.dims
    sizes = dict(zip(dims, scene.shape, strict=True))
    dims = _understood(dims, scene, name)
    order, final = _order(dims, scene.shape, name)
    shape = tuple(1 if d is None else scene.shape[d] for d in order)
    colour = "S" in dims and sizes["S"] in (3, 4)
    if colour:
        shape = tuple(3 if a == "C" else n for a, n in zip(final, shape, strict=True))
    stored = Stored(file, scene.load, order, shape, scene.dtype.newbyteorder("="), len(dims))
    unit = tuple(1 if d is None else scene.unit[d] for d in order)
    channels = RGB if colour else _channels(scene, dims, final, order)
    token = digest(source, scene.name, act.as_dict(), file)
    if None in order:
        lacking = final[order.index(None)]
        log.info("%s is a scan without a %s axis; to segment its plane, read it with axes=...", name, lacking)
    spacing = known_spacing({a: scene.spacing_um.get(scene.dims[d], 0.0) for d, a in enumerate(dims) if a in final})
    return Image(lazy(stored, unit, token), final, name, spacing, source, (act,), channels=channels)


def known_spacing(values: Mapping[str, float]) -> dict[str, float]:
    """Only the pixel sizes that can be true: Z, Y, X, positive, finite, between 0.01 nm and 1 cm."""
    return {
        a: float(values[a])
        for a in "ZYX"
        if a in values and math.isfinite(values[a]) and SMALLEST_UM < values[a] < LARGEST_UM
    }


def _check_pixels(scene: Scene, name: str) -> None:
    if min(scene.shape, default=0) < 1:
        raise UnreadableFile(f"{name} has no pixels: its size is {' x '.join(map(str, scene.shape))}.")
    if scene.dtype.kind == "c":
        raise UnreadableFile(
            f"{name} has complex pixels ({scene.dtype}), which no step or model understands. "
            "Save its magnitude, or its real and imaginary part as two channels."
        )
    if scene.dtype.kind not in "buif":
        raise UnreadableFile(f"{name} has pixels of type {scene.dtype}; whole or real numbers are needed.")


def _distinct(dims: str) -> str:
    """A letter of its own for each dimension: a file may call several of them unknown by the same letter."""
    spare = (c for c in string.ascii_uppercase if c not in AXES + "S" + dims)
    return "".join(d if d not in dims[:i] else next(spare) for i, d in enumerate(dims))


def _told(scene: Scene, axes: str, name: str) -> str:
    """The user's letters for the stored dimensions."""
    possible = set(AXES + "S")
    if len(axes) != len(scene.dims) or len(set(axes)) != len(axes) or not set(axes) <= possible or "X" not in axes:
        size = " x ".join(f"{n} {d}" for d, n in zip(scene.dims, scene.shape, strict=True))
        raise BadParameter(
            f"axes={axes!r} do not fit {name}: it has {len(scene.dims)} dimensions ({size}). "
            f"Give one letter for each, out of {', '.join(AXES)} and S (colour samples), no letter twice."
        )
    return axes


def _understood(dims: str, scene: Scene, name: str) -> str:
    """Unknown dimensions of more than one position become Z where that is possible, and the log says so."""
    sizes = dict(zip(dims, scene.shape, strict=True))
    unknown = [d for d in dims if d not in AXES + "S" and sizes[d] > 1]
    if not unknown:
        return dims
    if len(unknown) > 1 or sizes.get("Z", 1) > 1:
        size = " x ".join(f"{n} {d}" for d, n in sizes.items())
        raise UnreadableFile(
            f"{name} has dimensions whose meaning the file does not tell: {size}. "
            f"Say what they are with axes=..., one letter for each, out of {', '.join(AXES)}."
        )
    log.info("%s: the file does not say what its %d planes are; they are taken as Z.", name, sizes[unknown[0]])
    return dims.replace("Z", "?").replace(unknown[0], "Z")


def _order(dims: str, shape: tuple[int, ...], name: str) -> tuple[tuple[int | None, ...], str]:
    """Which stored dimension goes where, and the image's axes. Only Y and X are kept when they have one position."""
    sizes = dict(zip(dims, shape, strict=True))
    samples = sizes.get("S", 1)
    if samples > 2 and sizes.get("C", 1) > 1:
        raise UnreadableFile(
            f"{name} has {sizes['C']} channels of {samples} colour samples each. "
            "Save the channels as separate images, or each sample as a channel."
        )
    order: list[int | None] = []
    final = ""
    for a in AXES:
        letter = "S" if a == "C" and samples > 2 else a
        if a in "YX" or sizes.get(letter, 1) > 1:
            order.append(dims.index(letter) if letter in dims else None)
            final += a
    return tuple(order), final


def _channels(scene: Scene, dims: str, final: str, order: tuple[int | None, ...]) -> tuple[str, ...]:
    """Names for the C axis, made unique, if the file has them for just this dimension."""
    if "C" not in final:
        return ()
    d = order[final.index("C")]
    if d is None or scene.dims[d] != "C" or len(scene.channels) != scene.shape[d]:
        return ()
    return unique([c.strip() or str(i) for i, c in enumerate(scene.channels)])


def unique(names: list[str]) -> tuple[str, ...]:
    """Names with a number added to those that occur more than once."""
    twice = {n for n in names if names.count(n) > 1}
    return tuple(f"{n} #{i}" if n in twice else n for i, n in enumerate(names))


def planes_unit(dims: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The unit of a file that stores whole planes: everything along Y, X and S, one position elsewhere."""
    return tuple(n if d in "YXS" else 1 for d, n in zip(dims, shape, strict=True))
