"""Placing nuclei on a canvas: clumps in contact, everything else apart, nothing ever over anything."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ._neighbours import RING

TRIES = 60  # positions for an object that stands alone
HANDFUL = 4  # of them are compared at a time
CONTACTS = 40  # ways of moving an object up to a clump that are tried
ENOUGH = 3  # ways that end in contact, of which the one with the longest common border is taken
SMOOTH_DIAMETERS = 2.0  # width of the Gaussian that smooths the field
MOST_VARIANCE = 4.0  # of the logarithm of the intensity
LEAST_SEEN_PX = 4  # of an object that the border cuts; with less it is not there
Mask = NDArray[np.bool_]
Box = tuple[slice, slice]


@dataclass
class Canvas:
    """A label image that is being filled.

    Attributes:
        ids: (Y, X) int32, 0 where nothing lies.
        centres: y, x of every object placed, id 1 first; may lie beyond the border.
        reach_px: half the longer side of its box.
        radius_px: of the disc of its area.
        clump: number of the clump it belongs to.
    """

    ids: NDArray[np.int32]
    centres: list[tuple[float, float]] = field(default_factory=list)
    reach_px: list[float] = field(default_factory=list)
    radius_px: list[float] = field(default_factory=list)
    clump: list[int] = field(default_factory=list)

    def gaps_px(self, places: NDArray[np.float64], radius_px: float) -> NDArray[np.float64]:
        """About how far a disc at each of (n, 2) places would be from its nearest neighbour; far on an empty canvas."""
        if not self.centres:
            return np.full(len(places), float(sum(self.ids.shape)))
        apart = np.linalg.norm(places[:, None] - np.array(self.centres)[None], axis=2)
        return np.asarray((apart - np.array(self.radius_px)).min(1) - radius_px, np.float64)

    def alone(self, mask: Mask, at: tuple[float, float], clump: int, gap_px: int) -> bool:
        """Place an object here if it is seen and leaves a gap to everything; say whether it was placed."""
        y, x = corner(mask, at)
        if self._seen(mask, y, x) < LEAST_SEEN_PX:
            return False
        room, _ = _window(self.ids.shape, y - gap_px, x - gap_px, tuple(n + 2 * gap_px for n in mask.shape))
        if self.ids[room].any():
            near = grown(mask, gap_px)
            here, part = _window(self.ids.shape, y - gap_px, x - gap_px, near.shape)
            if self.ids[here][near[part]].any():
                return False
        self._put(mask, y, x, clump)
        return True

    def beside(self, mask: Mask, clump: int, rng: np.random.Generator) -> bool:
        """Move an object up to one of a clump until they touch, clear of all others; say whether it was placed."""
        members = [n for n, c in enumerate(self.clump) if c == clump]
        reach = max(mask.shape) / 2
        near = grown(mask, 1)
        best, found, place = 0, 0, (0, 0)
        for _ in range(CONTACTS):
            to = members[int(rng.integers(len(members)))]
            angle = rng.uniform(0, 2 * np.pi)
            y, x = self._slid(mask, self.centres[to], angle, reach + self.reach_px[to] + 1)
            if self._seen(mask, y, x) < LEAST_SEEN_PX or self._hits(mask, y, x):
                continue
            here, part = _window(self.ids.shape, y - 1, x - 1, near.shape)
            touched = self.ids[here][near[part]]
            touched = touched[touched > 0]
            if not len(touched) or any(self.clump[n - 1] != clump for n in set(touched.tolist())):
                continue
            found += 1
            if len(touched) > best:
                best, place = len(touched), (y, x)
            if found == ENOUGH:
                break
        if best:
            self._put(mask, *place, clump)
        return best > 0

    def _slid(self, mask: Mask, to: tuple[float, float], angle: float, far: float) -> tuple[int, int]:
        """Upper left corner of the object after it came from this direction and stopped before it would overlap."""
        dy, dx = np.sin(angle), np.cos(angle)
        last = corner(mask, (to[0] + far * dy, to[1] + far * dx))
        for distance in np.arange(far, 0, -1):
            here = corner(mask, (to[0] + distance * dy, to[1] + distance * dx))
            if here == last:
                continue
            if self._hits(mask, *here):
                return last
            last = here
        return last

    def _hits(self, mask: Mask, y: int, x: int) -> bool:
        here, part = _window(self.ids.shape, y, x, mask.shape)
        return bool(self.ids[here][mask[part]].any())

    def _seen(self, mask: Mask, y: int, x: int) -> int:
        _, part = _window(self.ids.shape, y, x, mask.shape)
        return int(mask[part].sum())

    def _put(self, mask: Mask, y: int, x: int, clump: int) -> None:
        here, part = _window(self.ids.shape, y, x, mask.shape)
        self.centres.append((y + (mask.shape[0] - 1) / 2, x + (mask.shape[1] - 1) / 2))
        self.reach_px.append(max(mask.shape) / 2)
        self.radius_px.append(float(np.sqrt(mask.sum() / np.pi)))
        self.clump.append(clump)
        self.ids[here][mask[part]] = len(self.centres)


def place(
    masks: list[Mask],
    clumps: list[int],
    gaps_px: NDArray[np.float64],
    shape: tuple[int, int],
    positions: Positions,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int32], list[int]]:
    """Fill a canvas.

    Args:
        masks: (Y, X) each, one an object.
        clumps: how many objects hang together: the first of these numbers takes that many masks, and so on; they sum
            up to the number of masks.
        gaps_px: one a clump, how far it should be from its nearest neighbour.
        shape: of the canvas, (Y, X).
        positions: where objects like to lie.
        rng: makes the choices.

    Returns:
        (Y, X) label image, and for each of its ids, 1 first, the place in masks; what finds no place is left out.
        Objects of a clump touch, objects of different clumps have background between them, and no object covers
        another.
    """
    canvas = Canvas(np.zeros(shape, np.int32))
    groups = np.split(np.arange(len(masks)), np.cumsum(clumps)[:-1]) if clumps else []
    placed: list[int] = []
    homeless: list[int] = []
    order = sorted(range(len(groups)), key=lambda n: -sum(masks[m].size for m in groups[n]))  # large ones first
    for clump in order:
        first, *others = sorted(groups[clump].tolist(), key=lambda m: -masks[m].size)
        if not _found(canvas, masks[first], clump, float(gaps_px[clump]), positions, rng):
            homeless += others
            continue
        placed.append(first)
        for m in others:
            (placed if canvas.beside(masks[m], clump, rng) else homeless).append(m)
    for m in homeless:
        large = sorted({c for c in canvas.clump if clumps[c] > 1})
        if any(canvas.beside(masks[m], int(clump), rng) for clump in rng.permutation(large)[:5]):
            placed.append(m)
    return canvas.ids, placed


def _found(
    canvas: Canvas, mask: Mask, clump: int, gap_px: float, positions: Positions, rng: np.random.Generator
) -> bool:
    """Place the first object of a clump where there is room for it, near the gap it should have.

    Random places come in handfuls. Of each the one is tried first whose gap, of discs of the same area, is nearest to
    what is wanted. Small gaps are wanted often, so positions cluster a little more than the field alone makes them; on
    annotated images that is about what is missing (`benchmarks/masks.py`).
    """
    places = positions.draw(TRIES, rng)
    gaps = canvas.gaps_px(places, float(np.sqrt(mask.sum() / np.pi)))
    wrong = np.abs(np.log((np.maximum(gaps, 0) + 1) / (gap_px + 1)))
    wrong[gaps < 1] += 1000
    order = np.lexsort((wrong, np.arange(TRIES) // HANDFUL))
    return any(canvas.alone(mask, (places[n, 0], places[n, 1]), clump, 1) for n in order)


class Positions:
    """Random positions that cluster as measured: a log-Gaussian Cox process.

    Its pair correlation is exp(variance * correlation of the field) (Moller, Syversveen & Waagepetersen 1998, doi
    10.1111/1467-9469.00115), so the variance follows from the measured clustering.

    Args:
        shape: of the canvas, (Y, X).
        margin_px: how far positions may lie beyond it.
        diameter_px: of the usual object.
        clustering: pair correlation 1.5 to 4 diameters apart; 1 or less places evenly.
        rng: draws the field.
    """

    def __init__(
        self,
        shape: tuple[int, int],
        margin_px: float,
        diameter_px: float,
        clustering: float,
        rng: np.random.Generator,
    ) -> None:
        from scipy.ndimage import gaussian_filter

        cell = max(diameter_px / 2, (max(shape) + 2 * margin_px) / 256, 1.0)
        self._grid = tuple(int(np.ceil((n + 2 * margin_px) / cell)) for n in shape)
        sigma = SMOOTH_DIAMETERS * diameter_px / cell
        smooth = gaussian_filter(rng.standard_normal(self._grid), sigma, mode="wrap") * 2 * np.sqrt(np.pi) * sigma
        variance = _variance(clustering, shape, diameter_px)
        self._summed = np.exp(np.sqrt(variance) * smooth).cumsum()
        self._cell, self._margin = cell, margin_px

    def draw(self, count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """(count, 2) positions y, x in pixels."""
        cells = np.searchsorted(self._summed, rng.random(count) * self._summed[-1])
        grid = np.stack(np.unravel_index(cells, self._grid), axis=1) + rng.random((count, 2))
        return np.asarray(grid * self._cell - self._margin, np.float64)


def _variance(clustering: float, shape: tuple[int, int], diameter_px: float) -> float:
    """Of the logarithm of the intensity, so that pairs in the ring are as frequent as measured.

    As in the measurement, pairs are counted relative to all pairs of the canvas, which the field makes more frequent,
    too.
    """
    variances = np.linspace(0, MOST_VARIANCE, 41)
    near = np.linspace(*RING, 12)
    apart = np.linspace(0, 1, 24, endpoint=False) + 1 / 48
    far = np.hypot(*np.meshgrid(*(apart * n / diameter_px for n in shape)))
    common = np.multiply.outer(1 - apart, 1 - apart).T
    ring = np.exp(np.multiply.outer(variances, _correlation(near))) @ near / near.sum()
    canvas = np.tensordot(np.exp(np.multiply.outer(variances, _correlation(far))), common / common.sum())
    reached = np.maximum.accumulate(ring / canvas)
    return float(np.interp(clustering, reached, variances))


def _correlation(diameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the field at two places, by their distance."""
    return np.asarray(np.exp(-((diameters / (2 * SMOOTH_DIAMETERS)) ** 2)), np.float64)


def corner(mask: Mask, at: tuple[float, float]) -> tuple[int, int]:
    """Upper left pixel of an object whose box is centred here."""
    return round(at[0] - (mask.shape[0] - 1) / 2), round(at[1] - (mask.shape[1] - 1) / 2)


def grown(mask: Mask, by_px: int) -> Mask:
    """The object and all pixels within `by_px`, corners included; its box is larger by `by_px` on each side."""
    wide = np.pad(mask, by_px)
    for axis in (0, 1):
        one = wide.copy()
        for step in range(1, by_px + 1):
            one |= np.roll(wide, step, axis) | np.roll(wide, -step, axis)
        wide = one
    return wide


def _window(shape: tuple[int, ...], y: int, x: int, size: tuple[int, ...]) -> tuple[Box, Box]:
    """Where a box of this size lies on the canvas, and which part of the box that is."""
    y0, x0 = min(max(y, 0), shape[0]), min(max(x, 0), shape[1])
    y1, x1 = max(min(y + size[0], shape[0]), y0), max(min(x + size[1], shape[1]), x0)
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - y, y1 - y), slice(x0 - x, x1 - x))
