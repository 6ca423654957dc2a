"""Named little images with known objects, for tests and examples."""

import numpy as np
from skimage.draw import disk

from opsef_core.data import Act, Image, Labels


def discs(shape, *circles):
    """Label image of filled circles (row, column, radius), ids 1, 2, ... in order; later ones lie on top."""
    ids = np.zeros(shape, np.int32)
    for number, (row, column, radius) in enumerate(circles, start=1):
        ids[disk((row, column), radius, shape=shape)] = number
    return ids


def picture(ids, seed=0, low=20.0, high=180.0, noise=4.0):
    """A fluorescence-like uint8 picture of a label image: bright objects, dark noisy background."""
    rng = np.random.default_rng(seed)
    pixels = np.where(ids > 0, high, low) + noise * rng.standard_normal(ids.shape)
    return np.clip(pixels, 0, 255).astype(np.uint8)


def pair(name, ids, **look):
    """An `Image` and its true `Labels`."""
    image = Image(picture(ids, **look), "YX", name)
    return image, Labels.of(image, ids, Act("truth", "toy"))


def one_disc(name="one_disc"):
    return pair(name, discs((64, 64), (32, 32, 10)))


def touching_discs(name="touching_discs"):
    return pair(name, discs((64, 80), (32, 28, 12), (32, 50, 12)))


def mixed_sizes(name="mixed_sizes"):
    """Radii 30 to 6: small objects must not vanish beside large ones."""
    circles = [(40, 40, 30), (40, 110, 20), (110, 40, 20), (110, 110, 20), (110, 150, 8), (20, 160, 6)]
    return pair(name, discs((150, 180), *circles))


def empty(name="empty"):
    return pair(name, np.zeros((48, 56), np.int32))


def many_discs(name="many_discs", seed=0, shape=(200, 240), step=24):
    """A grid of discs, slightly shifted, radius 5 to 9."""
    rng = np.random.default_rng(seed)
    rows, columns = range(14, shape[0] - 12, step), range(14, shape[1] - 12, step)
    circles = [(r + rng.integers(-2, 3), c + rng.integers(-2, 3), rng.integers(5, 10)) for r in rows for c in columns]
    return pair(name, discs(shape, *circles), seed=seed)
