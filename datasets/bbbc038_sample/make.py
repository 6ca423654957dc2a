"""Make this sample from the prepared BBBC038 training images: how the files beside it came to be.

Only images of the validation part of `../bbbc038/split.csv` are taken, so that no shipped model was trained on them.
The alpha channel (opaque everywhere) is dropped; pixels and object ids are otherwise kept as they are.

    python datasets/bbbc038_sample/make.py PREPARED_FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pandas as pd
import tifffile
import yaml

HERE = Path(__file__).parent

# Beginning of the original id: what is instructive about the image.
CHOSEN = {
    "1e8408fb": "dim: the brightest pixel is 76 of 255",
    "8a65e41c": "sparse, with one small clump",
    "0e5edb07": "round nuclei of very different brightness",
    "9586e48a": "crowded small nuclei, many touching",
    "0402a81e": "crowded, uneven background, out-of-focus light",
    "43cf6b2e": "large, mostly separated nuclei: the easy case",
    "449a9c32": "a clump of overlapping nuclei, small debris, mitoses",
    "20e209f6": "noisy and dim, touching nuclei",
    "33a5b0ff": "a row of slim touching nuclei, purple background",
    "5d75a639": "small dark nuclei on a white background",
    "4193474b": "haematoxylin and eosin: a bright pink band between the nuclei",
    "5e263abf": "a smear: dark nuclei in grey cytoplasm, 1024 pixels wide",
}

HEAD = {
    "title": "A sample of BBBC038: nuclei of many kinds",
    "about": (
        "Twelve images with hand-drawn nuclei from the 2018 Data Science Bowl (stage-1 training set): fluorescence, "
        "stained tissue and a smear. None of them was used to train a model that is shipped here. "
        "image_class and background were derived from simple image statistics, not given by the annotators."
    ),
    "source": "BBBC038v1, Broad Bioimage Benchmark Collection, stage1_train with the community's corrected masks",
    "url": "https://bbbc.broadinstitute.org/BBBC038",
    "licence": "CC0-1.0",
    "cite": (
        "Caicedo, J. C. et al. Nucleus segmentation across imaging experiments: the 2018 Data Science Bowl. "
        "Nature Methods 16, 1247-1253 (2019)."
    ),
    "doi": "10.1038/s41592-019-0612-7",
    "classes": ["nucleus"],
}


def chosen(folder: Path) -> pd.DataFrame:
    """The rows of metadata.csv of the chosen images, in the order above."""
    split = pd.read_csv(HERE.parent / "bbbc038" / "split.csv").set_index("id")["split"]
    table = pd.read_csv(folder / "metadata.csv").set_index("id", drop=False)
    rows = []
    for start, note in CHOSEN.items():
        (found,) = [i for i in table.index if i.startswith(start)]
        if split[found] != "validation":
            raise SystemExit(f"{found} is a training image; choose another.")
        rows.append({**table.loc[found].to_dict(), "note": note})
    return pd.DataFrame(rows)


def write(folder: Path, row: pd.Series, name: str) -> dict[str, object]:
    """Write one image and its labels, and return their entry in dataset.yml."""
    pixels = iio.imread(folder / "images" / f"{row.id}.png")
    ids = tifffile.imread(folder / "labels" / f"{row.id}.tif")
    if not (pixels[..., 3] == 255).all():
        raise SystemExit(f"{row.id} is not opaque.")
    image, truth = f"images/{name}.png", f"truth/{name}.tif"
    iio.imwrite(HERE / image, pixels[..., :3], compress_level=9)
    tifffile.imwrite(HERE / truth, ids, compression="zlib", compressionargs={"level": 9}, predictor=True, metadata=None)
    if not np.array_equal(tifffile.imread(HERE / truth), ids):
        raise SystemExit(f"{truth} was not written as it was read.")
    return {
        "image": image,
        "image_sha256": hashlib.sha256((HERE / image).read_bytes()).hexdigest(),
        "truth": truth,
        "truth_sha256": hashlib.sha256((HERE / truth).read_bytes()).hexdigest(),
        "columns": {
            "image_class": row.image_class,
            "background": row.background,
            "note": row.note,
            "nuclei": int(row.n_nuclei),
            "original_id": row.id,
        },
    }


def main() -> None:
    """Write images/, truth/ and dataset.yml beside this file from the folder named on the command line."""
    folder = Path(sys.argv[1])
    for part in ("images", "truth"):
        (HERE / part).mkdir(exist_ok=True)
    seen: Counter[str] = Counter()
    files = []
    for _, row in chosen(folder).iterrows():
        seen[row.image_class] += 1
        files.append(write(folder, row, f"{row.image_class}_{seen[row.image_class]:02d}"))
    text = yaml.safe_dump({**HEAD, "files": files}, sort_keys=False, width=120)
    (HERE / "dataset.yml").write_text("# Written by make.py.\n" + text, encoding="utf-8")


if __name__ == "__main__":
    main()
