import numpy as np
import pytest
import toy
from perfect_detections import detections

from opsef_core.models.nucleaizer.detections import Detections
from opsef_core.models.nucleaizer.size import find_diameter_px, typical_diameter_px

SHAPE = (200, 240)


def found(*circles, scores=None, shape=SHAPE):
    return detections(toy.discs(shape, *circles), scores)


def test_the_typical_diameter_is_the_median():
    diameter = typical_diameter_px(found((50, 50, 10), (50, 100, 12), (50, 150, 14)), SHAPE)
    assert diameter == pytest.approx(24, rel=0.05)


def test_specks_and_clumps_do_not_count():
    circles = [(50, 50, 10), (50, 100, 10), (50, 150, 10), (20, 20, 2), (20, 40, 2), (130, 120, 60)]
    assert typical_diameter_px(found(*circles), SHAPE) == pytest.approx(20, rel=0.07)


def test_objects_at_the_border_count_only_if_there_are_no_others():
    cut = (0, 100, 20)
    assert typical_diameter_px(found(cut, (100, 100, 10)), SHAPE) == pytest.approx(20, rel=0.07)
    assert typical_diameter_px(found(cut), SHAPE) == pytest.approx(28, rel=0.1)  # half of a disc


def test_unsure_objects_do_not_count():
    two = found((50, 50, 10), (50, 100, 20), scores=[0.9, 0.3])
    assert typical_diameter_px(two, SHAPE) == pytest.approx(20, rel=0.07)
    assert typical_diameter_px(found((50, 50, 10), scores=[0.2]), SHAPE) is None
    assert typical_diameter_px(Detections.none(), SHAPE) is None


def looks(**by_scale):
    """What is found at each magnification; and the magnifications that were asked for."""
    asked = []

    def look(scale):
        asked.append(round(scale, 2))
        return by_scale.get(f"x{scale:.2f}".replace(".", "_"), Detections.none())

    return look, asked


def test_one_look_suffices_for_usual_sizes():
    look, asked = looks(x1_00=found((50, 50, 10)))
    assert find_diameter_px(look, SHAPE) == pytest.approx(20, rel=0.07)
    assert asked == [1.0]


def test_a_second_look_at_very_large_objects():
    look, asked = looks(x1_00=found((100, 100, 40)), x0_30=found((100, 100, 50)))
    assert find_diameter_px(look, SHAPE) == pytest.approx(100, rel=0.05)
    assert asked == [1.0, 0.3]


def test_specks_are_not_looked_at_with_any_magnification():
    look, asked = looks(x1_00=found((50, 50, 1.5), (90, 90, 1.5)))
    assert find_diameter_px(look, SHAPE) == 6
    assert asked == [1.0, 4.0]


def test_the_first_size_stays_if_the_second_look_finds_nothing():
    look, _ = looks(x1_00=found((100, 100, 40)))
    assert find_diameter_px(look, SHAPE) == pytest.approx(80, rel=0.05)


def test_other_magnifications_are_tried_where_nothing_is_found():
    look, asked = looks(x0_35=found((100, 100, 60)))
    assert find_diameter_px(look, SHAPE) == pytest.approx(120, rel=0.05)
    assert asked == [1.0, 0.35, 2.5]
    look, asked = looks()
    assert find_diameter_px(look, (20, 20)) is None
    assert asked == [1.0, 2.5]
    assert not np.isnan(find_diameter_px(looks(x2_50=found((30, 30, 1.6)))[0], SHAPE))
