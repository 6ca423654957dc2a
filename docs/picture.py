"""Draw docs/demo.png, the second picture of the README, after `make demo`: python docs/picture.py runs/demo."""

import sys
from pathlib import Path

import matplotlib.pyplot as plt

from opsef_core import Run, plots

IMAGES = ("small_fluorescent_04.png", "purple_tissue_01.png")
BLUE, LIME = (0, 200, 255), (190, 240, 0)
CROP = (0, 0, 256, 256)


def main() -> None:
    """One row: the board, and for two images the outlines of the truth (blue) and of the best grid point (lime)."""
    run = Run.open(sys.argv[1])
    run.score()
    best = run.best()
    found = {image.name: labels for image, labels in best.pairs}
    figure, axes = plt.subplots(1, 5, figsize=(22, 4.6), width_ratios=(2.4, 1, 1, 1, 1))
    plots.board(run.scores, metric="dsb_score", ax=axes[0])
    for i, name in enumerate(IMAGES):
        image, truth = run.image(name), run.truth_of(name)
        shown = (truth, "truth", BLUE), (found[name], "best of the grid", LIME)
        for axis, (labels, title, colour) in zip(axes[2 * i + 1 :], shown, strict=False):
            axis.imshow(plots.overlay(image, labels, crop=CROP, zoom=3, line_px=4, colour=colour))
            axis.set_title(title, fontsize=11)
            axis.set_axis_off()
    figure.tight_layout()
    figure.savefig(Path(__file__).parent / "demo.png", dpi=80)


if __name__ == "__main__":
    main()
