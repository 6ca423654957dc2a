"""Styles of unlabelled images: how well the shipped similarity and the clusters know images of one condition.

    python benchmarks/run_all.py styles

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.metrics import adjusted_rand_score
from sklearn.model_selection import GroupKFold

from opsef_core.adapt.features import feature_table, features
from opsef_core.adapt.similarity import auc, learn_similarity, shipped
from opsef_core.adapt.styles import styles_of
from opsef_core.data import Image
from opsef_core.ingest import dataset

TITLE = "Styles of unlabelled images"
ABOUT = (
    "BBBC038: the similarity is learned from the training split (551 images, 78 groups); the validation split (113 "
    "images, 20 groups, none of them in training) is sorted into styles. AUC: pairs of one group against pairs of "
    "two; every pair counts the same, or every group and every two groups, or only pairs of images of one size. ARI: "
    "adjusted Rand index; purity: share of images in a style whose most frequent class or group is theirs, and it "
    "grows with the number of styles. The groups were made by a program from brightness, contrast, colour, grain and "
    "object size, and all images of one have the same size, which the similarity does not look at. The number of "
    "styles is chosen by the silhouette; its tolerance was set on the training split. Seconds are CPU time of one "
    "core."
)
ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
FOLDS = 5
LEAST = 5  # images of a group that is sorted alone


def measure() -> list[dict[str, object]]:
    """One row a question."""
    known, truth, table = {}, {}, {}
    for split in ("train", "validation"):
        data = dataset("bbbc038", folder=PLACE, where={"split": split})
        truth[split], table[split] = data.table, feature_table(data.images)
        known[split] = dict(data.table["group"])
    held, labels = table["validation"], truth["validation"].loc[table["validation"].index]
    data = dataset("bbbc038", folder=PLACE, where={"split": "validation"})
    dim = feature_table(_twelve_bit(image) for image in data.images.readable)
    rows = [
        {"what": "AUC, training groups left out", **_left_out(table["train"], known["train"])},
        {"what": "AUC, validation groups", **_rounded(auc(shipped(), held, known["validation"]))},
        {"what": "the same images as 12 bits in 16-bit files", **_rounded(auc(shipped(), dim, known["validation"]))},
        {"what": "validation, number of styles chosen", **_judged(held, labels, None)},
        {"what": "the same as 12 bits in 16-bit files", **_judged(dim, labels, None)},
        {"what": "five images a style (what the ancestor mostly chose)", **_judged(held, labels, len(held) // 5)},
        {"what": "as many styles as groups", **_judged(held, labels, labels["group"].nunique())},
        {"what": "as many styles as classes", **_judged(held, labels, labels["image_class"].nunique())},
        {"what": "training split, number of styles chosen", **_judged(table["train"], truth["train"], None)},
        {"what": f"validation groups of {LEAST} images or more, each alone", **_alone(held, labels)},
        *_timed(table["train"]),
    ]
    return rows


def _left_out(table: pd.DataFrame, groups: Mapping[str, str]) -> dict[str, object]:
    """Learned from four fifths of the groups, asked about the last, in turn."""
    names = np.array([groups[name] for name in table.index])
    folds = GroupKFold(FOLDS, shuffle=True, random_state=0).split(table, groups=names)
    each = [auc(learn_similarity(table.iloc[a], groups), table.iloc[b], groups) for a, b in folds]
    return _rounded(pd.DataFrame(each).mean().to_dict())


def _rounded(values: Mapping[str, float]) -> dict[str, object]:
    titles = {"pairs": "AUC, pairs", "groups": "AUC, groups", "same_size": "AUC, same size"}
    return {titles[k]: f"{v:.3f}" for k, v in values.items()}


def _twelve_bit(image: Image) -> Image:
    """What a 12-bit camera would have written: 0 to 4080 of 65535."""
    return replace(image, pixels=image.array().astype(np.uint16) * 16, source="")


def _judged(table: pd.DataFrame, truth: pd.DataFrame, count: int | None) -> dict[str, object]:
    """Styles against what is known."""
    found = styles_of(table, count=count)
    style, truth = found.table["style"].to_numpy(), truth.loc[found.table.index]
    row: dict[str, object] = {"styles": len(found), "of one image": sum(len(s.members) == 1 for s in found)}
    for column, title in (("image_class", "class"), ("group", "group")):
        true = truth[column].to_numpy()
        row[f"ARI, {title}"] = f"{adjusted_rand_score(true, style):.2f}"
        row[f"purity, {title}"] = f"{pd.crosstab(style, true).max(axis=1).sum() / len(true):.2f}"
    return row


def _alone(table: pd.DataFrame, truth: pd.DataFrame) -> dict[str, object]:
    """One experiment should be one style."""
    parts = [table.loc[rows] for rows in truth.groupby("group").groups.values() if len(rows) >= LEAST]
    counts = [len(styles_of(part)) for part in parts]
    return {"styles": f"one style in {counts.count(1)} of {len(counts)} groups"}


def _timed(table: pd.DataFrame) -> list[dict[str, object]]:
    """CPU seconds of the features of one image, and of sorting 10 000 images whose features are there."""
    rng = np.random.default_rng(0)
    rows: list[dict[str, object]] = []
    for shape in ((256, 256), (520, 696), (3, 520, 696), (2048, 2048)):
        pixels = rng.integers(0, 256, shape).astype(np.uint8)
        image = Image(pixels, "CYX"[-len(shape) :], "x", channels=("red", "green", "blue") if len(shape) == 3 else ())
        rows.append({"what": f"features of {' x '.join(map(str, shape))}", "seconds": f"{_best(image):.3f}"})
    many = table.iloc[rng.integers(0, len(table), 10_000)] * (1 + 0.02 * rng.standard_normal((10_000, table.shape[1])))
    many.index = pd.Index([f"{i:05d}" for i in range(len(many))])
    begin = time.process_time()
    found = styles_of(many)
    seconds = f"{time.process_time() - begin:.1f}"
    return [*rows, {"what": "sorting 10 000 images", "styles": len(found), "seconds": seconds}]


def _best(image: Image, repeats: int = 7) -> float:
    seconds = []
    for _ in range(repeats):
        begin = time.process_time()
        features(image)
        seconds.append(time.process_time() - begin)
    return min(seconds)


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
