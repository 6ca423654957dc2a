"""Pictures that are made up, flat ones: paving, leaves, muscle, kidney. Each gives pixels (Y, X or Y, X, 3) and ids."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from scipy.spatial import cKDTree
from skimage.draw import ellipse, polygon
from skimage.segmentation import find_boundaries

Ids = NDArray[np.int32]
Pixels = NDArray[Any]
Rng = np.random.Generator
Outline = NDArray[np.float64]  # n, (y, x)

# Optical density of stains in red, green, blue (Ruifrok & Johnston 2001).
HAEMATOXYLIN, EOSIN = np.array([0.65, 0.70, 0.29]), np.array([0.07, 0.99, 0.11])
BEECH, LINDEN, OAK, MAPLE, WILLOW = range(5)


def clouds(rng: Rng, shape: tuple[int, int], size_px: float) -> NDArray[np.float64]:
    """Smooth noise of mean 0 and deviation 1."""
    noise = ndi.gaussian_filter(rng.standard_normal(shape), size_px, mode="reflect")
    return (noise - noise.mean()) / noise.std()


def as_bytes(values: Pixels) -> NDArray[np.uint8]:
    """Cut to 0..255."""
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def placed(ids: Ids, number: int, yx: tuple[NDArray[Any], NDArray[Any]], margin_px: int = 0) -> bool:
    """Write an object where nothing is yet, nor within a margin; whether there was room."""
    if not len(yx[0]):
        return False
    near = tuple(slice(max(int(a.min()) - margin_px, 0), int(a.max()) + margin_px + 1) for a in yx)
    mask = np.zeros(ids[near].shape, bool)
    mask[tuple(a - place.start for a, place in zip(yx, near, strict=True))] = True
    around = ndi.binary_dilation(mask, iterations=margin_px) if margin_px else mask
    if ids[near][around].any():
        return False
    ids[near][mask] = number
    return True


def paving(rng: Rng, side_px: int = 512) -> tuple[Pixels, Ids]:
    """About square stones in rows, uneven, with narrow gaps of sand; some gaps are hard to see."""
    ids = np.zeros((side_px, side_px), np.int32)
    top, number = -30.0, 0
    while top < side_px:
        height, left = rng.uniform(52, 92), -rng.uniform(0, 60)
        while left < side_px:
            width = height * rng.choice([0.55, 0.85, 1.0, 1.15, 1.5])
            number += 1
            ids[rounded_box(rng, top, left, height, width, ids.shape)] = number
            left += width
        top += height
    ids = np.where(ndi.gaussian_filter(rng.random(ids.shape), 3) > 0.56, 0, ids)  # chipped edges
    ids = opened(ids, 3)
    base = rng.uniform(95, 185, number + 1)[ids] + 14 * clouds(rng, ids.shape, 12) + 9 * clouds(rng, ids.shape, 2)
    rim = np.minimum(ndi.distance_transform_edt(ids > 0) / 9, 1) * 40 - 40
    sand = 52 + 28 * np.maximum(clouds(rng, ids.shape, 60), 0) + 12 * clouds(rng, ids.shape, 1)
    picture = ndi.gaussian_filter(np.where(ids > 0, base + rim, sand), 1)
    return as_bytes(picture + 3 * rng.standard_normal(ids.shape)), ids


def rounded_box(
    rng: Rng, top: float, left: float, height: float, width: float, shape: tuple[int, int]
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Pixels of a stone in its place: a superellipse, slightly turned, a gap smaller than the place."""
    angles = np.linspace(0, 2 * np.pi, 80, endpoint=False)
    power, turn = 2 / rng.uniform(4.5, 7), rng.normal(0, 0.03)
    across, down = (np.sign(f(angles)) * np.abs(f(angles)) ** power for f in (np.cos, np.sin))
    wobble = 1 + 0.015 * np.sin(angles * rng.integers(3, 7) + rng.uniform(0, 6))
    y, x = down * wobble * (height / 2 - rng.uniform(2.5, 5)), across * wobble * (width / 2 - rng.uniform(2.5, 5))
    y, x = y * np.cos(turn) + x * np.sin(turn), x * np.cos(turn) - y * np.sin(turn)
    return polygon(y + top + height / 2, x + left + width / 2, shape)


def opened(ids: Ids, size_px: int) -> Ids:
    """Every object without its specks and thin parts; what falls apart keeps its largest part."""
    out = np.zeros_like(ids)
    for number, place in enumerate(ndi.find_objects(ids), start=1):
        if place is None:
            continue
        mask = np.pad(ids[place] == number, size_px, "edge")
        mask = ndi.binary_opening(ndi.binary_fill_holes(mask), iterations=size_px)
        parts, n = ndi.label(mask[size_px:-size_px, size_px:-size_px])
        if n:
            out[place][parts == 1 + np.argmax(np.bincount(parts.ravel())[1:])] = number
    return out


