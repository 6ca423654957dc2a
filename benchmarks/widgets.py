"""How long a widget's answer takes: the preview of each step after a slider moved, the explorer's image and objects."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import opsef_core as opsef
from opsef_core import Image, Recipe, step
from opsef_core.preprocess import STEPS, Step
from opsef_core.widgets._answer import split
from opsef_core.widgets._explorer.answers import Answers as ExplorerAnswers
from opsef_core.widgets._preview.answers import Answers
from opsef_core.widgets._preview.region import Source
from opsef_core.widgets._standing import Standing

SIDE_PX, TIMES, GREY = 512, 7, "grey, 8 bit"
TITLE = "Widgets"
ABOUT = (
    "The kernel's seconds for one answer, median of 7, in brackets the slowest. Preview: every step with default "
    "parameters on a region of 512 x 512 px of BBBC038, with nothing kept: the region is read, the step done, and the "
    "picture made (contrast, histogram, PNG). A grey image of 8 bit, the same as 16 bit (times 200 plus noise, so that "
    "there are many values), and a colour image (mirrored at its border, as it is smaller). `step alone`: seconds of "
    "the step in the same order; `no step`: what every answer costs. Explorer: an image of 520 x 696 px with truth, "
    "and the objects of one result. The way to the browser and drawing there are not in it. Asked: below 0.3 s."
)


def crops() -> list[Image]:
    """Regions of real images, 512 x 512 px; the smaller colour image lies mirrored beside itself."""
    sample = {image.name: image for image in opsef.dataset("bbbc038_sample").images}
    eight = sample["large_fluorescent_01.png"].array()[0, :SIDE_PX, :SIDE_PX]
    noise = np.random.default_rng(0).integers(0, 200, eight.shape)
    tissue = sample["pink_purple_tissue_01.png"]
    margins = [(0, 0), *((0, SIDE_PX - tissue.shape[axis]) for axis in "YX")]
    return [
        Image(eight, "YX", GREY),
        Image((eight.astype(np.uint16) * 200 + noise).astype(np.uint16), "YX", "grey, 16 bit"),
        Image(np.pad(tissue.array(), margins, mode="symmetric"), "CYX", "colour", channels=tissue.channels),
    ]


def timed(act: Callable[[], Any]) -> tuple[float, float]:
    """Median and slowest of some calls in seconds, after one that does not count."""
    act()
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        seconds.append(time.perf_counter() - began)
    return statistics.median(seconds), max(seconds)


def told(times: tuple[float, float]) -> str:
    """Median and slowest for people."""
    return f"{times[0]:.3f} ({times[1]:.3f})"


def answer(image: Image, steps: list[Step]) -> str:
    """The time of one answer of the preview; "-" where a step is not for such an image."""
    source = Source(image)
    question = {"kind": "ask", "name": "n", "region": [0, 0], "steps": Recipe(steps).as_list()}
    if Answers(source).to(question)["kind"] == "problem":
        return "-"
    return told(timed(lambda: split(Answers(source).to(question))))


def preview() -> list[dict[str, object]]:
    """Rows: what every answer costs, then a step each."""
    images = crops()
    rows = [{"asked": "preview, no step", **{image.name: answer(image, []) for image in images}}]
    for name in STEPS.names():
        one = step(name)
        times = {image.name: answer(image, [one]) for image in images}
        alone = [timed(lambda one=one, image=image: one(image))[0] for image in images if times[image.name] != "-"]
        rows.append({"asked": f"preview, {name}", **times, "step alone": ", ".join(f"{s:.3f}" for s in alone)})
    return rows


def explorer() -> list[dict[str, object]]:
    """Rows: an image of the sample with its truth, and the objects of one result."""
    data = opsef.dataset("bbbc038_sample")
    image = next(one for one in data.images if one.name == "large_fluorescent_01.png")
    with tempfile.TemporaryDirectory() as folder:
        run = opsef.Run(Path(folder) / "run", [image], None, opsef.model("threshold"))
        run.go(progress=False)
        run.score(truth=data.truth)
        standing = Standing(run)
        questions = {"image and truth": {"image": image.name}}
        questions["objects of a result"] = {"image": image.name, "point": standing.grid_points[0]}
        return [
            {"asked": f"explorer, {asked}", GREY: told(timed(lambda q=q: split(ExplorerAnswers(run, standing).to(q))))}
            for asked, q in questions.items()
        ]


def measure() -> list[dict[str, object]]:
    """The preview's rows, then the explorer's."""
    return preview() + explorer()


if __name__ == "__main__":
    for line in measure():
        print(line)
