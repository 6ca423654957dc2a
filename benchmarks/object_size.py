"""How large nuclei may be: white circles of 1 to 125 px, and real images at a quarter to four times their size.

After Hollandi et al. 2020, figure S4. Needs the prepared images (folder in OPSEF_BBBC038, or
../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from skimage.draw import disk
from skimage.transform import resize

from opsef_core import dataset, model
from opsef_core.data import Image, overlaps
from opsef_core.models import examples_of

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
DIAMETERS_PX = (1, 2, 3, 4, 5, 6, 7, 8, 10, 14, 20, 28, 40, 56, 70, 80, 90, 100, 110, 125)
SCALES = (0.25, 0.5, 1.0, 2.0, 4.0)  # relative to a median diameter of 40 px
IMAGES = 10
FOUND_IOU = 0.5
MODELS = {
    "nucleaizer, first look alone": ("nucleaizer", {"fast": True, "correct_with": None}),
    "nucleaizer": ("nucleaizer", {"correct_with": None}),
    "nucleaizer + correction": ("nucleaizer", {}),
    "unet": ("unet", {}),
}
TITLE = "Size of nuclei"
ABOUT = (
    "White circles of 1 to 125 px on black, 3 x 3 of them in an image, and which diameters are found (mean IoU of the "
    "nine > 0.5); asked and published: 7 to 100 px. Then ten fluorescence images of the validation split, resized so "
    "that their median nucleus has 10 to 160 px: median IoU of all true nuclei with what was found there, 0 if nothing."
)


def circles(diameter_px: int) -> NDArray[np.int32]:
    """Label image with nine circles."""
    step = max(2 * diameter_px, diameter_px + 12)
    ids = np.zeros((3 * step, 3 * step), np.int32)
    for n in range(9):
        centre = (n // 3 * step + step / 2, n % 3 * step + step / 2)
        ids[disk(centre, max(diameter_px / 2, 0.6), shape=ids.shape)] = n + 1
    return ids


def ious(truth: NDArray[np.int32], found: NDArray[np.int32]) -> NDArray[np.float64]:
    """IoU of each true object with the best one found; 0 if there is none."""
    o = overlaps(truth, found)
    best = np.zeros(len(o.truth_ids))
    np.maximum.at(best, o.rows, o.iou)
    return best


def span(found: list[int]) -> str:
    """The longest run of neighbouring diameters, in words."""
    runs: list[list[int]] = []
    for d in found:
        if runs and DIAMETERS_PX.index(d) == DIAMETERS_PX.index(runs[-1][-1]) + 1:
            runs[-1].append(d)
        else:
            runs.append([d])
    longest = max(runs, key=len, default=[])
    return f"{longest[0]} to {longest[-1]} px" if longest else "none"


def measure() -> list[dict[str, object]]:
    """One row a model."""
    data = dataset("bbbc038", folder=PLACE, where={"split": "validation"})
    known = [e for e in examples_of(data) if "fluorescent" in e.kind and e.truth.count >= 5]
    some = sorted(known, key=lambda e: e.image.name)[:: max(1, len(known) // IMAGES)][:IMAGES]
    rows = []
    for name, (family, parameters) in MODELS.items():
        segmenter = model(family, **parameters).ready("cpu")
        found = []
        for d in DIAMETERS_PX:
            truth = circles(d)
            image = Image((truth > 0).astype(np.uint8) * 255, "YX", f"circles of {d} px")
            if ious(truth, segmenter(image).pixels).mean() > FOUND_IOU:
                found.append(d)
        row: dict[str, object] = {"model": name, "circles found": span(found)}
        for scale in SCALES:
            all_ious = [np.zeros(0)]
            for example in some:
                factor = 40 * scale / (2 * np.sqrt(np.median(example.truth.areas_px) / np.pi))
                shape = tuple(max(8, round(n * factor)) for n in example.truth.pixels.shape)
                pixels = resize(example.pixels()[0], shape, preserve_range=True, anti_aliasing=factor < 1)
                ids = resize(example.truth.pixels, shape, order=0, preserve_range=True, anti_aliasing=False)
                image = Image(pixels.astype(np.float32), "YX", example.image.name)
                all_ious.append(ious(ids.astype(np.int32), segmenter(image).pixels))
            row[f"{40 * scale:g} px"] = round(float(np.median(np.concatenate(all_ious))), 3)
        rows.append(row)
    return rows


if __name__ == "__main__":
    print(pd.DataFrame(measure()).to_string())
