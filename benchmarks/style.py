"""Styles learned from ten images of two kinds of BBBC038, alone and together: how fast, how real, how true to the mask.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout). OPSEF_DEVICE
says where to learn ("auto": a GPU if there is one); OPSEF_STYLE_MINUTES, how long a style is learned on a CPU, "full":
to its recommended steps.
"""

from __future__ import annotations

import os
import platform
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from tqdm import tqdm

from opsef_core import dataset, model
from opsef_core.adapt import StyleModel, feature_table, kid, learn_style, two_sample
from opsef_core.adapt.similarity import IGNORED
from opsef_core.adapt.style.device import find_device
from opsef_core.adapt.style.tiles import Pair, diameters_px, scaled, scaled_ids
from opsef_core.data import Image, Labels, overlaps
from opsef_core.models import Example, Segmenter, examples_of

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
MINUTES = os.environ.get("OPSEF_STYLE_MINUTES", "2.5")
DEVICE = os.environ.get("OPSEF_DEVICE", "auto")
KINDS = ("purple_tissue", "small_fluorescent")
LEARNED, JUDGED, SEGMENTED, OBJECT_PX = 10, 20, 10, 24.0
TITLE = "Painting images in a learned style"
ABOUT = (
    "Ten images of the training split a kind, all objects scaled to 24 px; then the masks of twenty images of the "
    "validation split are painted. Asked for one style: 30 minutes on two cores, 30 s on a data-centre GPU. On a CPU "
    "a style is learned for half an hour at most, unless steps or hours are given; `minutes_recommended`, what the "
    "recommended steps would take, is told from the seconds a step took here, on one core of a slow machine. In this "
    "benchmark learning is cut off after `minutes` (OPSEF_STYLE_MINUTES=full lets it run), so the columns after it "
    "are of a style younger than that. `together`: one painter with a style code for both kinds, learned as long as "
    "both alone. two_sample: accuracy with which a classifier tells painted from real by 234 features, those of size "
    "left out (0.5 = cannot). kid: kernel distance, `kid_real`: of the images learned from to the same real ones. "
    "DSB-scores are of nucleAIzer's first look (fast) in ten of the painted images and the real ones of the same "
    "masks. GPU: not measured."
)


def at_one_size(example: Example) -> Pair:
    """Image and truth of a kind, scaled to the object size."""
    scale = OBJECT_PX / float(np.median(diameters_px(example.truth)))
    ids = scaled_ids(example.truth.pixels, scale)
    planes = example.image.array() if "C" in example.image.axes else example.image.array()[None]
    if (planes == planes[:1]).all():
        planes = planes[:1]
    pixels = np.rint(scaled(planes, (ids.shape[0], ids.shape[1]))).astype(np.uint8)
    name = example.image.name
    image = (
        Image(pixels, "CYX", name, channels=example.image.channels) if len(pixels) > 1 else Image(pixels[0], "YX", name)
    )
    return image, Labels(ids, "YX", name)


def examples(kind: str, split: str, count: int) -> list[Pair]:
    """Some images of a kind, evenly spread over the sorted names."""
    data = dataset("bbbc038", folder=PLACE, where={"split": split, "image_class": kind})
    found = sorted((e for e in examples_of(data) if e.truth.count), key=lambda e: e.image.name)
    return [at_one_size(found[int(i)]) for i in np.unique(np.linspace(0, len(found) - 1, count).astype(int))]


def dsb(segmenter: Segmenter, images: list[Image], masks: list[Labels]) -> float:
    """Mean DSB-score of what is found."""
    pairs = zip(tqdm(images[:: JUDGED // SEGMENTED], "nucleaizer"), masks[:: JUDGED // SEGMENTED], strict=True)
    return float(np.mean([overlaps(mask.pixels, segmenter(image).pixels).dsb_score for image, mask in pairs]))


def learn(pairs: dict[str, list[Pair]], folder: Path, device: str) -> StyleModel:
    """As long as asked for; in proportion to the number of styles."""
    full = MINUTES == "full" or device != "cpu"
    hours = None if full else float(MINUTES) / 60 * len(pairs)
    return learn_style(pairs, folder, name=" + ".join(pairs), object_px=OBJECT_PX, hours=hours, device=device)


def row(
    style: StyleModel, kind: str, learned: list[Pair], real: list[Pair], segmenter: Segmenter, dsb_real: float
) -> dict[str, Any]:
    """What is measured of one style and kind."""
    masks = [mask for _, mask in real]
    painted = [style.paint(mask, seed=i, style=kind) for i, mask in enumerate(masks)]
    all_of_them = ([image for image, _ in real], painted, [image for image, _ in learned])
    a, b, c = (feature_table(x).drop(columns=list(IGNORED)).to_numpy() for x in all_of_them)
    accuracy, (low, high) = two_sample(a, b)
    (distance, error), (usual, usual_error) = kid(a, b), kid(a, c)
    facts = style.card.training
    per_step = facts["seconds"] / facts["steps_done"]
    return {
        "kind": kind,
        "learned": "alone" if len(style.styles) == 1 else "together",
        "device": f"{facts['device']} ({platform.machine()}, {os.cpu_count()} cores)",
        "steps_a_second": round(1 / per_step, 2),
        "steps_recommended": facts["same"]["steps"],
        "minutes_recommended": round(facts["same"]["steps"] * per_step / 60, 1),
        "steps": facts["steps_done"],
        "minutes": round(facts["seconds"] / 60, 1),
        "two_sample": f"{accuracy:.2f} ({low:.2f} to {high:.2f})",
        "kid": f"{distance:.2f} +- {error:.2f}",
        "kid_real": f"{usual:.2f} +- {usual_error:.2f}",
        "dsb_painted": round(dsb(segmenter, painted, masks), 3),
        "dsb_real": round(dsb_real, 3),
    }


def measure() -> list[dict[str, Any]]:
    """A row a kind and way of learning."""
    device = find_device(DEVICE)
    segmenter = model("nucleaizer", fast=True).ready("cpu")
    learned = {kind: examples(kind, "train", LEARNED) for kind in KINDS}
    real = {kind: examples(kind, "validation", JUDGED) for kind in KINDS}
    dsb_real = {kind: dsb(segmenter, *map(list, zip(*pairs, strict=True))) for kind, pairs in real.items()}
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for kind in KINDS:
            alone = learn({kind: learned[kind]}, Path(folder) / kind, device)
            rows.append(row(alone, kind, learned[kind], real[kind], segmenter, dsb_real[kind]))
        both = learn(learned, Path(folder) / "together", device)
        rows += [row(both, kind, learned[kind], real[kind], segmenter, dsb_real[kind]) for kind in KINDS]
    return rows


if __name__ == "__main__":
    print(pd.DataFrame(measure()).T.to_string())
