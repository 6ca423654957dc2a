"""nucleAIzer on the BBBC038 validation split: what its passes, the correction, the search and the views are worth.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.stats import wilcoxon

from opsef_core import dataset, model, tune
from opsef_core.data import overlaps
from opsef_core.models import Example, Segmenter, examples_of

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
WEIGHTS = "nucleaizer-light-bbbc038"
EVERY = 3  # of the images, sorted by class, every third is seen in eight views and searched on
TRIALS = 40
THRESHOLDS = np.arange(0.5, 0.96, 0.05)
PUBLISHED = {  # Hollandi et al. 2020, table S1: DSB-score on (fluo, hist, DSB test 1, DSB test 2)
    "preseg": (0.654, 0.351, 0.468, 0.483),
    "NOstyle": (0.676, 0.381, 0.542, 0.621),
    "postComp": (0.705, 0.484, 0.561, 0.633),
    "postComp + TTA (Moshkov et al. 2020)": (None, None, None, 0.644),
}
TITLE = "nucleAIzer on the BBBC038 validation split"
ABOUT = (
    "Mean over images, nothing known from the truth. DSB-score, mAP = TP / (TP + FP), mAR = TP / (TP + FN) and mF1 are "
    "means over the IoU thresholds 0.50 to 0.95. Rows marked (third) are over every third image, sorted by class, with "
    "the difference to the row they build on over the same images and the p-value of a paired two-sided Wilcoxon test. "
    "`searched` is cross-validated: each image is scored with the parameters chosen on the other four fifths. The "
    "published figures are of other images (subsets of 100, 21 and 28 images which nobody can rebuild, and the private "
    "part of stage 2) and stand here for orientation only."
)


def score(example: Example, labels: np.ndarray) -> dict[str, float]:
    """The four scores of one image."""
    o = overlaps(example.truth.pixels, labels)
    counts = np.array([o.counts(t) for t in THRESHOLDS], float)
    tp, fp, fn = counts.T
    precision, recall = tp / np.maximum(tp + fp, 1), tp / np.maximum(tp + fn, 1)
    f1 = 2 * tp / np.maximum(2 * tp + fp + fn, 1)
    return {"dsb_score": o.dsb_score, "mAP": precision.mean(), "mAR": recall.mean(), "mF1": f1.mean()}


def run(segmenter: Segmenter, examples: Iterable[Example]) -> pd.DataFrame:
    """Scores, class and seconds of each image."""
    loaded, rows = segmenter.ready("cpu"), []
    for example in examples:
        began = time.perf_counter()
        labels = loaded(example.image).pixels
        took = time.perf_counter() - began
        rows.append({"image": example.image.name, "kind": example.kind, **score(example, labels), "seconds": took})
    return pd.DataFrame(rows).set_index("image")


def row(name: str, table: pd.DataFrame, before: pd.DataFrame | None = None) -> dict[str, object]:
    """One line: means, by class, and against what it builds on."""
    made: dict[str, object] = {"method": name, "images": len(table)}
    made |= {m: round(float(table[m].mean()), 3) for m in ("dsb_score", "mAP", "mAR", "mF1")}
    made |= {str(k): round(float(v), 3) for k, v in table.groupby("kind")["dsb_score"].mean().items()}
    if before is not None:
        change = table["dsb_score"] - before.loc[table.index, "dsb_score"]
        made |= {"change": f"{change.mean():+.3f}", "p": f"{wilcoxon(change).pvalue:.2g}" if change.any() else ""}
    if "seconds" in table:
        made["median s"] = round(float(table["seconds"].median()), 2)
    return made


def measure() -> list[dict[str, object]]:
    """Rows of all variants, then the published ones."""
    data = dataset("bbbc038", folder=PLACE, where={"split": "validation"})
    examples = sorted(examples_of(data), key=lambda e: (e.kind, e.image.name))
    some = examples[::EVERY]
    variants = {
        "threshold": model("threshold"),
        "unet": model("unet"),
        "stardist": model("stardist", pretrained="stardist-bbbc038"),
        "cellpose": model("cellpose", pretrained="cellpose-bbbc038"),
        "preseg (first look alone)": model("nucleaizer", pretrained=WEIGHTS, fast=True, correct_with=None),
        "final": model("nucleaizer", pretrained=WEIGHTS, correct_with=None),
        "final + correction": model("nucleaizer", pretrained=WEIGHTS),
    }
    builds_on = {"final": "preseg (first look alone)", "final + correction": "final"}
    tables = {name: run(segmenter, examples) for name, segmenter in variants.items()}
    rows = [row(name, table, tables.get(builds_on.get(name, ""))) for name, table in tables.items()]
    best = variants["final + correction"]
    whole = tables["final + correction"]
    found = tune(best, some, trials=TRIALS, device="cpu")
    rows.append(
        {"method": f"+ search (third): {found.best.title}", "images": len(some), "change": f"{found.gain:+.3f}"}
    )
    for name in ("final", "final + correction"):
        views = run(model("tta", of=variants[name], views=8), some)
        rows.append(row(f"{name} + 8 views (third)", views, tables[name]))
    rows.append(row("final + correction (third)", whole.loc[[e.image.name for e in some]]))
    for name, figures in PUBLISHED.items():
        said = zip(("fluo", "hist", "test 1", "test 2"), figures, strict=True)
        rows.append({"method": f"published, {name}: " + ", ".join(f"{k} {v}" for k, v in said if v is not None)})
    return rows


if __name__ == "__main__":
    print(pd.DataFrame(measure()).to_string())
