"""Score tables with known differences."""

import numpy as np
import pandas as pd


def table(n=30, metric="dsb_score", seed=0, noise=0.05, **shifts):
    """Images of very different difficulty; a grid point's score is the image's, plus its shift, plus noise."""
    rng = np.random.default_rng(seed)
    ease = rng.beta(5, 3, n)
    rows = [
        {"image": f"i{i}", "grid_point": name, "model": name, "status": "done", "seconds": float(s), metric: value}
        for s, (name, shift) in enumerate(shifts.items(), start=1)
        for i, value in enumerate(ease + shift + noise * rng.standard_normal(n))
    ]
    return pd.DataFrame(rows)
