import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import toy
from fake_run import FakeRun, eroded


@pytest.fixture
def run(tmp_path):
    """Three images; `plain -> good` finds all, `plain -> poor` too little, `plain -> broken` fails on one."""
    return make_run(tmp_path)


@pytest.fixture(scope="module")
def shown_run(tmp_path_factory):
    """The same, once a module: for the tests in a browser."""
    return make_run(tmp_path_factory.mktemp("run"))


def make_run(folder):
    run = FakeRun(folder)
    for image, truth in (toy.mixed_sizes(), toy.touching_discs(), toy.many_discs()):
        run.image_with(image, truth)
        run.result(image.name, "plain", "poor", eroded(truth, 3))
        run.result(image.name, "plain", "good", truth)
        run.result(image.name, "plain", "broken", None if image.name == "mixed_sizes" else eroded(truth, 1), "a reason")
    return run


@pytest.fixture
def wide():
    """An image of 5000 x 300 pixels, and labels."""
    ids = np.zeros((300, 5000), np.int32)
    ids[100:200, 1000:1400], ids[:50, 4900:] = 7, 9
    return toy.pair("wide", ids)
