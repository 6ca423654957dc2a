"""Make split.csv: which BBBC038 training images are for training, which for validation.

Fields of one experiment look almost alike, so a random split would put near-copies on both sides. Images are
therefore first grouped by size, colour and look (background, contrast, grain, object size) and whole groups go
to one side. Run once; the list it wrote is committed and is what everything else reads.

    python datasets/bbbc038/make_split.py PREPARED_FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pandas as pd
from scipy import ndimage
from skimage import color
from sklearn.cluster import AgglomerativeClustering

SEED = 2018
VALIDATION_SHARE = 0.15
LOOK_DISTANCE = 0.5  # in standard deviations of the features, average linkage
HERE = Path(__file__).parent


def look(pixels: np.ndarray, diameter_px: float) -> list[float]:
    """Describe an (Y, X, 3) uint8 image: levels in L*a*b*, contrast, grain (noise of fine detail), object size."""
    lab = color.rgb2lab(pixels)
    low, middle, high = np.percentile(lab[..., 0], [2, 50, 98])
    fine = lab[..., 0] - ndimage.uniform_filter(lab[..., 0], 3)
    grain = np.median(np.abs(fine))
    a, b = np.median(lab[..., 1]), np.median(lab[..., 2])
    return [low / 10, middle / 10, (high - low) / 20, 3 * np.log1p(grain), a / 8, b / 8, 1.5 * np.log(diameter_px)]


def groups(table: pd.DataFrame, folder: Path) -> pd.Series:
    """Name a group for each image: same size, same colour mode, average-linkage cluster of looks."""
    looks = np.array(
        [look(iio.imread(folder / "images" / f"{r.id}.png")[..., :3], r.median_diameter_px) for r in table.itertuples()]
    )
    names = pd.Series("", index=table.index)
    for (height, width, grey), part in table.groupby(["height", "width", "channels_are_gray"]):
        rows = table.index.get_indexer(part.index)
        cluster = np.zeros(len(part), int)
        if len(part) > 1:
            model = AgglomerativeClustering(n_clusters=None, distance_threshold=LOOK_DISTANCE, linkage="average")
            cluster = model.fit_predict(looks[rows])
        mode = "grey" if grey else "colour"
        names.loc[part.index] = [f"{height}x{width}-{mode}-{c:02d}" for c in cluster]
    return names


def split(table: pd.DataFrame) -> pd.Series:
    """Draw whole groups for validation until each class has its share; none may overshoot it by a third."""
    rng = np.random.default_rng(SEED)
    counts = pd.crosstab(table["group"], table["image_class"])
    wanted = VALIDATION_SHARE * counts.sum()
    taken = pd.Series(0, index=counts.columns)
    validation: list[str] = []
    for name in rng.permutation(counts.index.to_numpy(dtype=object)):
        lacks = (taken < wanted)[counts.loc[name] > 0].any()
        if lacks and (taken + counts.loc[name] <= np.maximum(4 / 3 * wanted, 1)).all():
            validation.append(name)
            taken += counts.loc[name]
    return table["group"].isin(validation).map({True: "validation", False: "train"})


def main() -> None:
    """Read the prepared folder named on the command line and write split.csv beside this file."""
    folder = Path(sys.argv[1])
    table = pd.read_csv(folder / "metadata.csv")
    table["group"] = groups(table, folder)
    table["split"] = split(table)
    table[["id", "image_class", "group", "split"]].to_csv(HERE / "split.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
