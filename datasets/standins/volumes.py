"""Volumes that are made up: colon crypts, a flower, a blastocyst, a neural culture. Each gives pixels and ids.

Ids are (Z, Y, X); pixels too, or (C, Z, Y, X).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

Ids = NDArray[np.int32]
Pixels = NDArray[Any]
Rng = np.random.Generator
Point = NDArray[np.float64]  # z, y, x

ROOM = 0.85  # a nucleus is left out if less than this part of it has room
SMALLEST = 40  # voxels


def ball(ids: Ids, number: int, centre: Point, radii: Point, turn: NDArray[np.float64], squeeze: float = 1.0) -> bool:
    """Write an ellipsoid, cut by those that are there; whether nearly all of it had room.

    Args:
        ids: (Z, Y, X), written into.
        number: its id.
        centre: in voxels.
        radii: along z, y, x before it is turned, in voxels of X.
        turn: rotation, 3 x 3.
        squeeze: voxels are this much higher than wide.
    """
    reach = np.array([radii.max() / squeeze, radii.max(), radii.max()]) + 1
    low = np.maximum(np.floor(centre - reach), 0).astype(int)
    high = np.minimum(np.ceil(centre + reach) + 1, ids.shape).astype(int)
    if (low >= high).any():
        return False
    near = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    grid = np.stack(np.mgrid[near], -1) - centre
    grid[..., 0] *= squeeze
    inside = (((grid @ turn) / radii) ** 2).sum(-1) <= 1
    free = inside & (ids[near] == 0)
    if free.sum() < ROOM * inside.sum() or not free.any():
        return False
    ids[near][free] = number
    return True


def filled(
    rng: Rng, shape: tuple[int, int, int], places: Iterable[Point], radius_px: tuple[float, float], squeeze: float = 1.0
) -> Ids:
    """Nuclei at places, in turn, as long as there is room; about round, turned at random."""
    ids = np.zeros(shape, np.int32)
    number = 0
    for place in places:
        turn, _ = np.linalg.qr(rng.standard_normal((3, 3)))
        radii = rng.uniform(*radius_px) * rng.uniform(0.75, 1.3, 3)
        number += ball(ids, number + 1, place, radii, turn, squeeze)
    return separated(ids)


def separated(ids: Ids) -> Ids:
    """The same with a gap where two nuclei touch; what is then too small is gone."""
    grown = ndi.maximum_filter(ids, 3)
    lowest = ndi.minimum_filter(np.where(ids > 0, ids, np.iinfo(np.int32).max), 3)
    apart = np.where((ids > 0) & (grown == lowest), ids, 0)
    sizes = np.bincount(apart.ravel())
    return np.where(sizes[apart] >= SMALLEST, apart, 0).astype(np.int32)


def recorded(
    rng: Rng, light: Pixels, blur_px: tuple[float, float, float], ground: float, noise: float
) -> NDArray[np.float64]:
    """What a microscope would make of light: blurred, on a ground, with shot noise and the camera's."""
    seen = np.maximum(ndi.gaussian_filter(light, blur_px) + ground, 0)
    return rng.poisson(seen) + noise * rng.standard_normal(light.shape)


def texture(rng: Rng, shape: tuple[int, ...], size_px: float, strength: float) -> NDArray[np.float64]:
    """Factors about 1."""
    noise = ndi.gaussian_filter(rng.standard_normal(shape), size_px)
    return np.maximum(1 + strength * noise / noise.std(), 0.1)


def colon(rng: Rng, shape: tuple[int, int, int] = (129, 160, 192)) -> tuple[Pixels, Ids]:
    """Crypts along z, each a ring of touching nuclei about a lumen; much noise. uint8 (Z, Y, X)."""
    places = []
    crypts: list[Point] = []
    for centre in rng.uniform((20, 20), (shape[1] - 20, shape[2] - 20), (200, 2)):
        if all(np.hypot(*(centre - other)) > 62 for other in crypts):
            crypts.append(centre)
    for centre in crypts:
        for z in np.arange(-4, shape[0] + 5, 7.5):
            drift = 5 * np.sin(z / 30 + centre[0])
            for angle in rng.uniform(0, 1) + np.linspace(0, 2 * np.pi, 13, endpoint=False):
                ring = 22 + rng.normal(0, 1.5)
                y, x = centre[0] + drift + ring * np.sin(angle), centre[1] + ring * np.cos(angle)
                places.append(np.array([z + rng.normal(0, 1.5), y, x]))
    ids = filled(rng, shape, places, (4.6, 6.6))
    light = (ids > 0) * rng.uniform(40, 75, ids.max() + 1)[ids] * texture(rng, shape, 1.5, 0.3)
    return np.clip(recorded(rng, light, (2.0, 1.3, 1.3), 62, 14), 0, 255).astype(np.uint8), ids


