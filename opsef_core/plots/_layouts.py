"""Two layouts beside each other: how measured and synthetic nuclei are sized, shaped and spread."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from ..errors import BadParameter, NothingToShow
from ._board import INK, MARK
from ._forest import GREY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANELS = {
    "area_px": "area (px)",
    "elongation": "elongation (major / minor axis)",
    "circularity": "circularity",
    "solidity": "solidity",
    "density_per_mpx": "objects per million pixels",
    "gap_px": "gap to the nearest object (px)",
    "touching": "share of objects in contact",
    "clustering": "pair correlation, 1.5 to 4 diameters",
}
LOGARITHMIC = ("area_px",)
BINS = 24
SHOWN = 0.99  # of the values; the last bar holds what lies beyond
Numbers = NDArray[np.float64]


class Measured(Protocol):
    """What can be drawn: anything with weighted values by name, as `adapt.measure_layout` gives it."""

    def values(self, name: str) -> tuple[Numbers, Numbers]:
        """(n,) values and (n,) weights of a property."""


def layouts(target: Measured, synthetic: Measured, names: tuple[str, str] = ("measured", "synthetic")) -> Figure:
    """Draw the distributions of two layouts, one panel a property: area under each is 1, lines are the means.

    The number in a panel is the Kolmogorov-Smirnov distance: the largest difference of the cumulative distributions,
    0 if they are the same, 1 if nothing is shared.

    Args:
        target: the measured layout (filled), from `adapt.measure_layout`.
        synthetic: the one to compare with it (line).
        names: what to call the two.

    Returns:
        The figure; nothing is shown.

    Raises:
        NothingToShow: one of the two has no value for any property.
        BadParameter: not two names.
    """
    import matplotlib.pyplot as plt

    if len(names) != 2:
        raise BadParameter(f"Two layouts have two names; given are {list(names)}.")
    for layout, name in zip((target, synthetic), names, strict=True):
        if not any(len(layout.values(p)[0]) for p in PANELS):
            raise NothingToShow(f"The layout {name!r} holds no object, so there is no distribution to draw.")
    rows = -(-len(PANELS) // 4)
    figure: Figure
    figure, axes = plt.subplots(rows, 4, figsize=(13, 2.9 * rows + 0.5), layout="constrained")
    for ax, name in zip(axes.flat, PANELS, strict=True):
        _panel(ax, name, target.values(name), synthetic.values(name))
    handles = axes.flat[0].get_legend_handles_labels()[0]
    if len(handles) == 2:
        figure.legend(handles, names, loc="outside upper left", ncols=2, frameon=False, fontsize=10, labelcolor=INK)
    return figure


def _panel(ax: Axes, name: str, target: tuple[Numbers, Numbers], synthetic: tuple[Numbers, Numbers]) -> None:
    """Both distributions of one property."""
    ax.set_xlabel(PANELS[name], fontsize=9, color=INK)
    ax.set_yticks([])
    ax.tick_params(labelsize=8, colors=INK)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    if not len(target[0]) or not len(synthetic[0]):
        ax.text(0.5, 0.5, "not known", transform=ax.transAxes, ha="center", fontsize=9, color=GREY)
        return
    edges = _edges(np.concatenate([target[0], synthetic[0]]), name in LOGARITHMIC)
    for (values, weights), colour, filled in ((target, GREY, True), (synthetic, MARK, False)):
        share = np.histogram(values.clip(edges[0], edges[-1]), edges, weights=weights)[0] / weights.sum()
        ax.stairs(share, edges, fill=filled, color=colour, alpha=0.45 if filled else 1, linewidth=1.5, label=name)
        mean = float(np.average(values, weights=weights))
        ax.axvline(mean, color=colour, linewidth=1.2, linestyle=(0, (4, 3)))
    if name in LOGARITHMIC:
        ax.set_xscale("log")
    ax.set_title(f"KS {_ks(target, synthetic):.2f}", loc="right", fontsize=8.5, color=INK)


def _edges(values: Numbers, logarithmic: bool) -> Numbers:
    """Bins over what nearly all values span."""
    low, high = (float(q) for q in np.quantile(values, (1 - SHOWN, SHOWN)))
    high = high if high > low else low + max(abs(low), 1.0) * 0.1
    spaced = np.geomspace(max(low, 1e-3), high, BINS + 1) if logarithmic else np.linspace(low, high, BINS + 1)
    return np.asarray(spaced, np.float64)


def _ks(a: tuple[Numbers, Numbers], b: tuple[Numbers, Numbers]) -> float:
    """Largest difference of the weighted cumulative distributions."""
    values = np.concatenate([a[0], b[0]])
    steps = np.concatenate([a[1] / a[1].sum(), -b[1] / b[1].sum()])
    order = np.argsort(values, kind="stable")
    gone = np.cumsum(steps[order])
    last = np.append(np.diff(values[order]) > 0, True)  # of equal values only the sum counts
    return float(np.abs(gone[last]).max())
