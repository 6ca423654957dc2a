"""Boundary errors on cases worked out by hand, and the table in pixels."""

import numpy as np
import pytest

from opsef_core.compare import boundary_table, metric, overlaps

SQUARE = np.zeros((20, 30), int)
SQUARE[5:15, 5:15] = 7
WIDER = np.zeros((20, 30), int)
WIDER[5:15, 5:17] = 3  # the right side lies two pixels farther out


def test_a_square_and_a_wider_one():
    (row,) = boundary_table(overlaps(SQUARE, WIDER)).to_dict("records")
    out = [0, 1, *[2] * 6, 1, 0]  # from the square's right side; near its ends the wider one's long sides are nearer
    back = [1, *[2] * 10, 1]  # from the wider one's right side, and from what its long sides are longer
    mean = (sum(out) + sum(back)) / (36 + 40)
    assert (row["truth_id"], row["pred_id"]) == (7, 3)
    assert row["iou"] == pytest.approx(100 / 120)
    assert row["diameter_px"] == pytest.approx(2 * np.sqrt(100 / np.pi))
    assert row["mean_px"] == pytest.approx(mean)
    assert row["p95_px"] == 2
    assert metric("boundary_error").of(overlaps(SQUARE, WIDER)) == pytest.approx(mean / row["diameter_px"])
    assert metric("boundary_p95_error").of(overlaps(SQUARE, WIDER)) == pytest.approx(2 / row["diameter_px"])


def test_the_error_does_not_follow_the_magnification_much():
    """Nearest-neighbour enlargement draws the same shapes; outlines are a pixel thin at any size."""
    small = metric("boundary_error").of(overlaps(SQUARE, WIDER))
    large = metric("boundary_error").of(overlaps(*(np.kron(ids, np.ones((4, 4), int)) for ids in (SQUARE, WIDER))))
    assert large == pytest.approx(small, rel=0.15)


def test_a_stack_is_measured_against_the_ball():
    ball = np.zeros((12, 12, 12), int)
    ball[3:9, 3:9, 3:9] = 1
    moved = np.roll(ball, 1, 0)
    (row,) = boundary_table(overlaps(ball, moved)).to_dict("records")
    assert row["diameter_px"] == pytest.approx((6 * 216 / np.pi) ** (1 / 3))
    assert 0 < row["mean_px"] < row["p95_px"] == 1


def test_without_a_match_the_table_is_empty_and_the_error_is_the_worst():
    apart = np.roll(SQUARE, 9, 1)
    assert len(boundary_table(overlaps(SQUARE, apart))) == 0
    assert list(boundary_table(overlaps(SQUARE, apart))) == list(boundary_table(overlaps(SQUARE, WIDER)))
    assert metric("boundary_error").of(overlaps(SQUARE, apart)) == 1


def test_both_errors_measure_once(monkeypatch):
    from opsef_core.data import _overlaps

    calls = []
    measure = _overlaps.outline_distances
    monkeypatch.setattr(_overlaps, "outline_distances", lambda *args: calls.append(1) or measure(*args))
    found = overlaps(SQUARE, WIDER)
    metric("boundary_error").of(found), metric("boundary_p95_error").of(found), boundary_table(found)
    assert calls == [1]
