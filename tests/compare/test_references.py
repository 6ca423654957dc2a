"""Metrics against slow and obvious ways to get the same numbers, and against other programs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import binary_erosion, distance_transform_edt
from scipy.optimize import linear_sum_assignment
from toy import discs

from opsef_core.compare import THRESHOLDS, metric, overlaps
from opsef_core.compare.aji_plus import _one_to_one

IDS = st.sampled_from([0, 1, 2, 3, 4, 9, 70_000, 2**31 - 1])  # gaps, and ids too large to count by
SHAPES = st.sampled_from([(1, 1), (1, 7), (5, 6), (8, 8), (2, 4, 5), (0, 3)])
PAIRS = SHAPES.flatmap(lambda shape: st.tuples(*[arrays(np.int64, shape, elements=IDS)] * 2))
some = settings(max_examples=150, deadline=None)


def of(name, truth, prediction, **parameters):
    return metric(name, **parameters).of(overlaps(truth, prediction))


def masks(ids):
    return [ids == i for i in np.unique(ids[ids > 0])]


def iou_table(truth, prediction):
    """(true objects, predicted objects) IoU by comparing every pair of masks."""
    pairs = [[(t & p).sum() / (t | p).sum() for p in masks(prediction)] for t in masks(truth)]
    return np.array(pairs).reshape(len(masks(truth)), len(masks(prediction)))


def cells(seed, shape=(130, 150), step=22):
    """Discs, and the same shifted, cut, merged, missed and invented."""
    rng = np.random.default_rng(seed)
    places = [(r, c) for r in range(12, shape[0] - 10, step) for c in range(12, shape[1] - 10, step)]
    truth = discs(shape, *[(r, c, rng.integers(5, 10)) for r, c in places])
    prediction = discs(
        shape, *[(r + rng.integers(-3, 4), c + rng.integers(-3, 4), rng.integers(4, 12)) for r, c in places]
    )
    for _ in range(4):
        a, b = rng.integers(1, len(places), 2)
        prediction[prediction == a] = b
    prediction[:, 60:62] = 0
    return truth, np.where(prediction > 0, prediction * 3 + 5, 0)


def empty_rule(truth, prediction):
    """1 if both are empty, 0 if one is; None otherwise."""
    a, b = truth.any(), prediction.any()
    return None if a and b else float(not a and not b)


# --- slow and obvious ------------------------------------------------------------------------------------------


@some
@given(PAIRS)
def test_counts_at_ten_thresholds(pair):
    iou = iou_table(*pair)
    n_true, n_pred = iou.shape
    tp = np.array([(iou > t).sum() for t in THRESHOLDS])
    rule = empty_rule(*pair)
    expected = {
        "mean_precision": np.mean(tp / max(n_pred, 1)),
        "mean_recall": np.mean(tp / max(n_true, 1)),
        "mean_f1": np.mean(2 * tp / max(n_true + n_pred, 1)),
        "dsb_score": np.mean(tp / np.maximum(n_true + n_pred - tp, 1)),
        "rq": tp[0] / max((n_true + n_pred) / 2, 1),
        "sq": iou[iou > 0.5].mean() if (iou > 0.5).any() else 0.0,
    }
    for name, value in expected.items():
        assert of(name, *pair) == pytest.approx(value if rule is None else rule), name
    assert of("pq", *pair) == pytest.approx(of("rq", *pair) * of("sq", *pair))
    for threshold, right in zip(THRESHOLDS, tp, strict=True):
        ap = right / max(n_true + n_pred - right, 1)
        assert of("ap", *pair, iou_threshold=threshold) == pytest.approx(ap if rule is None else rule)


@some
@given(PAIRS)
def test_aji(pair):
    truth, prediction = masks(pair[0]), masks(pair[1])
    shared = whole = 0
    taken = set()
    for t in truth:
        iou = [(t & p).sum() / (t | p).sum() for p in prediction]
        if not any(iou):
            whole += t.sum()
            continue
        best = int(np.argmax(iou))
        taken.add(best)
        shared += (t & prediction[best]).sum()
        whole += (t | prediction[best]).sum()
    whole += sum(p.sum() for i, p in enumerate(prediction) if i not in taken)
    assert of("aji", *pair) == pytest.approx(shared / whole if whole else 1.0)


@some
@given(PAIRS)
def test_aji_plus_takes_the_best_one_to_one_assignment(pair):
    found = overlaps(*pair)
    pairs = _one_to_one(found)
    iou = iou_table(*pair)
    assert len(set(found.rows[pairs])) == len(set(found.columns[pairs])) == len(pairs)
    assert found.iou[pairs].sum() == pytest.approx(iou[linear_sum_assignment(-iou)].sum())


@pytest.mark.parametrize("seed", range(4))
def test_aji_plus(seed):
    truth, prediction = cells(seed)
    t, p, iou = masks(truth), masks(prediction), iou_table(truth, prediction)
    pairs = [(r, c) for r, c in zip(*linear_sum_assignment(-iou), strict=True) if iou[r, c] > 0]
    shared = sum((t[r] & p[c]).sum() for r, c in pairs)
    whole = sum((t[r] | p[c]).sum() for r, c in pairs)
    whole += sum(m.sum() for i, m in enumerate(t) if i not in {r for r, _ in pairs})
    whole += sum(m.sum() for i, m in enumerate(p) if i not in {c for _, c in pairs})
    assert of("aji_plus", truth, prediction) == pytest.approx(shared / whole)


@some
@given(PAIRS)
def test_seg(pair):
    truth, prediction = masks(pair[0]), masks(pair[1])
    scores = [sum((t & p).sum() / (t | p).sum() for p in prediction if (t & p).sum() > t.sum() / 2) for t in truth]
    assert of("seg", *pair) == pytest.approx(np.mean(scores) if truth else float(not prediction))


@some
@given(PAIRS)
def test_dice(pair):
    t, p = pair[0] > 0, pair[1] > 0
    size = t.sum() + p.sum()
    assert of("dice", *pair) == pytest.approx(2 * (t & p).sum() / size if size else 1.0)


def outline(mask):
    """The mask less its erosion; along axes of one pixel there is nothing to erode."""
    flat = mask.reshape([n for n in mask.shape if n > 1] or [1])
    return flat & ~binary_erosion(flat)


def distances_px(t, p):
    """Distance of every outline pixel of each mask to the other outline, by distance transforms."""
    a, b = outline(t), outline(p)
    return np.concatenate([distance_transform_edt(~b)[a], distance_transform_edt(~a)[b]])


def boundary_numbers(truth, prediction):
    """(mean, 95th percentile, diameter) of every match, by ascending true id."""
    made = []
    axes = sum(n > 1 for n in truth.shape)
    for t in masks(truth):
        for p in masks(prediction):
            if (t & p).sum() / (t | p).sum() > 0.5:
                d = distances_px(t, p)
                size = t.sum()
                diameter = {2: 2 * np.sqrt(size / np.pi), 3: (6 * size / np.pi) ** (1 / 3)}.get(axes, size)
                made.append((d.mean(), np.percentile(d, 95), diameter))
    return np.array(made).reshape(-1, 3)


def check_boundaries(truth, prediction):
    expected = boundary_numbers(truth, prediction)
    found = overlaps(truth, prediction).outline_distances
    np.testing.assert_allclose(found.mean_px, expected[:, 0])
    np.testing.assert_allclose(found.p95_px, expected[:, 1])
    rule = empty_rule(truth, prediction)
    for name, column in (("boundary_error", 0), ("boundary_p95_error", 1)):
        error = np.minimum(expected[:, column] / expected[:, 2], 1).mean() if len(expected) else 1.0
        assert of(name, truth, prediction) == pytest.approx(error if rule is None else 1 - rule), name


@some
@given(PAIRS)
def test_boundaries_of_noise(pair):
    check_boundaries(*pair)
    check_boundaries(pair[0], pair[0])


@some
@given(SHAPES.flatmap(lambda s: arrays(np.int64, s, elements=st.sampled_from([0, 6, 6, 6, 6, 2**31 - 2]))), st.data())
def test_boundaries_of_ragged_objects(truth, data):
    flip = data.draw(arrays(bool, truth.shape, elements=st.sampled_from([False, False, False, True])))
    check_boundaries(truth, np.where(flip, 6 - np.minimum(truth, 6), truth))


@pytest.mark.parametrize("seed", range(4))
def test_boundaries_of_cells(seed):
    check_boundaries(*cells(seed))


@pytest.mark.parametrize("shape", [(1, 90, 100), (7, 60, 70)])
def test_boundaries_of_stacks(shape):
    truth, prediction = cells(0, shape[1:])
    check_boundaries(np.stack([truth] * shape[0]), np.stack([prediction] * shape[0]))


def test_outlines_that_lie_far_apart():
    """Farther than the search in shells reaches, in one object of two; the other lies in between."""
    truth, prediction = np.zeros((80, 90), int), np.zeros((80, 90), int)
    truth[5:75, 5:85], prediction[5:75, 5:60] = 4, 8
    truth[30:35, 70:75] = prediction[30:35, 70:76] = 1
    check_boundaries(truth, prediction)
    assert overlaps(truth, prediction).outline_distances.p95_px.max() > 20


def test_an_object_as_large_as_the_image_has_the_border_as_its_outline():
    truth = np.ones((20, 20), int)
    prediction = truth.copy()
    prediction[:, :3] = 0
    check_boundaries(truth, prediction)


# --- other programs --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_stardist(seed):
    matching = pytest.importorskip("stardist.matching").matching
    truth, prediction = cells(seed)
    above = np.array(THRESHOLDS) + 1e-6  # theirs counts equality as a match, and has IoU in single precision
    theirs = matching(truth, prediction, thresh=tuple(above))
    assert of("mean_precision", truth, prediction) == pytest.approx(np.mean([m.precision for m in theirs]))
    assert of("mean_recall", truth, prediction) == pytest.approx(np.mean([m.recall for m in theirs]))
    assert of("mean_f1", truth, prediction) == pytest.approx(np.mean([m.f1 for m in theirs]))
    assert of("dsb_score", truth, prediction) == pytest.approx(np.mean([m.accuracy for m in theirs]))
    assert of("pq", truth, prediction) == pytest.approx(theirs[0].panoptic_quality)
    assert of("sq", truth, prediction) == pytest.approx(theirs[0].mean_matched_score)
    assert of("rq", truth, prediction) == pytest.approx(theirs[0].f1)
    for threshold in (0.1, 0.25, 0.4, *THRESHOLDS):
        one = matching(truth, prediction, thresh=threshold + 1e-6)
        assert of("ap", truth, prediction, iou_threshold=threshold) == pytest.approx(one.accuracy)


@pytest.mark.parametrize("seed", range(4))
def test_equal_to_cellpose(seed):
    metrics = pytest.importorskip("cellpose.metrics")
    truth, prediction = cells(seed)
    _, prediction = np.unique(prediction, return_inverse=True)  # theirs takes every number up to the largest as an id
    prediction = prediction.reshape(truth.shape)
    above = [t + 1e-6 for t in THRESHOLDS]
    ap = metrics.average_precision(truth, prediction, threshold=above)[0]
    for threshold, theirs in zip(THRESHOLDS, ap, strict=True):
        assert of("ap", truth, prediction, iou_threshold=threshold) == pytest.approx(theirs, rel=1e-6)
    assert of("dsb_score", truth, prediction) == pytest.approx(ap.mean(), rel=1e-6)


def test_where_ajis_of_cellpose_is_the_same_and_where_not():
    """Theirs divides by the foreground of both images, so that pixels of two pairs count once."""
    theirs = pytest.importorskip("cellpose.metrics").aggregated_jaccard_index
    apart = discs((60, 60), (15, 15, 8), (45, 45, 8))
    shifted = np.roll(apart, (2, 3), (0, 1))
    for name in ("aji", "aji_plus"):
        assert of(name, apart, shifted) == pytest.approx(theirs([apart], [shifted])[0])
    two, merged = np.array([[1, 1, 1, 2, 2]]), np.array([[1, 1, 1, 1, 1]])
    assert theirs([two], [merged])[0] == pytest.approx(3 / 5)
    assert of("aji", two, merged) == pytest.approx((3 + 2) / (5 + 5))
    assert of("aji_plus", two, merged) == pytest.approx(3 / (5 + 2))


@pytest.mark.parametrize("seed", range(2))
def test_outlines_equal_those_of_scikit_image(seed):
    from skimage.segmentation import find_boundaries

    from opsef_core.data._outline_distances import is_outline

    truth, _ = cells(seed)
    inner = find_boundaries(np.pad(truth, 1), connectivity=1, mode="inner")[1:-1, 1:-1]
    assert np.array_equal(is_outline(truth), inner)


@pytest.mark.parametrize("seed", range(3))
def test_distances_lie_within_those_of_scikit_image(seed):
    """Its Hausdorff distance is the largest of the distances; so is ours where all are equally far."""
    from skimage.metrics import hausdorff_distance

    truth = np.where(cells(seed)[0] > 0, 1, 0)
    prediction = np.roll(truth, 2, 0)
    (p95,) = overlaps(truth, prediction).outline_distances.p95_px
    assert p95 <= hausdorff_distance(outline(truth == 1), outline(prediction == 1))
    dot, moved = np.zeros((2, 9, 9), int)
    dot[2:6, 2:6], moved[2:6, 3:7] = 1, 1
    (p95,) = overlaps(dot, moved).outline_distances.p95_px
    assert p95 == hausdorff_distance(outline(dot == 1), outline(moved == 1)) == 1
