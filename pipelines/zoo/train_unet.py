"""Make the shipped U-Net weights: train on the training split of BBBC038, score on the validation split, write a card.

    python pipelines/zoo/train_unet.py PREPARED_FOLDER WORK_FOLDER [--steps 2600] [--hours H]

Kill it and start it again as you like: it continues from WORK_FOLDER. When the steps are done (or with --ship, which
takes the best network so far) it writes opsef_core/models/zoo/unet-bbbc038.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import logging
import math
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pandas as pd
import tifffile
import yaml

from opsef_core import Image, Labels, model
from opsef_core.compare import metric, overlaps
from opsef_core.data import RGB, Act
from opsef_core.models import find_device
from opsef_core.models._card import CARD, ZOO, Card, sha256_of
from opsef_core.models.unet.net import UNet
from opsef_core.models.unet.train import BEST, CURVES, Schedule, load_weights, save_weights, train

SPLIT = Path(__file__).parents[2] / "datasets" / "bbbc038" / "split.csv"
NAME = "unet-bbbc038"


def pairs(folder: Path, table: pd.DataFrame) -> list[tuple[Image, Labels]]:
    """Images (alpha dropped) and truth."""
    made = []
    for name in table["id"]:
        pixels = iio.imread(folder / "images" / f"{name}.png")[..., :3]
        image = Image(np.moveaxis(pixels, -1, 0), "CYX", name, channels=RGB)
        ids = tifffile.imread(folder / "labels" / f"{name}.tif")
        made.append((image, Labels.of(image, ids, Act("truth", "bbbc038"))))
    return made


def shares(table: pd.DataFrame) -> np.ndarray:
    """How often each image is drawn: rare classes and small groups of like images more often."""
    sizes = [table.groupby(column)["id"].transform("size") for column in ("image_class", "group")]
    return 1 / np.sqrt(sizes[0] * sizes[1]).to_numpy()


def scores(net: UNet, known: list[tuple[Image, Labels]], device: str) -> np.ndarray:
    """DSB-score and AP50 of a network on each image, with the model's default thresholds."""
    segment = model("unet")
    segment._net, segment._device, segment._loaded_on = net, device, device
    measures = [metric("dsb_score"), metric("ap50")]
    rows = []
    for image, truth in known:
        found, _ = segment.objects(segment.network(segment.pixels_of(image)))
        rows.append([m.of(overlaps(truth.pixels, found)) for m in measures])
    return np.array(rows)


def ship(work: Path, folder: Path, table: pd.DataFrame, options: argparse.Namespace) -> None:
    """Write the best network in half precision, score just that file on all validation images, and write the card."""
    target = ZOO / NAME
    target.mkdir(parents=True, exist_ok=True)
    weights = target / "weights.safetensors"
    save_weights(load_weights(work / BEST), weights, half=True)
    validation = table[table["split"] == "validation"]
    measured = scores(load_weights(weights), pairs(folder, validation), "cpu")
    by_class = pd.DataFrame(measured, columns=["dsb_score", "ap50"]).groupby(validation["image_class"].to_numpy())
    trained = table[table["split"] == "train"]
    curve = list(csv.DictReader((work / CURVES).open()))
    card = Card(
        family="unet",
        title="U-Net for nuclei, trained on BBBC038",
        weights=weights.name,
        sha256=sha256_of(weights),
        licence="CC0-1.0 (trained on CC0 images)",
        trained_on={
            "dataset": "BBBC038v1 stage1_train, corrected masks",
            "split": "datasets/bbbc038/split.csv: train",
            "images": len(trained),
            "sha256_of_ids": hashlib.sha256("\n".join(sorted(trained["id"])).encode()).hexdigest(),
        },
        training={
            "steps": int(curve[-1]["step"]),
            "best_step": int(max(curve, key=lambda row: float(row["score"]))["step"]),
            "batch": Schedule.batch,
            "crop_px": 256,
            "object_diameter_px": [8, 80],
            "normalisation": "percentiles 1 and 99.8 over all channels to 0 and 1",
            "seed": options.seed,
            "device": options.device,
            "hours": options.trained_hours,
            "weights_stored_as": "float16",
        },
        scores={
            "on": f"validation split, {len(validation)} images, default thresholds, mean over images; "
            "the checkpoint was picked by its score on about a third of them",
            "dsb_score": round(float(measured[:, 0].mean()), 4),
            "ap50": round(float(measured[:, 1].mean()), 4),
            "dsb_score_by_class": {k: round(float(v), 4) for k, v in by_class["dsb_score"].mean().items()},
        },
        notes=options.notes,
    )
    text = yaml.safe_dump(card.model_dump(mode="json"), sort_keys=False, width=120)
    (target / CARD).write_text(text, encoding="utf8")
    logging.info("%s", text)


def main() -> None:
    """Train, or continue; ship when done."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--steps", type=int, default=2600)
    parser.add_argument("--hours", type=float, default=math.inf)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--ship", action="store_true", help="do not train; write the best network so far")
    parser.add_argument("--trained-hours", type=float, default=None, help="for the card")
    parser.add_argument("--notes", default="", help="for the card")
    options = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    table = pd.read_csv(SPLIT)
    options.device = find_device(options.device)
    if not options.ship:
        known = pairs(options.folder, table[table["split"] == "train"])
        # Every third image of the large classes: a quick, stratified look while training.
        validation = table[table["split"] == "validation"]
        parts = [g if len(g) < 20 else g.iloc[::3] for _, g in validation.groupby("image_class")]
        look = pairs(options.folder, pd.concat(parts))
        train(
            [np.moveaxis(i.array(), 0, -1) for i, _ in known],
            [t.pixels for _, t in known],
            options.work,
            lambda net: float(scores(net, look, options.device)[:, 0].mean()),
            shares=shares(table[table["split"] == "train"]),
            schedule=Schedule(steps=options.steps, hours=options.hours, seed=options.seed),
            device=options.device,
        )
    ship(options.work, options.folder, table, options)


if __name__ == "__main__":
    main()