def leaves(rng: Rng, side_px: int = 790) -> tuple[Pixels, Ids]:
    """Leaves of five kinds on a bright uneven ground, with dark veins and noise, in colour."""
    shape = (side_px, side_px)
    ids = np.zeros(shape, np.int32)
    veins = np.zeros(shape, bool)
    number = 0
    for size in [150, 130, 120, *rng.uniform(60, 110, 10), *rng.uniform(28, 55, 30)]:
        kind, turn = int(rng.integers(5)), rng.uniform(0, 2 * np.pi)
        where = rng.uniform(size * 0.6, side_px - size * 0.6, 2)
        outline = turned(leaf(kind) * size, turn) + where
        if placed(ids, number + 1, polygon(*outline.T, shape), 4):
            number += 1
            for line in vein_lines(kind):
                for y, x in turned(line * size, turn) + where:
                    veins[int(y) % side_px, int(x) % side_px] = True
    hue = rng.uniform((60, 80, 20), (190, 150, 60), (number + 1, 3))
    ground = np.array([212, 208, 196]) + 14 * clouds(rng, shape, 90)[..., None]
    leafy = hue[ids] + 9 * clouds(rng, shape, 5)[..., None]
    dark = ndi.gaussian_filter((ndi.binary_dilation(veins) & (ids > 0)).astype(float), 0.8)[..., None]
    colour = np.where(ids[..., None] > 0, leafy, ground) * (1 - 0.5 * dark)
    return as_bytes(ndi.gaussian_filter(colour, (0.8, 0.8, 0)) + 15 * rng.standard_normal((*shape, 1))), ids


def turned(points: Outline, angle: float) -> Outline:
    """Points turned about the origin."""
    cos, sin = np.cos(angle), np.sin(angle)
    return points @ np.array([[cos, -sin], [sin, cos]])


def leaf(kind: int) -> Outline:
    """The outline of a leaf, about 1 long, its tip at -y."""
    a = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    tip = np.cos(a)
    radius = {
        BEECH: 0.48 / np.sqrt(np.cos(a) ** 2 + (np.sin(a) / 0.6) ** 2),
        LINDEN: 0.36 + 0.12 * np.maximum(tip, 0) ** 8 - 0.16 * np.maximum(-tip, 0) ** 12,
        OAK: 0.46 / np.sqrt(np.cos(a) ** 2 + (np.sin(a) / 0.5) ** 2) * (0.87 + 0.13 * np.cos(11 * a)),
        MAPLE: 0.24 + 0.22 * np.abs(np.cos(2.5 * a)) ** 1.6 + 0.03 * np.cos(25 * a) - 0.1 * np.maximum(-tip, 0) ** 6,
        WILLOW: 0.5 / np.sqrt(np.cos(a) ** 2 + (np.sin(a) / 0.22) ** 2),
    }[kind]
    return np.stack([-radius * np.cos(a), radius * np.sin(a)], -1)


def vein_lines(kind: int) -> list[Outline]:
    """Points along the midrib and the side veins."""
    along = np.linspace(-0.42, 0.42, 400)
    lines = [np.stack([along, np.zeros_like(along)], -1)]
    reach = np.linspace(0, {WILLOW: 0.09, OAK: 0.17}.get(kind, 0.25), 120)
    for start in np.linspace(-0.2, 0.3, 5):
        lines += [np.stack([start - reach * 0.7, side * reach], -1) for side in (-1, 1)]
    return lines


def muscle(rng: Rng, side_px: int = 768) -> tuple[Pixels, Ids]:
    """Fibres with bright borders; dark nuclei at their rims, some in clusters, some out of focus. Ids: the nuclei."""
    shape = (side_px, side_px)
    fibres = cells(rng, shape, 78)
    border = ndi.gaussian_filter(find_boundaries(fibres).astype(float), 1.8)
    rim = np.argwhere(ndi.binary_dilation(find_boundaries(fibres), iterations=4))
    ids = np.zeros(shape, np.int32)
    number = 0
    clusters = rim[rng.integers(len(rim), size=6)]
    spots = [*rim[rng.integers(len(rim), size=420)], *(c + rng.normal(0, 13, 2) for c in clusters for _ in range(30))]
    for y, x in spots:
        area, stretch = rng.lognormal(4.7, 0.55), rng.choice([1.2, 2.0, 3.2])
        long, short = np.sqrt(area * stretch / np.pi), np.sqrt(area / stretch / np.pi)
        if placed(ids, number + 1, ellipse(y, x, short, long, shape, rng.uniform(0, np.pi)), 1):
            number += 1
    depth = rng.uniform(55, 110, number + 1)
    blurred = rng.random(number + 1) < 0.15
    dark = np.where(ids > 0, depth[ids], 0)
    soft = ndi.gaussian_filter(dark * blurred[ids], 3.5) + ndi.gaussian_filter(dark * ~blurred[ids], 0.9)
    ground = 172 + rng.normal(0, 9, fibres.max() + 1)[fibres] + 4 * clouds(rng, shape, 2) + 5 * clouds(rng, shape, 60)
    return as_bytes(ground + 90 * border - soft + 4 * rng.standard_normal(shape)), ids


