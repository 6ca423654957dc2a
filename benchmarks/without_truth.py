"""How well grid points are ranked without truth: a sweep over BBBC038 images, judged by their truth afterwards.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from opsef_core import Run, dataset, either, grid, model, step
from opsef_core.compare import SHIPPED, estimates, hindsight, plausibility
from opsef_core.compare._blind.agreement import alike, believed
from opsef_core.data import Image

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
IMAGES = 24  # about evenly from all image classes
LARGEST_PX = 900  # longest side; the few larger ones would take most of the time
COPIES = 60
FEW = 3  # images with truth
DRAWS = 50
TITLE = "Ranking without truth"
ABOUT = (
    "A sweep of four recipes x eleven models of five families over images of the validation split, scored by agreement "
    "alone and then by truth (DSB-score). Spearman: over grid points, between their means over images of agreement and "
    "of the true score; `an image`: of each image by itself, then the mean. Families vote: agreement as opsef-core "
    "computes it; plausible shapes: share of objects in one piece, hardly notched, of no odd size; plain "
    "mean: of the likeness to all other grid points. With 60 copies: the worst grid point is in the "
    "sweep 60 times more. Chosen: true score of the grid point ranked first, of the best there is. Error: mean "
    "absolute difference of estimated and true mean score over grid points; with truth for three images: mean over 50 "
    "draws of three. The shipped line is from the training side, where the networks have seen the images. Asked: a "
    "Spearman of 0.8 or more."
)


def sample(split: str) -> tuple[object, list[Image], pd.Series]:
    """Data set, images, and the class of each."""
    data = dataset("bbbc038", folder=PLACE, where={"split": split})
    kinds = data.table["image_class"]
    small = [i for i in data.images if isinstance(i, Image) and max(i.shape.values()) < LARGEST_PX]
    by_kind = pd.Series([i.name for i in small]).groupby([kinds[i.name] for i in small])
    weight = {k: len(names) ** 0.5 for k, names in by_kind}
    total = sum(weight.values())
    rng = np.random.default_rng(3)
    chosen: set[str] = set()
    for kind, names in by_kind:
        count = min(len(names), max(3, round(IMAGES * weight[kind] / total)))
        chosen |= set(rng.choice(sorted(names), count, replace=False))
    return data, [i for i in small if i.name in chosen], kinds


def sweep(folder: Path, split: str) -> tuple[Run, pd.DataFrame, pd.Series]:
    """The run, its scores with a column `agreement`, and the class of each image."""
    data, images, kinds = sample(split)
    recipes = grid(either(None, step("median", size_px=5), step("clahe"), step("gaussian", sigma_px=3)))
    models = [
        model("threshold"),
        *model("unet", mask_threshold=either(0.3, 0.5, 0.7)),
        *model("stardist", prob_thresh=either(0.3, 0.5, 0.7)),
        model("cellpose", diameter_px=20),
        *model("nucleaizer", fast=True, score_threshold=either(0.3, 0.5, 0.7)),
    ]
    run = Run(folder, images, recipes, models, metrics=("dsb_score",))
    run.go(progress=False)
    return run, run.score(truth=data.truth), kinds  # type: ignore[attr-defined]


def judged(name: str, guess: pd.DataFrame, true: pd.DataFrame) -> dict[str, object]:
    """One row: tables of image x grid point."""
    found = hindsight(guess.mean(), true.mean())
    each = [hindsight(guess.loc[i], true.loc[i]).spearman for i in true.index]
    return {
        "ranking": name,
        "images": len(true),
        "grid points": found.grid_points,
        "Spearman": round(found.spearman, 3),
        "Spearman, an image": round(float(np.nanmean(each)), 3),
        "clear pairs in order": round(found.pairs_right, 3),
        "chosen": f"{found.chosen:.3f} of {found.best:.3f}",
    }


def measure(split: str = "validation") -> list[dict[str, object]]:
    """All rows."""
    with tempfile.TemporaryDirectory() as folder:
        run, scores, kinds = sweep(Path(folder) / "run", split)
        done = scores[scores["status"] == "done"]
        points = list(dict.fromkeys(done["grid_point"]))
        families = list(done.drop_duplicates("grid_point").set_index("grid_point").loc[points, "model"])
        true = done.pivot_table(index="image", columns="grid_point", values="dsb_score")[points].dropna()
        voted, plain, shapes, likeness = {}, {}, {}, {}
        for image in true.index:
            keys = done[done["image"] == image].set_index("grid_point").loc[points, "key"]
            labels = [run.labels(key) for key in keys]
            likeness[image] = alike(labels)
            shapes[image] = np.nan_to_num([plausibility(one) for one in labels])
            voted[image] = believed(likeness[image], families)
            plain[image] = (likeness[image].sum(1) - 1) / (len(points) - 1)
    made = (("voted", voted), ("plain", plain), ("shapes", shapes))
    guesses = {name: pd.DataFrame(g, index=points).T for name, g in made}
    rows = [judged("families vote", guesses["voted"], true)]
    for kind, part in true.groupby(kinds.reindex(true.index)):
        rows.append(judged(f"families vote, {kind}", guesses["voted"].loc[part.index], part))
    rows.append(judged("plain mean", guesses["plain"], true))
    rows.append(judged("plausible shapes alone", guesses["shapes"], true))
    rows.append(judged("families vote + plausible shapes", guesses["voted"] + guesses["shapes"], true))
    worst = points.index(str(true.mean().idxmin()))
    order = [*range(len(points)), *[worst] * COPIES]
    many = {i: s[np.ix_(order, order)] for i, s in likeness.items()}
    crowd = {i: believed(s, [families[n] for n in order])[: len(points)] for i, s in many.items()}
    simple = {i: ((s.sum(1) - 1) / (len(order) - 1))[: len(points)] for i, s in many.items()}
    rows.append(judged("families vote, with 60 copies", pd.DataFrame(crowd, index=points).T, true))
    rows.append(judged("plain mean, with 60 copies", pd.DataFrame(simple, index=points).T, true))
    return [*rows, *calibrated(guesses["voted"], true)]


def calibrated(agreement: pd.DataFrame, true: pd.DataFrame) -> list[dict[str, object]]:
    """Estimated against true mean scores, without truth and with a few images of it; and the line of these images."""
    tall = agreement.stack().rename("agreement").rename_axis(["image", "grid_point"]).reset_index()
    tall["dsb_score"] = [true.loc[i, g] for i, g in zip(tall["image"], tall["grid_point"], strict=True)]

    def error(rows: pd.DataFrame) -> tuple[float, float]:
        made = estimates(rows).set_index("grid_point")["estimate"]
        return float((made - true.mean()[made.index]).abs().mean()), hindsight(made, true.mean()).spearman

    rng = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        few = set(rng.choice(true.index.to_numpy(), FEW, replace=False))
        draws.append(error(tall.assign(dsb_score=tall["dsb_score"].where(tall["image"].isin(few)))))
    none = error(tall.drop(columns="dsb_score"))
    some = np.mean(draws, axis=0)
    slope, intercept = np.polyfit(tall["agreement"], tall["dsb_score"], 1)
    left = tall.assign(left=tall["dsb_score"] - intercept - slope * tall["agreement"])
    by_point = left.groupby("grid_point")["left"].mean()
    within = (left["left"] - left["grid_point"].map(by_point)).std()
    spread = f"sd {by_point.std():.3f} between grid points, {within:.3f} within"
    line = f"score = {intercept:.3f} + {slope:.3f} agreement, {spread}"
    shipped = f"score = {SHIPPED.intercept} + {SHIPPED.slope} agreement"
    return [
        {"ranking": f"estimated score ({shipped})", "error": round(none[0], 3), "Spearman": round(none[1], 3)},
        {"ranking": f"with truth for {FEW} images", "error": round(some[0], 3), "Spearman": round(some[1], 3)},
        {"ranking": f"the line of these images: {line}"},
    ]


if __name__ == "__main__":
    print(json.dumps(measure(*sys.argv[1:]), indent=1))