def flower(rng: Rng, shape: tuple[int, int, int] = (48, 192, 192)) -> tuple[Pixels, Ids]:
    """Layers of nuclei in nested domes; contrast falls with depth, and there are bright specks. uint16 (Z, Y, X)."""
    squeeze = 2.5
    middle = np.array([shape[0] * 1.05, shape[1] / 2, shape[2] / 2])
    places = []
    for radius in (112, 99, 86, 70, 54):
        for way in rng.standard_normal((3000, 3)):
            way /= np.linalg.norm(way)
            place = middle + radius * way / np.array([squeeze, 1.3, 1.3])
            if way[0] < 0 and (place > -3).all() and (place < np.array(shape) + 3).all():
                places.append(place)
    ids = filled(rng, shape, places, (5.5, 7.5), squeeze)
    fades = np.exp(-np.arange(shape[0]) / 26)[:, None, None]
    light = (ids > 0) * rng.uniform(700, 1300, ids.max() + 1)[ids] * texture(rng, shape, 1.2, 0.15)
    specks = np.zeros(shape)
    specks[tuple(rng.integers(0, n, 25) for n in shape)] = 60000
    haze = 130 * texture(rng, shape, 14, 0.3)
    light = ndi.gaussian_filter(light, (1.4, 1.2, 1.2)) + ndi.gaussian_filter(specks, (2.5, 1, 1))
    return np.clip(recorded(rng, light * fades + haze, (0.3, 0.5, 0.5), 90, 12), 0, 65535).astype(np.uint16), ids


def blastocyst(rng: Rng, shape: tuple[int, int, int] = (40, 160, 160)) -> tuple[Pixels, Ids]:
    """A hollow ball of nuclei with a dense mass inside on one side. uint16 (C, Z, Y, X): LaminB1, DAPI."""
    squeeze = 3.0
    middle = np.array(shape) / 2
    out = rng.standard_normal((400, 3))
    out *= 54 / np.linalg.norm(out, axis=1, keepdims=True)
    mass = rng.normal(0, 11, (120, 3)) + np.array([0, -24, 14])
    places = [middle + place / np.array([squeeze, 1, 1]) for place in [*mass, *out]]
    ids = filled(rng, shape, places, (9.5, 13.0), squeeze)
    return two_channels(rng, ids, 0.35), ids


def neural(rng: Rng, shape: tuple[int, int, int] = (24, 224, 224)) -> tuple[Pixels, Ids]:
    """A flat culture with tight clusters of textured, long nuclei. uint16 (C, Z, Y, X): LaminB1, DAPI."""
    squeeze = 3.0
    clusters = rng.uniform((7, 30, 30), np.array(shape) - np.array([7, 30, 30]), (13, 3))
    places = [c + rng.normal(0, 1, 3) * np.array([3.5, 19, 19]) for c in clusters for _ in range(38)]
    ids = filled(rng, shape, places, (6.5, 10.5), squeeze)
    return two_channels(rng, ids, 0.5), ids


def two_channels(rng: Rng, ids: Ids, strength: float) -> NDArray[np.uint16]:
    """The envelope of nuclei, and their DNA, uneven by `strength`; (C, Z, Y, X)."""
    inner = np.where(ndi.minimum_filter(ids, (1, 3, 3)) == ndi.maximum_filter(ids, (1, 3, 3)), ids, 0)
    envelope = ((ids > 0) & (inner == 0)) * 2200.0
    dna = (ids > 0) * rng.uniform(700, 1900, ids.max() + 1)[ids] * texture(rng, ids.shape, 1.8, strength)
    channels = [recorded(rng, light, (0.8, 1.0, 1.0), 160, 25) for light in (envelope, dna)]
    return np.clip(np.stack(channels), 0, 65535).astype(np.uint16)


VOLUMES: dict[str, Callable[[Rng], tuple[Pixels, Ids]]] = {
    "colon": colon,
    "flower": flower,
    "blastocyst": blastocyst,
    "neural": neural,
}
