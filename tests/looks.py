"""Pictures of a few unlike looks, for tests of features and styles."""

import numpy as np
from toy import discs, picture

from opsef_core.data import RGB, Image

LOOKS = ("bright", "dim", "tissue")


def look(kind, number, side=96):
    """A field of nuclei of a look; the number decides where they lie."""
    rng = np.random.default_rng([LOOKS.index(kind), number])
    radius = 11 if kind == "dim" else 6
    ids = discs((side, side), *((*rng.integers(8, side - 8, 2), radius) for _ in range(12 if kind != "dim" else 4)))
    name = f"{kind}_{number:02d}"
    if kind == "bright":
        return Image(picture(ids, seed=number, low=20, high=200, noise=3), "YX", name)
    if kind == "dim":
        return Image(picture(ids, seed=number, low=4, high=30, noise=1.5), "YX", name)
    stain = [picture(ids, seed=number + c, low=low, high=high, noise=6) for c, (low, high) in enumerate(COLOURS)]
    return Image(np.stack(stain), "CYX", name, channels=RGB)


COLOURS = ((210, 90), (170, 60), (215, 150))


def fields(count, kinds=LOOKS):
    """So many images of each look."""
    return [look(kind, number) for kind in kinds for number in range(count)]
