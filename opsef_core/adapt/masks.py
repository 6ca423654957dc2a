"""Synthetic label images: nuclei of measured sizes and shapes, laid out as measured."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..data import Act, Labels
from ..errors import BadParameter
from ._match import Matcher
from ._outlines import FEATURES, filled, points
from .layout import FEW, Layout
from .parametric import parametric_bank
from .place import Positions, place
from .shapes import ShapeBank

log = logging.getLogger(__name__)

GOLDEN = 0.6180339887498949  # steps of this spread evenly over 0 to 1, however many are taken
USUAL_SPREAD = 0.2  # of a size, where too few were measured to know it
SMOOTH = 0.05  # of a size: no nucleus is an exact copy
PRIOR_PAIRS = 20.0  # the clustering of one image is drawn towards that of all as if these had been counted there
LEAST_SIDE_PX = 8


def synthetic_masks(
    layout: Layout,
    *,
    count: int,
    shape: tuple[int, int] = (512, 512),
    bank: ShapeBank | None = None,
    from_bank: float = 0.5,
    seed: int = 0,
) -> Iterator[Labels]:
    """Make label images that are laid out like the measured ones.

    Each is made after one measured image, larger ones more often: its density, sizes, clumps and clustering. Shapes
    are the nearest of the bank and of made-up ones (`parametric_bank`) to those measured, none twice in an image.

    Args:
        layout: what to make them like, from `measure_layout`.
        count: number of label images.
        shape: (Y, X) of each, at least 8 pixels a side.
        bank: shapes of real nuclei; None takes `ShapeBank.shipped()`.
        from_bank: share of nuclei whose shape comes from the bank, 0 to 1; the others are made up.
        seed: the same seed gives the same images; the first ones are the same however many are asked for.

    Yields:
        Labels "synthetic/0001", ...: axes YX; objects have the columns source ("bank" or "parametric") and kind. An
        image may be empty where measured ones are. The history says from what it was made, and how many nuclei found
        no place.

    Raises:
        BadParameter: an impossible count, shape or share.
    """
    if count < 0 or len(shape) != 2 or min(shape) < LEAST_SIDE_PX or not 0 <= from_bank <= 1:
        raise BadParameter(
            f"count={count}, shape={tuple(shape)}, from_bank={from_bank} cannot be: count is 0 or more, shape two "
            f"sides (Y, X) of at least {LEAST_SIDE_PX} pixels, from_bank a share from 0 to 1."
        )
    return _masks(layout, count, (int(shape[0]), int(shape[1])), bank, from_bank, seed)


def _masks(
    layout: Layout, count: int, shape: tuple[int, int], bank: ShapeBank | None, from_bank: float, seed: int
) -> Iterator[Labels]:
    rng = np.random.default_rng([seed, 0])
    bank = ShapeBank.shipped() if bank is None else bank
    matchers = {
        "bank": Matcher(bank, layout, rng),
        "parametric": Matcher(parametric_bank(layout, seed=seed), layout, rng),
    }
    start = rng.random()
    size = (layout.images["height_px"] * layout.images["width_px"]).to_numpy(float)
    summed = np.cumsum(size / size.sum())
    for number in range(count):
        own = np.random.default_rng([seed, number + 1])
        after = min(int(np.searchsorted(summed, (start + number * GOLDEN) % 1)), len(summed) - 1)
        yield _mask(_plan(layout, after, shape, own), matchers, from_bank, shape, own, number + 1, seed)


@dataclass(frozen=True)
class _Plan:
    """What one image shall hold: (n,) areas, (n, 3) features, clumps whose sizes sum up to n, their clustering."""

    like: str
    areas_px: NDArray[np.float64]
    features: NDArray[np.float64]
    clumps: list[int]
    gaps_px: NDArray[np.float64]
    clustering: float


def _plan(layout: Layout, after: int, shape: tuple[int, int], rng: np.random.Generator) -> _Plan:
    """Draw the nuclei of one image after a measured one."""
    image = layout.images.iloc[after]
    objects = layout.objects[layout.objects["image"] == image["image"]]
    shapes = layout.shapes
    own = shapes[shapes["image"] == image["image"]]
    shapes = own if len(own) else shapes
    chance = shapes["weight"].to_numpy(float)
    sides = shapes[["height_px", "width_px"]].to_numpy(float)
    extent = np.average(sides, axis=0, weights=chance)
    expected = float(image["density_per_mpx"]) / 1e6 * np.prod(extent.mean() + np.array(shape))
    if len(layout.images) < FEW and len(objects):  # how density varies is not known: as counts do
        spread = 1 / np.sqrt(len(objects) + 1)
        expected *= rng.lognormal(-(spread**2) / 2, spread)  # 1 on average
    n = int(expected + rng.random())
    chance = chance * (sides + shape).prod(axis=1)  # large ones reach the canvas from farther away
    rows = shapes.iloc[_evenly(chance, n, rng)]
    spread = max(SMOOTH, USUAL_SPREAD / np.sqrt(len(shapes)))
    diameters = rows["equivalent_diameter_px"].to_numpy(float) * rng.lognormal(0, spread / 2, n)
    clumps = _clumps(objects.groupby("clump_of")["clump"].first().to_numpy(int), n, rng)
    gaps = objects.loc[np.isfinite(objects["gap_px"]) & (objects["gap_px"] > 0), "gap_px"].to_numpy(float)
    return _Plan(
        like=str(image["image"]),
        areas_px=np.pi / 4 * diameters**2,
        features=rows[list(FEATURES)].to_numpy(float),
        clumps=clumps,
        gaps_px=rng.choice(gaps if len(gaps) else np.array([float(sum(shape))]), len(clumps)),
        clustering=_clustering(layout.images, after),
    )


def _evenly(chance: NDArray[np.float64], n: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places drawn, n in all, by their chance, each as often as expected but for rounding, in random order."""
    at = (np.arange(n) + rng.random()) / max(n, 1)
    found = np.minimum(np.searchsorted(np.cumsum(chance / chance.sum()), at), len(chance) - 1)
    return np.asarray(rng.permutation(found), np.int64)


