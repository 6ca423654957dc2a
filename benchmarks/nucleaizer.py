"""nucleAIzer on the BBBC038 validation split: what its passes, the correction, the search and the views are worth.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pandas as pd
from numpy.typing import NDArray
from scipy.stats import wilcoxon
from tqdm import tqdm

from opsef_core import dataset, metric, model
from opsef_core.data import overlaps
from opsef_core.models import Example, Segmenter, examples_of
from opsef_core.models.nucleaizer import PAPER

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
WEIGHTS = "nucleaizer-light-bbbc038"
EVERY = 2  # of the images, sorted by class, every second is seen in eight views
SCORES = {"dsb_score": "dsb_score", "mAP": "mean_precision", "mAR": "mean_recall", "mF1": "mean_f1"}
PUBLISHED = {  # Hollandi et al. 2020, table S1: DSB-score on (fluo, hist, DSB test 1, DSB test 2)
    "preseg": (0.654, 0.351, 0.468, 0.483),
    "NOstyle": (0.676, 0.381, 0.542, 0.621),
    "postComp": (0.705, 0.484, 0.561, 0.633),
    "postComp + TTA (Moshkov et al. 2020)": (None, None, None, 0.644),
}
TITLE = "nucleAIzer on the BBBC038 validation split"
ABOUT = (
    "Mean over images, nothing known from the truth. DSB-score, mAP = TP / (TP + FP), mAR = TP / (TP + FN) and mF1 are "
    "means over the IoU thresholds 0.50 to 0.95. Rows marked (half) are over every second image, sorted by class. "
    "`change` is to the row named in `over`, over the same images, with the p-value of a paired two-sided Wilcoxon "
    "test. All rows of nucleAIzer from `final` on come from one pass of its networks. Correction: its default "
    "parameters were chosen on images of the training side; what a search adds: `benchmarks/nucleaizer_search.py`. "
    "Seconds and memory: sections of `benchmarks/zoo.py` and `benchmarks/nucleaizer_speed.py`. The published figures "
    "are of other images (subsets of 100, 21 and 28 images "
    "which nobody can rebuild, and the private part of stage 2) and stand here for orientation only."
)


def score(example: Example, labels: NDArray[Any]) -> dict[str, float]:
    """The four scores of one image."""
    found = overlaps(example.truth.pixels, labels)
    return {title: float(metric(name).of(found)) for title, name in SCORES.items()}


def plain(segmenter: Segmenter, examples: Iterable[Example]) -> pd.DataFrame:
    """Scores and class of each image, as a user would get them."""
    loaded = segmenter.ready("cpu")
    rows = []
    for e in tqdm(examples, segmenter.name):
        rows.append({"image": e.image.name, "kind": e.kind, **score(e, loaded(e.image).pixels)})
    return pd.DataFrame(rows).set_index("image")


def passes(examples: list[Example], in_views: set[str]) -> dict[str, pd.DataFrame]:
    """Scores and class of each image, of everything that can be made of one pass (some images: of one in each view)."""
    whole = model("nucleaizer", pretrained=WEIGHTS).ready("cpu")
    views = model("tta", of=whole, views=8).ready("cpu")
    paper = model("nucleaizer", pretrained=WEIGHTS, **PAPER)
    rows: dict[str, list[dict[str, object]]] = {}

    def note(name: str, example: Example, labels: NDArray[Any]) -> None:
        said = {"image": example.image.name, "kind": example.kind, **score(example, labels)}
        rows.setdefault(name, []).append(said)

    for example in tqdm(examples, "nucleaizer"):
        pixels = whole.pixels_of(example.image)
        seen = views.network(pixels) if example.image.name in in_views else None
        raw = whole.network(pixels) if seen is None else {k[2:]: v for k, v in seen.items() if k.startswith("0/")}
        bare = {k: v for k, v in raw.items() if k != "foreground"}
        note("final", example, whole.objects(bare)[0])
        note("final, paper's correction", example, paper.objects(raw)[0])
        note("final, correction", example, whole.objects(raw)[0])
        if seen is not None:
            without = {k: v for k, v in seen.items() if not k.endswith("/foreground")}
            note("final, 8 views (half)", example, views.objects(without)[0])
            note("final, correction, 8 views (half)", example, views.objects(seen)[0])
    return {name: pd.DataFrame(r).set_index("image") for name, r in rows.items()}


def row(name: str, table: pd.DataFrame, over: str = "", before: pd.DataFrame | None = None) -> dict[str, object]:
    """One line: means, by class, and against what it builds on."""
    made: dict[str, object] = {"method": name, "images": len(table)}
    made |= {m: round(float(table[m].mean()), 3) for m in SCORES}
    made |= {str(k): round(float(v), 3) for k, v in table.groupby("kind")["dsb_score"].mean().items()}
    if before is not None:
        change = table["dsb_score"] - before.loc[table.index, "dsb_score"]
        made |= {"over": over, "change": f"{change.mean():+.3f}"}
        made |= {"p": f"{wilcoxon(change).pvalue:.2g}" if change.any() else ""}
    return made


def measure() -> list[dict[str, object]]:
    """Rows of all methods, then the published ones."""
    data = dataset("bbbc038", folder=PLACE, where={"split": "validation"})
    examples = sorted(examples_of(data), key=lambda e: (e.kind, e.image.name))
    half = examples[::EVERY]
    others = {
        "threshold": model("threshold"),
        "unet": model("unet"),
        "stardist": model("stardist"),
        "cellpose": model("cellpose"),
        "preseg (first look alone)": model("nucleaizer", pretrained=WEIGHTS, fast=True, correct_with=None),
    }
    tables = {name: plain(segmenter, examples) for name, segmenter in others.items()}
    tables |= passes(examples, {e.image.name for e in half})
    builds_on = {
        "final": "preseg (first look alone)",
        "final, paper's correction": "final",
        "final, correction": "final",
        "final, 8 views (half)": "final",
        "final, correction, 8 views (half)": "final, correction",
    }
    rows = []
    for name, table in tables.items():
        over = builds_on.get(name, "")
        rows.append(row(name, table, over, tables.get(over)))
    for name, figures in PUBLISHED.items():
        said = zip(("fluo", "hist", "test 1", "test 2"), figures, strict=True)
        rows.append({"method": f"published, {name}: " + ", ".join(f"{k} {v}" for k, v in said if v is not None)})
    return rows


if __name__ == "__main__":
    print(pd.DataFrame(measure()).to_string())