def cells(rng: Rng, shape: tuple[int, int], size_px: float) -> Ids:
    """A tissue without gaps: nearest of points that keep a distance from each other."""
    points = rng.uniform(-size_px, np.array(shape) + size_px, (int(np.prod(shape) / size_px**2 * 2.2), 2))
    kept: list[Outline] = []
    for point in points:
        if not kept or np.min(np.hypot(*(np.array(kept) - point).T)) > size_px * 0.8:
            kept.append(point)
    grid = np.stack(np.mgrid[: shape[0], : shape[1]], -1).reshape(-1, 2)
    bend = np.stack([clouds(rng, shape, 25), clouds(rng, shape, 25)], -1).reshape(-1, 2) * 3
    return cKDTree(np.array(kept)).query(grid + bend)[1].reshape(shape).astype(np.int32)


def kidney(rng: Rng, shape: tuple[int, int] = (512, 1024)) -> tuple[Pixels, Ids]:
    """Haematoxylin and eosin: glomeruli full of nuclei, and tubules, rings of nuclei about a lumen. Ids: the nuclei."""
    eosin = 0.35 + 0.05 * clouds(rng, shape, 3) + 0.04 * clouds(rng, shape, 40)
    ids = np.zeros(shape, np.int32)
    taken = np.zeros(shape, bool)
    glomeruli = [(shape[0] * 0.42, shape[1] * 0.24, 108.0), (shape[0] * 0.58, shape[1] * 0.76, 96.0)]
    for y, x, radius in glomeruli:
        eosin[ellipse(y, x, radius + 13, radius + 13, shape)] = 0.03  # Bowman's space
        eosin[ellipse(y, x, radius, radius, shape)] = 0.42
        taken[ellipse(y, x, radius + 20, radius + 20, shape)] = True
        angle, far = rng.uniform(0, 2 * np.pi, 260), np.sqrt(rng.random(260)) * (radius - 8)
        for spot in np.stack([y + far * np.sin(angle), x + far * np.cos(angle)], -1):
            nucleus(rng, ids, spot)
    for y, x in rng.uniform(0, shape, (900, 2)):
        radius = rng.uniform(30, 46)
        place = ellipse(y, x, radius, radius * rng.uniform(0.8, 1.25), shape)
        if taken[place].mean() > 0.02:
            continue
        taken[ellipse(y, x, radius + 5, radius + 5, shape)] = True
        eosin[place] += rng.uniform(0.1, 0.3)
        eosin[ellipse(y, x, radius * 0.36, radius * 0.36, shape)] = 0.05  # the lumen
        turn = rng.uniform(0, 6) + np.linspace(0, 2 * np.pi, int(rng.integers(6, 11)), endpoint=False)
        for spot in np.stack([y + 0.68 * radius * np.sin(turn), x + 0.68 * radius * np.cos(turn)], -1):
            nucleus(rng, ids, spot + rng.normal(0, 2, 2))
    stain = rng.uniform(0.55, 1.1, ids.max() + 1)[ids] * (ids > 0) * (1 + 0.12 * clouds(rng, shape, 1.5))
    density = stain[..., None] * HAEMATOXYLIN + np.maximum(eosin, 0)[..., None] * EOSIN + 0.03
    light = ndi.gaussian_filter(245 * 10**-density, (1, 1, 0))
    return as_bytes(light + 3 * rng.standard_normal((*shape, 3))), ids


def nucleus(rng: Rng, ids: Ids, spot: Outline) -> None:
    """A small, about round nucleus, if there is room."""
    a, b = rng.uniform(5, 7.5), rng.uniform(4.5, 6.5)
    placed(ids, int(ids.max()) + 1, ellipse(*spot, a, b, ids.shape, rng.uniform(0, np.pi)), 1)


PICTURES: dict[str, Callable[[Rng], tuple[Pixels, Ids]]] = {
    "cobblestones": paving,
    "leaves": leaves,
    "skeletal_muscle": muscle,
    "kidney": kidney,
}
