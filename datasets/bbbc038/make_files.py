"""Make files.csv from the prepared BBBC038 training images and split.csv: how the table beside it came to be.

Checksums: of the bytes of an image, which is the original file; of the objects of a label image, because its bytes
depend on the library that packed it.

    python datasets/bbbc038/make_files.py PREPARED_FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pandas as pd
import tifffile

from opsef_core.ingest._dataset_truth import objects_sha256

HERE = Path(__file__).parent


def main() -> None:
    """Write files.csv beside this file from the folder named on the command line."""
    folder = Path(sys.argv[1])
    said = pd.read_csv(folder / "metadata.csv").set_index("id")
    split = pd.read_csv(HERE / "split.csv").set_index("id", drop=False)
    table = pd.DataFrame({"image": "images/" + split.index + ".png", "truth": "labels/" + split.index + ".tif"})
    table["image_sha256"] = [hashlib.sha256((folder / i).read_bytes()).hexdigest() for i in table["image"]]
    table["truth_objects_sha256"] = [objects_sha256(tifffile.imread(folder / t)) for t in table["truth"]]
    table.index = split.index
    table["id"] = split["id"]
    table[["background", "nuclei"]] = said.loc[split.index, ["background", "n_nuclei"]]
    table[["image_class", "group", "split"]] = split[["image_class", "group", "split"]]
    table.to_csv(HERE / "files.csv", index=False, lineterminator="\n")


if __name__ == "__main__":
    main()
