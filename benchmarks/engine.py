"""The engine's own cost: what a grid cell costs when its model costs nothing, and how long a finished plan takes."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path

import numpy as np

from opsef_core import Image, Run, either, grid, model, step
from opsef_core.models import Segmenter, segmenter

TITLE = "Engine"
ABOUT = (
    "A model that does nothing, 20 images of 256 x 256 x 64 grid points: time a cell, storing label image and row "
    "included; then the plan of a finished run of 1000 cells, and going again. Asked: <= 10 ms a cell, plan < 2 s."
)


@segmenter
class Nothing(Segmenter):
    """Finds nothing, at no cost."""

    a: int = 0
    b: int = 0

    def objects(self, raw):
        """No object."""
        return np.zeros(raw["pixels"].shape[1:], np.int32), None


def measure() -> dict[str, object]:
    """Run both cases in a temporary folder."""
    rng = np.random.default_rng(0)
    images = [Image(rng.integers(0, 255, (256, 256)).astype(np.uint8), "YX", f"image_{i:02d}") for i in range(20)]
    recipes = grid(step("subtract_background", value=either(*range(8))))
    with tempfile.TemporaryDirectory() as folder:
        models = model("nothing", a=either(*range(8)))
        run = Run(Path(folder) / "a", images, recipes, models)
        began = time.perf_counter()
        run.go(progress=False)
        seconds = time.perf_counter() - began
        assert (run.cells["status"] == "done").all()
        thousand = Run(Path(folder) / "b", images, recipes[:5], model("nothing", a=either(*range(10))))
        thousand.go(progress=False)
        began = time.perf_counter()
        plan = Run(Path(folder) / "b", images, recipes[:5], model("nothing", a=either(*range(10)))).plan()
        planning = time.perf_counter() - began
        assert len(plan.cells) == 1000
        assert not plan.todo
        began = time.perf_counter()
        thousand.go(progress=False)
        again = time.perf_counter() - began
    return {
        "cells": len(images) * 64,
        "overhead_ms_per_cell": round(1000 * seconds / (len(images) * 64), 2),
        "planning_a_finished_1000_cell_run_s": round(planning, 3),
        "a_second_identical_go_of_1000_cells_s": round(again, 3),
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
