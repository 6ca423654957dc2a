"""Make opsef_core/adapt/shapes.npz: outlines of nuclei of the BBBC038 training images, to draw synthetic ones from.

Only images that split.csv keeps for training are read. Every label id is one shape, whatever it touches; objects that
are cut by the border, in pieces, or specks are left out. As many shapes as asked are drawn so that the rarer image
classes are there whole and the others equally often.

    python datasets/bbbc038/make_shapes.py PREPARED_FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from opsef_core.adapt import ShapeBank
from opsef_core.errors import BadLabels

COUNT, SEED = 6000, 2018
HERE = Path(__file__).parent
TARGET = HERE.parents[1] / "opsef_core" / "adapt" / "shapes.npz"


def shapes_of(table: pd.DataFrame, folder: Path) -> list[ShapeBank]:
    """One bank an image; images without a whole nucleus have none. Images are named by 12 digits of their id."""
    found = []
    for row in table.itertuples():
        try:
            bank = ShapeBank.of([tifffile.imread(folder / row.truth)], kind=row.image_class)
        except BadLabels:
            continue
        found.append(ShapeBank(bank.outlines, bank.kinds, np.full(len(bank), row.id[:12])))
    return found


def balanced(kinds: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Places of about `count` entries: every kind as often as the others, or as often as there is."""
    names, sizes = np.unique(kinds, return_counts=True)
    left, chosen = count, []
    for place, n in enumerate(np.argsort(sizes)):
        share = min(int(sizes[n]), left // (len(names) - place))
        chosen.append(rng.choice(np.flatnonzero(kinds == names[n]), share, replace=False))
        left -= share
    return np.sort(np.concatenate(chosen))


def main() -> None:
    """Read the prepared folder named on the command line and write the bank into the package."""
    table = pd.read_csv(HERE / "files.csv")
    banks = shapes_of(table[table["split"] == "train"], Path(sys.argv[1]))
    outlines, kinds, images = (np.concatenate([getattr(b, n) for b in banks]) for n in ("outlines", "kinds", "images"))
    some = balanced(kinds, COUNT, np.random.default_rng(SEED))
    bank = ShapeBank(outlines[some], kinds[some], images[some])
    bank.save(TARGET)
    print(f"{len(bank)} of {len(kinds)} shapes, {TARGET.stat().st_size / 1e6:.2f} MB")
    print(pd.Series(bank.kinds).value_counts().to_string())


if __name__ == "__main__":
    main()
