"""Metrics: time and memory of all of them, against StarDist's matching on the same images."""

from __future__ import annotations

import json
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from opsef_core.compare import METRICS, THRESHOLDS, Metric, metric, overlaps

TITLE = "Metrics"
ABOUT = (
    "All metrics of one image, its overlap table included (ten IoU thresholds wherever a metric has ten): 1000 x 1000 "
    "pixels with 1500 objects, and 5000 x 5000 with 50 000. The prediction has other outlines, and objects missed, "
    "merged, split and invented. The boundary errors, which measure every outline, stand apart. `stardist.matching` "
    "runs over the same ten thresholds in the same process, given them all in one call, which relabels and overlaps "
    "once as we do; its counts, precision, recall, F1 and panoptic quality must equal ours. Best of several runs on "
    "one thread. Memory is what Python and numpy allocate beyond the two label images. Asked: <= 50 ms in all, "
    ">= 20 times faster than StarDist; <= 3 s and < 1 GB for the large image."
)
Ids = NDArray[np.int32]
BESIDE_TIES = 1e-6  # StarDist counts an IoU equal to the threshold as a match


def blobs(side: int, count: int, seed: int) -> Ids:
    """Ellipses on a jittered grid, ids 1 to count, some of them touching."""
    rng = np.random.default_rng(seed)
    across = int(np.ceil(np.sqrt(count)))
    step = side / across
    reach = int(np.ceil(step / 2))
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    ids = np.zeros((side + 2 * reach, side + 2 * reach), np.int32)
    for number in range(count):
        row, column = (int((place + 0.5) * step + rng.uniform(-1.5, 1.5)) for place in divmod(number, across))
        high, wide = rng.uniform(0.33, 0.5, 2) * step
        part = ids[row : row + 2 * reach + 1, column : column + 2 * reach + 1]
        part[(y / high) ** 2 + (x / wide) ** 2 <= 1] = number + 1
    return np.ascontiguousarray(ids[reach:-reach, reach:-reach])


def predicted(truth: Ids, seed: int) -> Ids:
    """What a fair model makes of it: outlines off by a pixel or so, 2 % missed, 2 % merged, a few split, some dust."""
    rng = np.random.default_rng(seed)
    count = int(truth.max())
    rows, columns = np.indices(truth.shape, sparse=True)
    sway = [np.rint(1.6 * np.sin(columns / p) * np.cos(rows / q)).astype(int) for p, q in ((23, 31), (37, 19))]
    places = tuple(np.clip(at + by, 0, n - 1) for at, by, n in zip((rows, columns), sway, truth.shape, strict=True))
    names = np.arange(count + 1)
    merged = rng.choice(np.arange(1, count), count // 50, replace=False)
    names[merged] = merged + 1
    names[rng.choice(np.arange(1, count + 1), count // 50, replace=False)] = 0
    found = names[truth[places]]
    found[np.arange(truth.shape[0] // 9, truth.shape[0], truth.shape[0] // 4)] = 0  # lines that cut objects
    dust = rng.integers(0, truth.size, count // 50)
    found.flat[dust] = np.where(found.flat[dust] == 0, count + 1 + np.arange(len(dust)), found.flat[dust])
    return found.astype(np.int32)


def best_ms(function: Callable[[], Any], times: int) -> float:
    """The fastest of several runs, in milliseconds."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return 1000 * min(seconds)


def extra_mb(function: Callable[[], Any]) -> float:
    """Most memory allocated at a time while it runs."""
    tracemalloc.start()
    function()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 2**20


def scored(truth: Ids, prediction: Ids, metrics: list[Metric]) -> dict[str, float]:
    """All numbers of one image, as `score_labels` makes them."""
    found = overlaps(truth, prediction)
    return {one.name: one.of(found) for one in metrics}


def against_stardist(truth: Ids, prediction: Ids) -> Callable[[], Any]:
    """StarDist's numbers, checked once against ours; the function that makes them, to be timed."""
    from stardist.matching import matching

    above = tuple(t + BESIDE_TIES for t in THRESHOLDS)
    theirs = matching(truth, prediction, thresh=above)  # the first call compiles
    ours = overlaps(truth, prediction)
    assert [(m.tp, m.fp, m.fn) for m in theirs] == [ours.counts(t) for t in above]
    for name, values in (
        ("dsb_score", [m.accuracy for m in theirs]),
        ("mean_precision", [m.precision for m in theirs]),
        ("mean_recall", [m.recall for m in theirs]),
        ("mean_f1", [m.f1 for m in theirs]),
        ("pq", [theirs[0].panoptic_quality]),
        ("sq", [theirs[0].mean_matched_score]),
    ):
        assert np.isclose(metric(name).of(ours), np.mean(values), rtol=1e-6), name
    return lambda: matching(truth, prediction, thresh=above)


def measure() -> dict[str, object]:
    """Time both images, and StarDist on the small one."""
    every = [METRICS.get(name)() for name in METRICS.names()]
    outlines = [m for m in every if m.name.startswith("boundary")]
    others = [m for m in every if m not in outlines]
    figures: dict[str, object] = {"metrics": len(every)}
    small = blobs(1000, 1500, 0)
    pair = small, predicted(small, 1)
    theirs = against_stardist(*pair)
    without = best_ms(lambda: scored(*pair, others), 30)
    whole = best_ms(lambda: scored(*pair, every), 30)
    stardist = best_ms(theirs, 5)
    figures |= {
        "small_overlap_table_ms": round(best_ms(lambda: overlaps(*pair), 30), 1),
        "small_all_but_boundaries_ms": round(without, 1),
        "small_all_with_boundaries_ms": round(whole, 1),
        "small_stardist_ten_thresholds_ms": round(stardist, 1),
        "times_faster_than_stardist": round(stardist / without, 1),
        "times_faster_with_boundaries": round(stardist / whole, 1),
        "numbers_equal_stardists": True,  # or the check above would have stopped
    }
    large = blobs(5000, 50_000, 0)
    pair = large, predicted(large, 1)
    figures |= {
        "large_all_but_boundaries_s": round(best_ms(lambda: scored(*pair, others), 3) / 1000, 2),
        "large_all_with_boundaries_s": round(best_ms(lambda: scored(*pair, every), 3) / 1000, 2),
        "large_extra_memory_mb": round(extra_mb(lambda: scored(*pair, every))),
    }
    return figures


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
