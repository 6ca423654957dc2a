"""The views of an image: turned and mirrored, and back."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray


class View(NamedTuple):
    """Mirrored left to right first, if so, then turned by so many quarters."""

    mirrored: bool
    quarters: int

    def there(self, x: NDArray[Any]) -> NDArray[Any]:
        """The (..., Y, X) array as this view shows it."""
        x = np.flip(x, axis=-1) if self.mirrored else x
        return np.ascontiguousarray(np.rot90(x, self.quarters, axes=(-2, -1)))

    def back(self, x: NDArray[Any]) -> NDArray[Any]:
        """What `there` undoes."""
        x = np.rot90(x, -self.quarters, axes=(-2, -1))
        return np.ascontiguousarray(np.flip(x, axis=-1) if self.mirrored else x)


ALL = tuple(View(mirrored, quarters) for mirrored in (False, True) for quarters in range(4))
# Original, three turns, mirrored left to right and top to bottom: the six of Moshkov et al. 2020.
SIX = (*ALL[:4], View(True, 0), View(True, 2))


def views(count: Literal[6, 8]) -> tuple[View, ...]:
    """The six views of the paper, or all eight there are."""
    return SIX if count == 6 else ALL