def _clumps(sizes: NDArray[np.int64], n: int, rng: np.random.Generator) -> list[int]:
    """Sizes of clumps as measured, that sum up to n."""
    if not n or not len(sizes):
        return [1] * n
    drawn = sizes[_evenly(np.ones(len(sizes)), int(np.ceil(n / sizes.mean())), rng)]
    upto = np.minimum(np.cumsum(drawn), n)
    cut = np.diff(upto, prepend=0)
    return [int(c) for c in cut if c] + [1] * int(n - upto[-1])


def _clustering(images: pd.DataFrame, after: int) -> float:
    """Of one image, drawn towards that of all as few pairs say little."""
    known = images[images["pairs"] > 0]
    pairs = float(known["pairs"].sum())
    overall = float((known["clustering"] * known["pairs"]).sum() / pairs) if pairs else 1.0
    own, weight = images["clustering"].iloc[after], float(images["pairs"].iloc[after])
    return (float(own) * weight + overall * PRIOR_PAIRS) / (weight + PRIOR_PAIRS) if weight else overall


def _mask(
    plan: _Plan,
    matchers: dict[str, Matcher],
    from_bank: float,
    shape: tuple[int, int],
    rng: np.random.Generator,
    number: int,
    seed: int,
) -> Labels:
    """Choose the shapes of a plan, place them, and say what was done."""
    n = len(plan.areas_px)
    real = rng.permutation(n) < int(from_bank * n + rng.random())
    outlines = np.zeros((n, matchers["bank"].bank.outlines.shape[1]), np.complex128)
    kinds = np.zeros(n, object)
    for matcher, those in ((matchers["bank"], real), (matchers["parametric"], ~real)):
        chosen = matcher.choose(plan.features[those], rng)
        outlines[those], kinds[those] = matcher.bank.outlines[chosen], matcher.bank.kinds[chosen]
    turned = points(outlines) * np.exp(2j * np.pi * rng.random((n, 1)))
    turned = np.where(rng.random((n, 1)) < 0.5, turned.conj(), turned)
    pixels = [filled(z) for z in turned * np.sqrt(plan.areas_px)[:, None]]  # a length grows as the root of the area
    longest = max((max(m.shape) for m in pixels), default=1)
    diameter = float(np.sqrt(4 * np.median(plan.areas_px) / np.pi)) if n else 1.0
    positions = Positions(shape, longest / 2, diameter, plan.clustering, rng)
    ids, placed = place(pixels, plan.clumps, plan.gaps_px, shape, positions, rng)
    table = pd.DataFrame(
        {"source": np.where(real, "bank", "parametric")[placed], "kind": kinds[placed]},
        index=pd.Index(np.arange(1, len(placed) + 1), name="id"),
    )
    if len(placed) < 0.9 * n:
        log.warning("synthetic/%04d: %d of %d nuclei found no place and were left out.", number, n - len(placed), n)
    act = Act(
        "synthesise",
        "synthetic_masks",
        {
            "like": plan.like,
            "seed": seed,
            "number": number,
            "shape": list(shape),
            "from_bank": from_bank,
            "kinds_in_bank": sorted(set(matchers["bank"].bank.kinds.tolist())),
            "nuclei_asked": n,
            "nuclei_placed": len(placed),
        },
    )
    return Labels(ids, "YX", f"synthetic/{number:04d}", history=(act,), objects=table)
