"""The report of a large run: how long it takes from stored labels, and how large it gets."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
from scipy import ndimage
from skimage.draw import disk

from opsef_core import Image, Labels, Run, either, grid, model, report, step

IMAGES, SIDE_PX, NUCLEI = 50, 520, 100
TITLE = "Report"
ABOUT = (
    "50 drawn images of 520 x 520 px with 100 nuclei each, 8 recipes x 5 models, from stored labels: scoring, and "
    "writing the page with verdict, figures, error walls and contact sheets. Asked: < 60 s, < 15 MB."
)


def drawn(number: int) -> tuple[Image, Labels]:
    """A noisy image of nuclei of different brightness, some touching, and its truth."""
    rng = np.random.default_rng(number)
    ids = np.zeros((SIDE_PX, SIDE_PX), np.int32)
    for n in range(NUCLEI):
        ids[disk(rng.uniform(0, SIDE_PX, 2), rng.uniform(8, 16), shape=ids.shape)] = n + 1
    pixels = ndimage.gaussian_filter(np.append(0, rng.uniform(60, 200, NUCLEI))[ids], 1.5)
    pixels = (pixels + rng.normal(20, 12, ids.shape)).clip(0, 255).astype(np.uint8)
    return Image(pixels, "YX", f"image_{number:02d}"), Labels(ids, "YX", f"image_{number:02d}")


def measure() -> dict[str, object]:
    """Seconds and megabytes."""
    pairs = [drawn(n) for n in range(IMAGES)]
    recipes = grid(step("median", size_px=either(1, 3)), either(None, step("gaussian", sigma_px=either(1, 2, 3))))
    with tempfile.TemporaryDirectory() as folder:
        models = model("threshold", min_area_px=either(10, 20, 40, 80, 160))
        run = Run(Path(folder) / "run", [i for i, _ in pairs], recipes, models)
        run.go(progress=False)
        began = time.perf_counter()
        run.score(truth=[t for _, t in pairs])
        scored = time.perf_counter()
        path = report(run)
        done = time.perf_counter()
        return {
            "images": IMAGES,
            "grid_points": run.cells["grid_point"].nunique(),
            "scoring_s": round(scored - began, 1),
            "report_s": round(done - scored, 1),
            "report_mb": round(path.stat().st_size / 1e6, 1),
        }


if __name__ == "__main__":
    print(measure())
