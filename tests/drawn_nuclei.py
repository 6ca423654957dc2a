"""Small label images with known nuclei."""

import numpy as np
from skimage.draw import ellipse


def two_touching():
    """Two rectangles side by side, one far away, one cut by the border."""
    ids = np.zeros((60, 80), np.int32)
    ids[10:20, 10:20] = 5
    ids[10:20, 20:30] = 9
    ids[40:50, 40:60] = 7
    ids[30:40, 74:80] = 2
    return ids


def field(number=0, count=40, size=(256, 256), radius=(6, 9), stretch=1.5):
    """Ellipses that do not overlap; some touch."""
    rng = np.random.default_rng(number)
    ids = np.zeros(size, np.int32)
    for n in range(1, count + 1):
        for _ in range(50):
            r = rng.uniform(*radius)
            y, x = rng.uniform(0, size[0]), rng.uniform(0, size[1])
            turn = rng.uniform(0, np.pi)
            yy, xx = ellipse(y, x, r / np.sqrt(stretch), r * np.sqrt(stretch), size, turn)
            if len(yy) and not ids[yy, xx].any():
                ids[yy, xx] = n
                break
    return ids
