"""What correction by the U-Net and a search of the parameters add to nucleAIzer's final network.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
from scipy.stats import wilcoxon
from tqdm import tqdm

from opsef_core import dataset, model, tune
from opsef_core.compare import interval_of_mean
from opsef_core.data import overlaps
from opsef_core.models import examples_of

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
EVERY = 2  # of the images, sorted by class
TRIALS = 60
TITLE = "nucleAIzer: correction and search"
ABOUT = (
    "Every second image of the validation split, sorted by class; DSB-score, nothing known from the truth but by the "
    "search. `final`: the final network alone. Correction: by the U-Net, with the shipped parameters. Searched: 60 "
    "trials of `opsef tune` over the nine parameters of detection and correction; each image is scored with the "
    "parameters that are best on the other four fifths. Changes are paired over images, with a 95 % bootstrap interval "
    "and the p-value of Wilcoxon's test. Asked: correction and search together at least +0.010."
)


def row(name: str, scores: pd.Series, before: pd.Series | None = None) -> dict[str, object]:
    """A line: the mean, and the change to `final`."""
    made: dict[str, object] = {"method": name, "images": len(scores), "dsb_score": round(float(scores.mean()), 3)}
    if before is not None:
        change = (scores - before).to_numpy(float)
        low, high = interval_of_mean(change)
        made["over final"] = f"{change.mean():+.3f} [{low:+.3f}, {high:+.3f}]"
        made["p"] = f"{wilcoxon(change).pvalue:.2g}"
    return made


def measure() -> list[dict[str, object]]:
    """Three rows, and the parameters that are best on all of the images."""
    data = dataset("bbbc038", folder=PLACE, where={"split": "validation"})
    examples = sorted(examples_of(data), key=lambda e: (e.kind, e.image.name))[::EVERY]
    bare = model("nucleaizer", correct_with=None).ready("cpu")
    alone = {}
    for e in tqdm(examples, "final"):
        alone[e.image.name] = overlaps(e.truth.pixels, bare(e.image).pixels).dsb_score
    found = tune(model("nucleaizer"), examples, trials=TRIALS, device="cpu")
    final = pd.Series(alone)
    best = found.trials.loc[found.trials["dsb_score"].idxmax()].round(3).to_dict()
    return [
        row("final", final),
        row("final, correction", found.images["start"], final),
        row("final, correction, searched", found.images["held_out"], final),
        {"method": "best on all of them: " + ", ".join(f"{k} {v}" for k, v in best.items())},
    ]


if __name__ == "__main__":
    print(pd.DataFrame(measure()).to_string())
