import numpy as np
import pytest
import toy
from perfect_detections import detections

from opsef_core.models.nucleaizer.detections import Detections, paint, suppress


def iou(a, b):
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize("case", [toy.one_disc, toy.touching_discs, toy.mixed_sizes, toy.many_discs])
def test_painted_masks_are_the_objects(case):
    _, truth = case()
    labels, scores = paint(detections(truth.pixels), truth.pixels.shape, 0.5)
    assert labels.dtype == np.int32
    assert len(scores) == truth.count
    for number in range(1, truth.count + 1):
        assert iou(labels == number, truth.pixels == number) > 0.9


def test_nothing_found_is_an_empty_image():
    labels, scores = paint(Detections.none(), (5, 7), 0.5)
    assert labels.shape == (5, 7)
    assert not labels.any()
    assert len(scores) == 0
    assert len(suppress(Detections.none(), 0.35)) == 0
    assert len(Detections.together([])) == 0


def test_the_higher_score_wins_a_pixel():
    ids = toy.discs((40, 60), (20, 20, 12))
    both = Detections.together([detections(ids, [0.9]), detections(np.roll(ids, 14, axis=1), [0.6])])
    labels, scores = paint(suppress(both, 0.5), ids.shape, 0.5)
    assert scores.tolist() == pytest.approx([0.9, 0.6])
    assert iou(labels == 1, ids == 1) > 0.95
    assert (labels == 2).sum() < (ids == 1).sum()  # it lost what both claim


def test_what_higher_scores_mostly_cover_is_no_object():
    ids = toy.discs((40, 60), (20, 20, 12))
    small = toy.discs((40, 60), (20, 20, 5))
    both = Detections.together([detections(ids, [0.9]), detections(small, [0.8])])
    assert len(suppress(both, 0.35)) == 2  # the boxes overlap by little
    assert paint(suppress(both, 0.35), ids.shape, 0.5)[1].tolist() == pytest.approx([0.9])


def test_suppression_keeps_the_best_of_each_heap_whatever_the_order():
    ids = toy.discs((40, 90), (20, 20, 12), (20, 60, 12))
    heap = Detections.together([detections(np.roll(ids, n, axis=1), [0.5 + n / 10, 0.9 - n / 10]) for n in range(3)])
    for order in (np.arange(6), np.arange(6)[::-1], np.array([3, 1, 5, 0, 2, 4])):
        kept = suppress(heap[order], 0.35)
        assert kept.scores.tolist() == pytest.approx([0.9, 0.7])


def test_objects_beyond_the_border_are_cut():
    ids = toy.discs((40, 40), (0, 0, 12))
    labels, _ = paint(detections(ids).moved(-4, -4), (40, 40), 0.5)
    assert labels[0, 0] == 1
    assert (labels > 0).sum() < (ids > 0).sum()
    outside, scores = paint(detections(ids).moved(-80, 0), (40, 40), 0.5)
    assert not outside.any()
    assert not len(scores)


def test_half_pixels_are_where_they_belong():
    """A full mask in a box from 2 to 5 covers the pixels 2, 3, 4."""
    full = Detections(np.array([[2, 3, 5, 7]], np.float32), np.ones(1, np.float32), np.full((1, 28, 28), 255, np.uint8))
    labels, _ = paint(full, (10, 10), 0.5)
    rows, columns = np.nonzero(labels)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (3, 6, 2, 4)
    assert full.areas_px().tolist() == [12]


def test_five_thousand_objects_are_fine():
    rng = np.random.default_rng(0)
    corners = np.stack(np.meshgrid(np.arange(72), np.arange(72)), -1).reshape(-1, 2)[:5000] * 14.0
    boxes = np.concatenate([corners, corners + 10], 1).astype(np.float32)
    many = Detections(boxes, rng.random(5000, np.float32), np.full((5000, 28, 28), 255, np.uint8))
    labels, scores = paint(suppress(many, 0.35), (1010, 1010), 0.5)
    assert len(scores) == labels.max() == 5000
