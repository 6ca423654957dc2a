"""What every registered metric must do."""

import re

import numpy as np
import pytest
from toy import discs

from opsef_core.compare import METRICS, lower_is_better, overlaps
from opsef_core.compare._metric import Metric, metric_kind

IDS = discs((60, 70), (15, 15, 8), (40, 20, 9), (30, 50, 10))
NOTHING = np.zeros_like(IDS)


@pytest.fixture(params=METRICS.names())
def each(request):
    return METRICS.get(request.param)()


def test_the_same_image_is_perfect(each):
    assert each.of(overlaps(IDS, IDS)) == each.best


def test_nothing_found_where_nothing_is_is_perfect(each):
    assert each.of(overlaps(NOTHING, NOTHING)) == each.best


def test_one_empty_is_the_worst(each):
    assert each.of(overlaps(IDS, NOTHING)) == 1 - each.best
    assert each.of(overlaps(NOTHING, IDS)) == 1 - each.best


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (2, 3, 4), (1, 5, 6)])
def test_any_shape_will_do_a_single_pixel_too(each, shape):
    one = np.zeros(shape, np.int32)
    one.flat[-1] = 7
    everywhere = np.full(shape, 3)
    assert each.of(overlaps(one, one)) == each.best
    assert each.of(overlaps(everywhere, everywhere)) == each.best
    assert each.of(overlaps(one, one * 0)) == each.of(overlaps(one * 0, one)) == 1 - each.best
    assert 0 <= each.of(overlaps(one, everywhere)) <= 1


def test_images_without_pixels_are_empty(each):
    nothing = np.zeros((0, 5), np.int32)
    assert each.of(overlaps(nothing, nothing)) == each.best


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32, np.uint32, np.int64, np.uint64])
def test_the_integer_type_does_not_matter(each, dtype):
    shifted = np.roll(IDS, (2, 1), (0, 1))
    expected = each.of(overlaps(IDS, shifted))
    assert each.of(overlaps(IDS.astype(dtype), shifted)) == each.of(overlaps(IDS, shifted.astype(dtype))) == expected


def test_very_large_ids_do_not_matter(each):
    shifted = np.roll(IDS, (2, 1), (0, 1)).astype(np.int64)
    huge = np.where(shifted > 0, 2**31 - 10 + shifted, 0)
    assert each.of(overlaps(IDS, huge)) == each.of(overlaps(IDS, shifted))
    assert each.of(overlaps(huge, IDS)) == each.of(overlaps(shifted, IDS))


def test_the_label_images_are_left_alone(each):
    truth, prediction = IDS.copy(), np.roll(IDS, 2, 0)
    before = prediction.copy()
    each.of(overlaps(truth, prediction))
    assert np.array_equal(truth, IDS)
    assert np.array_equal(prediction, before)


def test_numbers_stay_between_0_and_1_and_ids_do_not_matter(each):
    rng = np.random.default_rng(0)
    for _ in range(5):
        truth, prediction = rng.integers(0, 5, (2, 8, 9))
        value = each.of(overlaps(truth, prediction))
        assert 0 <= value <= 1
        assert value == each.of(overlaps(truth * 1000, prediction * 77))


def test_the_name_says_which_way_is_better(each):
    assert lower_is_better(each.name) != each.higher_is_better


def test_a_name_that_lies_about_the_way_is_refused():
    class Wrong(Metric):
        higher_is_better = False

    with pytest.raises(TypeError, match="must end in _error if, and only if, lower is better"):
        metric_kind(Wrong)
    METRICS._found.pop("wrong")


def test_it_is_documented(each):
    assert each.long_name
    assert len(_text(each)) > 80
    assert re.search(
        rf"0 .*1.*, {'higher' if each.higher_is_better else 'lower'} is better\.", type(each).__doc__.split("\n")[0]
    )


def test_its_rule_for_empty_images_is_documented(each):
    """In words, but for the count, whose formula says it: 0 of nothing, all of something."""
    if each.name != "count_error":
        assert re.search(rf"Both images empty: {each.best:g}; one empty[^:]*: {1 - each.best:g}", _text(each))


def test_its_iou_rule_is_documented(each):
    assert re.search("IoU strictly above|No IoU|No objects are matched", _text(each))


def test_its_source_is_documented(each):
    if each.name != "count_error":  # nobody's invention
        assert re.search(r"Source: .* \d{4}, .*doi:10\.\d{4}", _text(each))


def _text(each):
    return " ".join(type(each).__doc__.split())
