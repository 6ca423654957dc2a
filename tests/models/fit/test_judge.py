import numpy as np
import pytest
import toy

from opsef_core.models import Example
from opsef_core.models._fit import Plan
from opsef_core.models._fit._judge import evenly, mean_score, score


def examples(**kinds):
    return [Example(*toy.one_disc(f"{kind}_{i}"), kind=kind) for kind, n in kinds.items() for i in range(n)]


def names(chosen):
    return [e.image.name for e in chosen]


def test_all_are_looked_at_if_these_are_few():
    few = examples(a=3, b=2)
    assert evenly(few, 5) == few


@pytest.mark.parametrize("most", [1, 2, 3, 7, 12, 29])
def test_never_more_than_asked_for(most):
    assert len(evenly(examples(a=20, b=2, c=8), most)) == most


def test_small_kinds_keep_all_they_have_and_large_ones_are_thinned_evenly():
    chosen = names(evenly(examples(a=21, b=2), 7))
    assert chosen[:2] == ["b_0", "b_1"]
    assert chosen[2:] == ["a_0", "a_5", "a_10", "a_15", "a_20"]


def test_scores_are_those_of_each_image(level):
    model = level.start(level.RIGHT)
    given = [Example(*toy.many_discs(), kind="discs"), Example(*toy.empty(), kind="nothing")]
    table = score(model, given, "cpu", "its")
    assert table.index.tolist() == ["many_discs", "empty"]
    assert table.columns.tolist() == ["kind", "n_true", "its_dsb_score", "its_n"]
    assert table["its_dsb_score"].tolist() == [1.0, 1.0]
    assert table["its_n"].tolist() == [given[0].truth.count, 0]
    assert score(level.start(level.SWAMPED, "b"), given, "cpu", "its")["its_dsb_score"].tolist() == [0.0, 0.0]


def test_a_family_may_change_how_it_is_judged_while_it_trains(level):
    model, asked = level.start(level.BLIND), []

    def changed(loaded, example):
        asked.append(example.image.name)
        other = loaded.model_copy()
        other._level = level.RIGHT
        return other

    assert mean_score(model, [Example(*toy.one_disc())], "cpu") == 0
    assert mean_score(model, [Example(*toy.one_disc())], "cpu", changed) == 1
    assert asked == ["one_disc"]


def test_the_rate_warms_up_and_comes_down():
    steps = 1000
    rates = [Plan().rate(0.5, step, step / steps) for step in range(steps)]
    assert rates[0] == pytest.approx(0.005)
    assert max(rates) == pytest.approx(0.5, rel=0.03)
    assert 95 <= int(np.argmax(rates)) <= 100
    assert np.all(np.diff(rates[100:]) < 0)
    assert Plan().rate(0.5, steps, 1.0) == pytest.approx(0.005)


def test_a_short_training_is_not_all_warm_up():
    rates = [Plan().rate(0.5, step, step / 40) for step in range(40)]
    assert rates[0] == pytest.approx(0.005)
    assert int(np.argmax(rates)) == 4
    assert max(rates) == pytest.approx(0.5, rel=0.03)


def test_layer_groups_have_their_rates():
    plan = Plan(schedule="layer_groups")
    assert [plan.group(done) for done in (0, 0.33, 0.34, 0.66, 0.67, 1.0)] == [0, 0, 1, 1, 2, 2]
    assert [plan.rate(1e-3, 999, done) for done in (0.1, 0.5, 0.9)] == pytest.approx([1e-3, 5e-4, 1e-4])
    assert plan.rate(1e-3, 0, 0.0) == pytest.approx(1e-5)
    assert Plan().group(0.9) == 0


def test_whichever_is_used_up_first_ends_it():
    assert Plan().done(5, 10, 1e9) == 0.5
    assert Plan(hours=1).done(1, 10, 1800) == 0.5
    assert Plan(hours=1).done(9, 10, 1800) == 0.9
    assert Plan(hours=1).done(11, 10, 0) == 1.0
    assert Plan(hours=1).done(0, 10, 7200) == 1.0
