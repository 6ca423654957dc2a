"""Little images for the tests of steps."""

import numpy as np

from opsef_core.data import Image
from opsef_core.preprocess import step

AXES = {2: "YX", 3: "CYX", 4: "CZYX"}


def image(values, axes=None, dtype=None, **facts):
    pixels = np.asarray(values, dtype)
    return Image(pixels, axes or AXES[pixels.ndim], "toy", **facts)


def after(name, values, axes=None, dtype=None, **parameters):
    """Pixels of an image after one step."""
    return step(name, **parameters)(image(values, axes, dtype)).pixels


def noise(shape, dtype="float32", seed=0, high=200):
    rng = np.random.default_rng(seed)
    values = rng.integers(0, high, shape)
    return (values > high // 2) if dtype == "bool" else values.astype(dtype)
