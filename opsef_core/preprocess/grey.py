"""Colour to grey."""

import numpy as np

from ._step import Pixels, step_kind

RED_GREEN_BLUE = np.array([0.299, 0.587, 0.114])


@step_kind(per="image", channels=(1, 3))
def grey(pixels: Pixels) -> Pixels:
    """Make a colour image grey, as bright as the eye sees it; a grey image stays as it is.

    Luma of ITU-R BT.601: 0.299 red + 0.587 green + 0.114 blue.

    Args:
        pixels: (C, Y, X) or (C, Z, Y, X) with C = 3 (red, green, blue) or 1.
    """
    return pixels if len(pixels) == 1 else np.tensordot(RED_GREEN_BLUE, pixels, axes=1)[None].astype(np.float32)
