"""Exchange formats: how long labels take to go out and to come back."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np
from metrics import blobs

from opsef_core.data import Act, Image, Labels
from opsef_core.refine import file_format

TITLE = "Exchange formats"
ABOUT = (
    "A label image of 4096 x 4096 pixels with 5000 objects written in each format, and read back with `back`; the best "
    "of two, in seconds of one core, so that other work on the machine does not count. What comes back is compared "
    "with what went out, pixel by pixel. Formats with pictures or images beside the labels write those, too. Asked: at "
    "most 5 s each way for ROI sets, COCO and GeoJSON."
)
FORMATS = {
    "imagej_roi": {},
    "coco": {"masks": "rle"},
    "coco, polygons": {"masks": "polygon"},
    "geojson": {},
    "yolo": {},
    "ome_zarr": {},
    "cellpose_npy": {},
    "stardist_folder": {},
    "annotatorj_rois": {},
    "annotatorj_masks": {},
}


def measure() -> list[dict[str, object]]:
    """One row a format."""
    ids = blobs(4096, 5000, 0)
    image = Image((ids % 251).astype(np.uint8), "YX", "blobs")
    labels = Labels.of(image, ids, Act("truth", "blobs"))
    rows = []
    for title, options in FORMATS.items():
        made = file_format(title.split(",")[0], **options)
        out_s, back_s, size_mb = [], [], 0.0
        for _ in range(2):
            with tempfile.TemporaryDirectory() as folder:
                begin = time.process_time()
                made.out(Path(folder), [(image, labels)])
                out_s.append(time.process_time() - begin)
                size_mb = sum(p.stat().st_size for p in Path(folder).rglob("*") if p.is_file()) / 1e6
                begin = time.process_time()
                returned = made.back(Path(folder))
                back_s.append(time.process_time() - begin)
            if returned.problems or not np.array_equal(returned.labels[0].pixels, ids):
                raise AssertionError(f"{title}: what came back is not what went out")
        rows.append({"format": title, "out_cpu_s": round(min(out_s), 2), "back_cpu_s": round(min(back_s), 2),
                     "size_mb": round(size_mb, 1), "the same pixels and ids": True})  # fmt: skip
    return rows


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
