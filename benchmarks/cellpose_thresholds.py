"""Nine threshold settings of Cellpose on one image: one network pass for all, against nine plain calls of the library.

The network is Cellpose's own, of standard size, with random weights of a fixed seed: weights change neither the
network's work nor whether labels are equal. Its output is shifted so that about a third of the pixels belong to
objects, as in a usual image, or the dynamics would have nothing to do.
"""

from __future__ import annotations

import importlib.metadata
import itertools
import os
import tempfile
import time
from pathlib import Path

import numpy as np

from opsef_core.data import Image
from opsef_core.models import find_device, model

TITLE = "Cellpose: nine threshold settings"
ABOUT = (
    "Three flow x three cell-probability thresholds on one image, one recipe: one network pass for all nine against "
    "nine plain `CellposeModel.eval` calls, same process, same network (standard size, random weights of a fixed seed, "
    "shifted so that a third of the pixels are in objects), the same labels. The network is the larger part on a CPU."
)
FLOW = (0.0, 1.2, 1.0)  # random flows fit badly: the usual limits would leave nothing to compare
CELLPROB = (-0.2, 0.0, 0.2)
DIAMETER_PX = 30.0  # the size the network was made for: the image is taken as it is
REAL = Path(os.environ.get("OPSEF_TEST_DATA", Path(__file__).parents[2] / "shared" / "data")) / "bbbc038_train"
SHAPE = (520, 696)


def measure(device: str = "auto") -> dict[str, object]:
    """Seconds of both ways, their ratio, and whether all nine label images are equal."""
    device = find_device(device)
    image, source = _image()
    settings = [{"flow_threshold": f, "cellprob_threshold": c} for f, c in itertools.product(FLOW, CELLPROB)]
    with tempfile.TemporaryDirectory() as folder:
        file = _weights(Path(folder) / "random", image)
        models = [model("cellpose", pretrained=str(file), diameter_px=DIAMETER_PX, **s) for s in settings]
        models[0].ready(device)(image)  # once before the clock runs: compilation, caches
        shared, ours = _timed(lambda: _one_pass(models, image))
        net = models[0]._net
        plain, theirs = _timed(
            lambda: [net.eval(image.array(), channels=[0, 0], diameter=DIAMETER_PX, **s)[0] for s in settings]
        )
    return {
        "settings": len(settings),
        "image": source,
        "weights": "random (seed 0), standard Cellpose 3 network",
        "cellpose": importlib.metadata.version("cellpose"),
        "device": device,
        "seconds_shared_pass": round(shared, 2),
        "seconds_plain_calls": round(plain, 2),
        "ratio": round(plain / shared, 2),
        "labels_equal": all(np.array_equal(a, b) for a, b in zip(ours, theirs, strict=True)),
        "objects": [int(labels.max()) for labels in ours],
    }


def _one_pass(models, image):
    """What a sweep does: the network once, then the cheap part for every setting."""
    raw = models[0].network(models[0].pixels_of(image))
    return [one.labels_from(image, raw).pixels for one in models]


def _timed(work):
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result


def _image():
    """A real image of usual size if there is one at hand, else discs."""
    if REAL.is_dir():
        import imageio.v3 as iio

        for file in sorted((REAL / "images").glob("*.png")):
            if iio.improps(file).shape[:2] == SHAPE:
                return Image(iio.imread(file)[..., 0], "YX", file.stem), f"BBBC038 {file.stem[:8]}, 520 x 696"
    rows, columns = np.mgrid[: SHAPE[0], : SHAPE[1]]
    discs = 180 * (np.hypot(rows % 30 - 15, columns % 30 - 15) < 10)
    return Image(discs.astype(np.uint8), "YX", "discs"), "drawn discs, 520 x 696"


def _weights(file, image):
    """A Cellpose 3 model file with random weights whose cell probability is above 0 for a third of this image."""
    import torch
    from cellpose import models

    torch.manual_seed(0)
    library = models.CellposeModel(gpu=False, pretrained_model=False)
    library.net.save_model(file)
    _, flows, _ = models.CellposeModel(gpu=False, pretrained_model=str(file)).eval(
        image.array(), channels=[0, 0], diameter=DIAMETER_PX, compute_masks=False
    )
    shift = float(np.percentile(flows[2], 67))
    spread = float(flows[2].std())
    state = torch.load(file, weights_only=True)
    state["output.2.weight"][2] /= spread
    state["output.2.bias"][2] = (state["output.2.bias"][2] - shift) / spread
    torch.save(state, file)
    return file


if __name__ == "__main__":
    for key, value in measure().items():
        print(f"{key}: {value}")
