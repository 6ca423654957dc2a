"""How long a folder for AnnotatorJ takes there and back: 100 images of 520 x 696 with 100 objects each."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from skimage.draw import disk

from opsef_core.data import Act, Image, Labels
from opsef_core.refine import file_format, match

TITLE = "Exchange with AnnotatorJ"
ABOUT = (
    "100 images of 520 x 696 with 100 objects each, with classes, class masks and contours: writing the folder, "
    "reading it again after every label image was exported by the other side, and telling what was changed. Asked: "
    "there and back in <= 60 s."
)
IMAGES, OBJECTS, SHAPE = 100, 100, (520, 696)


def pair(number: int) -> tuple[Image, Labels]:
    """An image with a grid of discs of many sizes, in two classes."""
    rng = np.random.default_rng(number)
    ids = np.zeros(SHAPE, np.int32)
    for i in range(OBJECTS):
        row, column = 26 + 52 * (i // 10), 34 + 69 * (i % 10)
        ids[disk((row + rng.integers(-6, 7), column + rng.integers(-6, 7)), rng.integers(6, 22), shape=SHAPE)] = i + 1
    image = Image(np.where(ids > 0, 180, 20).astype(np.uint8), "YX", f"image_{number:03d}")
    present = np.unique(ids[ids > 0])
    table = pd.DataFrame({"class": np.where(present % 2, "a", "b")}, index=present)
    return image, Labels.of(image, ids, Act("truth", "discs"), table)


def measure() -> dict[str, object]:
    """Write, imitate the other side, read, compare."""
    pairs = [pair(n) for n in range(IMAGES)]
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "export"
        began = time.perf_counter()
        file_format("annotatorj").out(out, pairs)
        writing = time.perf_counter() - began
        for mask in sorted((out / "02_SegMasks").iterdir()):
            pixels = tifffile.imread(mask)
            pixels[pixels == 7] = 0
            tifffile.imwrite(out / "11_SegMasksFromFiji" / mask.name, pixels)
        began = time.perf_counter()
        returned = file_format("annotatorj").back(out)
        reading = time.perf_counter() - began
        began = time.perf_counter()
        tables = [match(before, after).table for (_, before), after in zip(pairs, returned.labels, strict=True)]
        matching = time.perf_counter() - began
        megabytes = sum(p.stat().st_size for p in out.rglob("*") if p.is_file()) / 1e6
    assert sum((t["kind"] == "deleted").sum() for t in tables) == IMAGES
    return {
        "images": IMAGES,
        "objects": int(sum(labels.count for _, labels in pairs)),
        "writing_s": round(writing, 2),
        "reading_back_s": round(reading, 2),
        "telling_what_was_changed_s": round(matching, 2),
        "there_and_back_s": round(writing + reading, 2),
        "folder_mb": round(megabytes, 1),
    }


if __name__ == "__main__":
    print(measure())
