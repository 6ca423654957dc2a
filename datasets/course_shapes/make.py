"""Make this data set anew: drawn bodies of three shapes, and one real image made blurred, smaller and larger.

    python datasets/course_shapes/make.py

The drawn bodies have one size, one texture and one noise, so that only their shape differs: round ones, bent ones,
rings. The real image and its truth come from `../bbbc038_sample` (CC0). Everything is seeded; the same numbers come out
on every machine with the same numpy, scipy and scikit-image.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import imageio.v3 as iio
import numpy as np
import tifffile
import yaml
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.transform import resize

import opsef_core as opsef

HERE = Path(__file__).parent
SIDE_PX, BODIES, TRIES, GAP_PX = 240, 24, 4000, 3
PLAIN, CROWDED = "small_fluorescent_03.png", "small_fluorescent_04.png"
BLUR_PX = 4.0  # sigma

Grey = NDArray[np.float64]
Ids = NDArray[np.int32]
Mask = NDArray[np.bool_]
Rng = np.random.Generator

HEAD = {
    "title": "Shapes, crowds, blur and size: where segmentation methods fail",
    "about": (
        "Eight small images for teaching, one a difficulty. Round bodies, bent bodies and rings are drawn, with the "
        "same texture and noise; the crowd is a real image; the last four are one real image as it is, blurred, at "
        "half and at double size. One image a difficulty shows how a method fails, not how often."
    ),
    "source": "drawn by make.py; the real images from BBBC038v1, Broad Bioimage Benchmark Collection, stage1_train",
    "url": "https://bbbc.broadinstitute.org/BBBC038",
    "licence": "CC0-1.0",
    "cite": (
        "For the real images: Caicedo, J. C. et al. Nucleus segmentation across imaging experiments: the 2018 Data "
        "Science Bowl. Nature Methods 16, 1247-1253 (2019)."
    ),
    "doi": "10.1038/s41592-019-0612-7",
    "classes": ["nucleus"],
}


def disc(rng: Rng, y: Grey, x: Grey) -> Mask:
    """An ellipse of about 24 px across, around the origin."""
    a, b = 12 * rng.uniform(0.9, 1.1), 12 * rng.uniform(0.75, 1.0)
    return np.asarray((x / a) ** 2 + (y / b) ** 2 < 1)


def bow(rng: Rng, y: Grey, x: Grey) -> Mask:
    """A thick arc with round ends, from half a turn to most of one."""
    radius, thick = 12 * rng.uniform(0.9, 1.1), 4.2 * rng.uniform(0.9, 1.1)
    half = rng.uniform(0.5, 0.78) * np.pi
    along = np.clip(np.arctan2(y, x), -half, half)
    return np.asarray(np.hypot(x - radius * np.cos(along), y - radius * np.sin(along)) < thick)


def ring(rng: Rng, y: Grey, x: Grey) -> Mask:
    """A ring whose hole is half of its disc."""
    stretch, radius = rng.uniform(0.85, 1.0), 15 * rng.uniform(0.9, 1.1)
    distance = np.hypot(x, y / stretch)
    return np.asarray((distance < radius) & (distance > 0.72 * radius))


def placed(rng: Rng, body: Callable[[Rng, Grey, Grey], Mask]) -> Ids:
    """Label image of bodies at random places and turns, `GAP_PX` apart, none inside another."""
    ids, taken = np.zeros((SIDE_PX, SIDE_PX), np.int32), np.zeros((SIDE_PX, SIDE_PX), bool)
    rows, columns = np.mgrid[:SIDE_PX, :SIDE_PX].astype(float)
    for _ in range(TRIES):
        top, left, turn = rng.uniform(20, SIDE_PX - 20), rng.uniform(20, SIDE_PX - 20), rng.uniform(0, 2 * np.pi)
        y, x = rows - top, columns - left
        mask = body(rng, np.cos(turn) * y + np.sin(turn) * x, np.cos(turn) * x - np.sin(turn) * y)
        whole = ndi.binary_fill_holes(mask)
        if not (taken & ndi.binary_dilation(whole, iterations=GAP_PX)).any():
            ids[mask] = ids.max() + 1
            taken |= whole
        if ids.max() == BODIES:
            break
    return ids


def lit(rng: Rng, ids: Ids) -> NDArray[np.uint8]:
    """How a microscope would see them: own brightness, mottled like chromatin, out of focus a little, noisy."""
    bright = np.concatenate([[0], rng.uniform(60, 140, int(ids.max()))])[ids]
    fine, coarse = (ndi.gaussian_filter(rng.standard_normal(ids.shape), sigma) for sigma in (1.5, 5))
    mottled = bright * np.clip(1 + 0.16 * fine / fine.std() + 0.12 * coarse / coarse.std(), 0.3, 2)
    light = 10 + ndi.gaussian_filter(mottled, 1.1) + 0.08 * ndi.gaussian_filter(bright, 9)
    counts = rng.poisson(light * 1.5) / 1.5 + rng.normal(0, 0.8, ids.shape)
    return np.clip(np.round(counts), 0, 255).astype(np.uint8)


def resized(grey: NDArray[np.uint8], ids: Ids, factor: float) -> tuple[NDArray[np.uint8], Ids]:
    """An image (cubic, smoothed where it shrinks) and its truth (nearest) at another size."""
    shape = tuple(round(n * factor) for n in grey.shape)
    seen = resize(grey.astype(float), shape, order=3, anti_aliasing=factor < 1, preserve_range=True)
    nearest = resize(ids, shape, order=0, preserve_range=True)
    return np.clip(np.round(seen), 0, 255).astype(np.uint8), nearest.astype(np.int32)


def pictures() -> dict[str, tuple[str, str, NDArray[np.uint8], Ids]]:
    """File name -> (kind, how it was made, grey image (Y, X) uint8, true ids)."""
    found: dict[str, tuple[str, str, NDArray[np.uint8], Ids]] = {}
    drawn = {"round": ("round bodies", disc), "bent": ("bent bodies", bow), "rings": ("rings", ring)}
    for number, (name, (kind, body)) in enumerate(drawn.items()):
        rng = np.random.default_rng(number)
        ids = placed(rng, body)
        found[name] = (kind, "drawn", lit(rng, ids), ids)
    grey, ids = sample(CROWDED)
    found["crowd"] = ("crowded nuclei", f"{CROWDED} of bbbc038_sample", grey, ids)
    grey, ids = sample(PLAIN)
    origin = f"{PLAIN} of bbbc038_sample"
    blurred = np.round(ndi.gaussian_filter(grey.astype(float), BLUR_PX)).astype(np.uint8)
    found["plain"] = ("nuclei", origin, grey, ids)
    found["blurred"] = ("blurred nuclei", f"{origin}, Gaussian of sigma {BLUR_PX:g} px", blurred, ids)
    found["half"] = ("nuclei at half size", f"{origin}, at half the size", *resized(grey, ids, 0.5))
    found["double"] = ("nuclei at double size", f"{origin}, at double the size", *resized(grey, ids, 2))
    return found


def sample(name: str) -> tuple[NDArray[np.uint8], Ids]:
    """One channel of a grey image of the sample that was saved in colour, and its truth."""
    data = opsef.dataset("bbbc038_sample")
    image = next(image for image in data.images.readable if image.name == name)
    return image.array()[0], data.truth[name].array()


def write(name: str, kind: str, origin: str, grey: NDArray[np.uint8], ids: Ids) -> dict[str, Any]:
    """Write one image and its truth; returns their entry in dataset.yml."""
    image, truth = f"images/{name}.png", f"truth/{name}.tif"
    iio.imwrite(HERE / image, grey, compress_level=9)
    small = ids.astype(np.uint8)
    tifffile.imwrite(HERE / truth, small, compression="zlib", compressionargs={"level": 9}, metadata=None)
    return {
        "image": image,
        "image_sha256": hashlib.sha256((HERE / image).read_bytes()).hexdigest(),
        "truth": truth,
        "truth_sha256": hashlib.sha256((HERE / truth).read_bytes()).hexdigest(),
        "columns": {"image_class": kind, "made": origin, "nuclei": len(np.unique(ids)) - 1},
    }


def main() -> None:
    """Write images/, truth/ and dataset.yml beside this file."""
    for part in ("images", "truth"):
        (HERE / part).mkdir(exist_ok=True)
    files = [write(name, *made) for name, made in pictures().items()]
    text = yaml.safe_dump({**HEAD, "files": files}, sort_keys=False, width=120)
    (HERE / "dataset.yml").write_text("# Written by make.py.\n" + text, encoding="utf-8")


if __name__ == "__main__":
    main()
