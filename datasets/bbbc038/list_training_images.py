"""Write trained_on.csv into folders of models trained on the training split: name, fingerprint, class of each image.

    python datasets/bbbc038/list_training_images.py PREPARED_FOLDER MODEL_FOLDER [MODEL_FOLDER ...]

The images are read as every image is, so that the fingerprints are those of the same images in a sweep.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from opsef_core.ingest import images
from opsef_core.models._trained_on import TrainingImage, listed, write_list

HERE = Path(__file__).parent


def training_images(folder: Path) -> list[TrainingImage]:
    """The images of the training split, in the order of split.csv."""
    with (HERE / "split.csv").open(encoding="utf8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "train"]
    found = images([folder / "images" / f"{row['id']}.png" for row in rows])
    if found.failed:
        sys.exit(f"{found.failed[0].name} cannot be read: {found.failed[0].reason}")
    kinds = {f"{row['id']}.png": row["image_class"] for row in rows}
    return listed((image, kinds[image.name]) for image in found.readable)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    made = training_images(Path(sys.argv[1]))
    for target in map(Path, sys.argv[2:]):
        print(f"{len(made)} images: {write_list(target, made)}")
