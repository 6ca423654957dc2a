"""Synthetic label images beside the real ones they were made after, for every image class of BBBC038.

Needs the prepared images (folder in OPSEF_BBBC038, or ../shared/data/bbbc038_train beside the checkout).
"""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from numpy.typing import NDArray

from opsef_core.adapt import PROPERTIES, ShapeBank, measure_layout, synthetic_masks

ROOT = Path(__file__).parents[1]
PLACE = Path(os.environ.get("OPSEF_BBBC038", ROOT.parent / "shared" / "data" / "bbbc038_train"))
IMAGES, MASKS, SEED = 60, 40, 0  # a class
TITLE = "Synthetic label images"
ABOUT = (
    "Training images of BBBC038, at most 60 a class; 40 masks of 512 x 512 px made after them, half of the shapes from "
    "the bank without this class, half parametric. Means of both, and how far apart the distributions are: KS distance "
    "(0 the same, 1 nothing shared), and Wasserstein distance in the property's unit; in brackets the same between two "
    "random halves of the real images, which is what chance alone does. Seconds are of one core (CPU time), the "
    "preparation included. Asked: two masks of 100 nuclei a second."
)


def real(table: pd.DataFrame, rng: np.random.Generator) -> list[NDArray[np.int32]]:
    """Label images of some of these rows, in random order."""
    some = table.iloc[rng.permutation(len(table))[:IMAGES]]
    return [tifffile.imread(PLACE / path).astype(np.int32) for path in some["truth"]]


def rows_of(kind: str, labels: list[NDArray[np.int32]]) -> list[dict[str, object]]:
    """One row a property, the first with the speed."""
    layout = measure_layout(labels)
    bank = ShapeBank.shipped().without(kind)
    began = time.process_time()
    made = list(synthetic_masks(layout, count=MASKS, bank=bank, seed=SEED))
    seconds = time.process_time() - began
    apart = layout.compare(measure_layout(made))
    chance = measure_layout(labels[::2]).compare(measure_layout(labels[1::2]))
    rows: list[dict[str, object]] = []
    for name in PROPERTIES:
        here, there = apart.loc[name], chance.loc[name]
        rows.append(
            {
                "class": kind,
                "property": name,
                "real": f"{here['mean']:.3g}",
                "synthetic": f"{here['other_mean']:.3g}",
                "KS (halves)": f"{here['ks']:.2f} ({there['ks']:.2f})",
                "Wasserstein (halves)": f"{here['wasserstein']:.2g} ({there['wasserstein']:.2g})",
            }
        )
    rows[0]["nuclei a mask"] = round(np.mean([m.count for m in made]))
    rows[0]["masks/s"] = f"{MASKS / seconds:.1f}"
    return rows


def measure() -> list[dict[str, object]]:
    """One row a class and property."""
    logging.disable(logging.WARNING)
    table = pd.read_csv(ROOT / "datasets" / "bbbc038" / "files.csv")
    table = table[table["split"] == "train"]
    rng = np.random.default_rng(SEED)
    return [row for kind, part in table.groupby("image_class") for row in rows_of(str(kind), real(part, rng))]


if __name__ == "__main__":
    print(pd.DataFrame(measure()).to_string())
