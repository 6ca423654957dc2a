"""Accuracy on the validation split of BBBC038 train: every shipped model beside the threshold baseline, by image class.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

import imageio.v3 as iio
import pandas as pd
import tifffile

from opsef_core import Image, Labels, Run, model
from opsef_core.data import RGB, Act

ROOT = Path(__file__).parents[1]
TITLE = "Accuracy on the BBBC038 validation split"
ABOUT = (
    "Mean over images, nothing known from the truth, each model with its default parameters on unprocessed images. "
    "The split groups near-identical fields (`datasets/bbbc038/split.csv`); no validation image set any weight. "
    "The U-Net's best checkpoint was picked by its score on a part of these images, which flatters it slightly."
)


def validation() -> tuple[list[Image], list[Labels], pd.Series]:
    """Images, truth and image class of the validation split."""
    folder = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
    table = pd.read_csv(ROOT / "datasets" / "bbbc038" / "split.csv")
    table = table[table["split"] == "validation"]
    images, truth = [], []
    for name in table["id"]:
        pixels = iio.imread(folder / "images" / f"{name}.png")[..., :3]
        grey = (pixels == pixels[..., :1]).all()
        colour = pixels.transpose(2, 0, 1)
        image = Image(pixels[..., 0], "YX", name) if grey else Image(colour, "CYX", name, channels=RGB)
        images.append(image)
        truth.append(Labels.of(image, tifffile.imread(folder / "labels" / f"{name}.tif"), Act("truth", "bbbc038")))
    return images, truth, table.set_index("id")["image_class"]


def measure() -> dict[str, object]:
    """Score the models; one row a model and image class."""
    images, truth, classes = validation()
    with tempfile.TemporaryDirectory() as folder:
        run = Run(Path(folder) / "run", images, models=[model("threshold"), model("unet")])
        run.go(progress=False)
        scores = run.score(truth=truth)
    scores["image_class"] = scores["image"].map(classes)
    figures: dict[str, object] = {"images": len(images), "failed": int((scores["status"] == "failed").sum())}
    for name, rows in scores.groupby("model"):
        for kind, part in [("all", rows), *rows.groupby("image_class")]:
            means = part[["dsb_score", "ap50", "f1"]].mean().round(3)
            figures[f"{name}, {kind} ({len(part)} images)"] = ", ".join(f"{k} {v:.3f}" for k, v in means.items())
        figures[f"{name}, median seconds an image"] = round(float(rows["seconds"].median()), 3)
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
