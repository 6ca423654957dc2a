"""What every registered metric must do."""

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
    assert len(type(each).__doc__) > 80
