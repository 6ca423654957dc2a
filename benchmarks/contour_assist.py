"""Contour assist: how well it finds the true nucleus from a rough box or a click, and how fast.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from opsef_core import dataset, model
from opsef_core.data import Image
from opsef_core.errors import NothingToShow
from opsef_core.refine import ASSISTS, suggest

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
IMAGES, NUCLEI, LEAST_PX = 5, 8, 30  # images an image class, nuclei an image, smallest nucleus in pixels
JITTER = 0.12  # sides of a rough box are off by up to this part of the box
FOUND_IOU = 0.7
LARGE_PX = 2048
TITLE = "Contour assist"
ABOUT = (
    "Validation images of BBBC038, up to 5 an image class and 8 nuclei each, at random. Every nucleus is marked by a "
    "box whose sides are off by up to 12 % of its size, and by a click somewhere in its inner half. IoU of the "
    "suggestion with the true nucleus, 0 if there is none; seconds once the map of the U-Net is there. `the mark "
    "itself` is the ellipse in the box, with nothing moved. Last the seconds of a click on an image of 2048 x 2048 px "
    "(validation images as tiles). Asked: a click below 0.3 s on two cores."
)

Marks = dict[str, NDArray[np.float64]]
Case = tuple[Image, NDArray[np.float32], NDArray[np.int32], int, Marks]


def cases(seed: int = 0) -> list[Case]:
    """Image, probability map, true ids, the id that is marked, and its marks."""
    rng = np.random.default_rng(seed)
    data = dataset("bbbc038", folder=PLACE, where={"split": "validation"})
    kinds = data.table["image_class"]
    unet = model("unet").ready("cpu")
    made: list[Case] = []
    images = sorted(data.images, key=lambda image: image.name)
    for kind in sorted(kinds.unique()):
        for image in [i for i in images if kinds[i.name] == kind][:IMAGES]:
            probability = 1 - unet.network(unet.pixels_of(image))["probabilities"][0]
            truth = data.truth[image.name]
            large = truth.ids[truth.areas_px >= LEAST_PX]
            for number in rng.permutation(large)[:NUCLEI]:
                made.append((image, probability, truth.pixels, int(number), marks(truth.pixels == number, rng)))
    return made


def marks(inside: NDArray[np.bool_], rng: np.random.Generator) -> Marks:
    """A rough box and a click."""
    rows, columns = np.nonzero(inside)
    low, high = np.array([rows.min(), columns.min()]), np.array([rows.max(), columns.max()]) + 1
    off = rng.uniform(-JITTER, JITTER, (2, 2)) * (high - low)
    depth = ndimage.distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    inner = np.argwhere(depth >= 0.5 * depth.max())
    return {"box": np.stack([low, high]) + off, "click": inner[rng.integers(len(inner))][None] + 0.5}


def iou(suggested: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    """Shared pixels over all pixels."""
    return float((suggested & true).sum() / (suggested | true).sum())


def row(method: str, mark: str, these: list[Case]) -> dict[str, object]:
    """What one method makes of one kind of mark."""
    found, seconds = [], []
    for image, probability, truth, number, marked in these:
        began = time.perf_counter()
        try:
            mask: NDArray[Any] = suggest(image, marked[mark], method=method, probability=probability).mask
        except NothingToShow:
            mask = np.zeros(truth.shape, bool)
        seconds.append(time.perf_counter() - began)
        found.append(iou(mask, truth == number))
    return figures(method, mark, np.array(found)) | {
        "median_s": round(float(np.median(seconds)), 3),
        "largest_s": round(max(seconds), 3),
    }


def figures(method: str, mark: str, found: NDArray[np.float64]) -> dict[str, object]:
    """The same numbers for everybody."""
    return {
        "method": method,
        "marked by": mark,
        "nuclei": len(found),
        "mean_iou": round(float(found.mean()), 3),
        "median_iou": round(float(np.median(found)), 3),
        f"share_above_{FOUND_IOU}": round(float((found > FOUND_IOU).mean()), 3),
    }


def itself(these: list[Case]) -> dict[str, object]:
    """The ellipse in the box, as it was marked."""
    found = []
    for _, _, truth, number, marked in these:
        low, high = marked["box"]
        rows, columns = np.ogrid[0.5 : truth.shape[0], 0.5 : truth.shape[1]]
        middle, radii = (low + high) / 2, (high - low) / 2
        inside = ((rows - middle[0]) / radii[0]) ** 2 + ((columns - middle[1]) / radii[1]) ** 2 <= 1
        found.append(iou(inside, truth == number))
    return figures("the mark itself", "box", np.array(found))


def on_a_large_image(these: list[Case]) -> list[dict[str, object]]:
    """Seconds of clicks on one large image, made of a grey one that is repeated."""
    image, probability, truth, _, _ = next(c for c in these if "C" not in c[0].axes or c[0].is_rgb)
    times = tuple(-(-LARGE_PX // n) for n in truth.shape)
    plane = image.array() if "C" not in image.axes else image.array()[0]
    large = Image(np.tile(plane, times)[:LARGE_PX, :LARGE_PX], "YX", "large")
    whole = np.tile(probability, times)[:LARGE_PX, :LARGE_PX]
    clicks = [c[4]["click"] + np.array(truth.shape) for c in these if c[0] is image]
    rows: list[dict[str, object]] = []
    for method in ASSISTS.names():
        seconds = []
        for click in clicks:
            began = time.perf_counter()
            suggest(large, click, method=method, probability=whole, occupied=np.zeros(whole.shape, np.int32))
            seconds.append(time.perf_counter() - began)
        about = {"method": method, "marked by": f"click, {LARGE_PX} px", "nuclei": len(clicks)}
        rows.append(
            about | {"median_s": round(float(np.median(seconds)), 3), "largest_s": round(max(seconds), 3)},
        )
    return rows


def measure() -> list[dict[str, object]]:
    """One row a method and mark."""
    these = cases()
    rows = [itself(these)]
    rows += [row(method, mark, these) for method in ASSISTS.names() for mark in ("box", "click")]
    return rows + on_a_large_image(these)


if __name__ == "__main__":
    for one in measure():
        print(one)
