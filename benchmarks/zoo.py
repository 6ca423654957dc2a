"""The zoo: every family trained on the same BBBC038 images, side by side on the validation split, by image class.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout). Each family
runs in a process of its own, so that the peak of its memory is its own.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from opsef_core import Run, dataset, model
from opsef_core.data import Image

ROOT = Path(__file__).parents[1]
FAMILIES = {
    "threshold": {},
    "unet": {"pretrained": "unet-bbbc038"},
    "stardist": {"pretrained": "stardist-bbbc038"},
    "cellpose": {"pretrained": "cellpose-bbbc038"},
    "nucleaizer": {"pretrained": "nucleaizer-light-bbbc038"},
}
METRICS = ["dsb_score", "ap50", "f1", "pq"]
FLUORESCENCE = ("small_fluorescent", "large_fluorescent")
TIMED = (520, 696)  # image size the seconds are asked for
REPEATS = 5
TITLE = "The zoo on the BBBC038 validation split"
ABOUT = (
    "Mean over images, nothing known from the truth, each model with its default parameters on unprocessed images. All "
    "families learned from the same training images with the same crops and looks (`pipelines/zoo/*.yml`); the split "
    "groups near-identical fields (`datasets/bbbc038/split.csv`). No validation image set any weight, but the best "
    "step of each training was picked by a part of them, which flatters the trained families slightly. Hours of "
    "training are in each model's card."
)


def one(family: str) -> list[dict[str, object]]:
    """Rows of one family: all classes, the fluorescence classes, each class."""
    place = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
    data = dataset("bbbc038", folder=place, where={"split": "validation"})
    segmenter = model(family, **FAMILIES[family])
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder) / "run", data.images, models=[segmenter], metrics=METRICS)
        run.go(progress=False)
        scores = run.score(truth=data.truth)
    kinds = scores["image"].map(data.table["image_class"])
    parts = [("all", scores), ("fluorescence", scores[kinds.isin(FLUORESCENCE)]), *scores.groupby(kinds)]
    seconds, size = timed(segmenter, [i for i in data.images if isinstance(i, Image)])
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    rows = []
    for kind, part in parts:
        means = {m: round(float(part[m].mean()), 3) for m in METRICS}
        row = {
            "model": family,
            "images": f"{kind} ({len(part)})",
            **means,
            "failed": int((part["status"] == "failed").sum()),
        }
        row |= {"median s an image": round(float(part["seconds"].median()), 2)}
        rows.append(row | {f"s, {size}": seconds if kind == "all" else "", "peak MB": peak if kind == "all" else ""})
    return rows


def timed(segmenter: object, images: list[Image]) -> tuple[float, str]:
    """Median seconds for an image of the asked size, loading not counted."""
    chosen = next(i for i in images if tuple(i.shape[a] for a in "YX") == TIMED)
    took = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        segmenter(chosen)  # type: ignore[operator]
        took.append(time.perf_counter() - began)
    return round(float(np.median(took[1:])), 2), "{} x {} px".format(*TIMED)


def measure() -> list[dict[str, object]]:
    """Rows of all families, and where a family does not beat the threshold."""
    rows: list[dict[str, object]] = []
    for family in FAMILIES:
        done = subprocess.run([sys.executable, __file__, family], capture_output=True, text=True, check=True)
        rows += json.loads(done.stdout.splitlines()[-1])
    table = pd.DataFrame(rows).set_index(["images", "model"])["dsb_score"].unstack()
    for kind, scores in table.iterrows():
        for family in FAMILIES:
            if scores[family] < scores["threshold"]:
                rows.append({"model": family, "images": f"{kind}: does not beat threshold"})
    return rows


if __name__ == "__main__":
    print(json.dumps(one(sys.argv[1]) if len(sys.argv) > 1 else measure()))
