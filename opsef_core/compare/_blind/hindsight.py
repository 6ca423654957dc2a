"""With truth: how well a ranking made without it would have done."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

CLEAR = 0.02  # grid points whose true scores differ by less are not told apart by anybody


@dataclass(frozen=True)
class Hindsight:
    """An estimated against the true order of grid points.

    Attributes:
        spearman: rank correlation, -1 to 1; NaN with fewer than three grid points, or if all are alike.
        pairs_right: of the pairs whose true scores differ by more than 0.02, the part whose order was right.
        chosen: true score of the grid point that would have been chosen.
        best: the best true score there is.
        grid_points: how many were compared.
    """

    spearman: float
    pairs_right: float
    chosen: float
    best: float
    grid_points: int

    def __str__(self) -> str:
        right = (
            "" if np.isnan(self.pairs_right) else f", {self.pairs_right:.0%} of the clearly different pairs in order"
        )
        return (
            f"Spearman {self.spearman:.2f} over {self.grid_points} grid points{right}; the chosen one scores "
            f"{self.chosen:.3f}, the best {self.best:.3f}"
        )


def hindsight(estimate: pd.Series[float], truth: pd.Series[float]) -> Hindsight:
    """Compare an estimate (higher is better) with true scores (higher is better), both indexed by grid point."""
    both = pd.DataFrame({"estimate": estimate, "truth": truth}).dropna()
    guess, true = both["estimate"].to_numpy(float), both["truth"].to_numpy(float)
    varied = len(both) > 2 and np.ptp(guess) > 0 and np.ptp(true) > 0
    spearman = float(both["estimate"].rank().corr(both["truth"].rank())) if varied else float("nan")
    clear = [(a, b) for a, b in combinations(range(len(both)), 2) if abs(true[a] - true[b]) > CLEAR]
    right = [(guess[a] - guess[b]) * (true[a] - true[b]) > 0 for a, b in clear]
    return Hindsight(
        spearman,
        float(np.mean(right)) if right else float("nan"),
        float(true[guess.argmax()]) if len(both) else float("nan"),
        float(true.max()) if len(both) else float("nan"),
        len(both),
    )
