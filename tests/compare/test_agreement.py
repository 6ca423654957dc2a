"""Without truth: families vote, copies do not elect each other."""

import numpy as np
import pytest
from scipy.ndimage import grey_erosion
from toy import discs, many_discs

from opsef_core.compare import agreement
from opsef_core.compare._blind.agreement import alike, believed
from opsef_core.data import Labels
from opsef_core.errors import BadLabels


def labels(pixels):
    return Labels(np.asarray(pixels), "YX", "one")


def shrunk(truth, steps):
    """The same objects, a pixel smaller at each step."""
    pixels = truth.pixels
    for _ in range(steps):
        pixels = np.where(grey_erosion(pixels, size=3) == pixels, pixels, 0)
    return labels(pixels)


def test_the_odd_one_out_is_found():
    _, same = many_discs()
    odd = labels(discs(same.pixels.shape, (100, 100, 60)))
    found = agreement({"odd": odd, "a": same, "b": same})
    assert found["odd"] == 0.0
    assert found["a"] == found["b"] == pytest.approx(1.0, abs=1e-3)
    assert (found.name, found.index.name) == ("agreement", "grid_point")


def test_the_better_outline_is_believed_more():
    _, truth = many_discs()
    made = {"exact": truth, "close": shrunk(truth, 1), "far": shrunk(truth, 2), "like it": truth}
    found = agreement(made, {name: name for name in made})
    assert found["exact"] > found["close"] > found["far"]


@pytest.mark.parametrize("copies", [1, 20])
def test_copies_of_a_wrong_method_do_not_elect_each_other(copies):
    _, truth = many_discs()
    wrong = labels(discs(truth.pixels.shape, (100, 100, 60)))
    made = {"a": truth, "b": shrunk(truth, 1), "c": truth, **{f"wrong {n}": wrong for n in range(copies)}}
    families = {name: name.partition(" ")[0] for name in made}
    found = agreement(made, families)
    assert found.drop(["a", "b", "c"]).max() == 0.0
    assert found[["a", "b", "c"]].min() > 0.3


def test_a_family_of_many_counts_as_one_of_few():
    likeness = np.array(
        [[1.0, 0.9, 0.4, 0.4], [0.9, 1.0, 0.4, 0.4], [0.4, 0.4, 1.0, 0.8], [0.4, 0.4, 0.8, 1.0]],
    )
    few = believed(likeness, ["x", "y", "z", "w"])
    order = [0, 1, 2, 3, *[3] * 10]
    many = believed(likeness[np.ix_(order, order)], ["x", "y", "z", "w", *["w"] * 10])
    assert many[:4] == pytest.approx(few, abs=0.01)


@pytest.mark.parametrize("of_c", ["unet", "stardist"])
def test_where_there_are_fewer_than_three_families_all_vote(of_c):
    _, truth = many_discs()
    made = {"a": truth, "b": truth, "c": shrunk(truth, 2)}
    alone = agreement(made, {"a": "unet", "b": "unet", "c": of_c})
    assert alone.equals(agreement(made))
    assert alone["a"] > alone["c"]


def test_the_order_of_the_results_does_not_matter():
    _, truth = many_discs()
    made = {"a": truth, "b": shrunk(truth, 1), "c": shrunk(truth, 2)}
    turned = dict(reversed(made.items()))
    assert agreement(made)[["c", "b", "a"]].to_numpy() == pytest.approx(agreement(turned).to_numpy())


def test_of_one_result_it_is_unknown_and_of_none_it_is_nothing():
    assert np.isnan(agreement({"alone": many_discs()[1]})["alone"])
    assert len(agreement({})) == 0


def test_empty_results_agree_and_disagree_with_all_others():
    nothing = labels(np.zeros((6, 6), int))
    assert agreement({"a": nothing, "b": nothing}).tolist() == pytest.approx([1.0, 1.0])
    something = labels(discs((6, 6), (3, 3, 2)))
    assert agreement({"a": nothing, "b": something}).tolist() == pytest.approx([0.0, 0.0])


def test_the_same_pixels_are_compared_once(monkeypatch):
    from opsef_core.compare._blind import agreement as _agreement

    asked = []
    plain = _agreement._overlaps
    monkeypatch.setattr(_agreement, "_overlaps", lambda a, b: asked.append(1) or plain(a, b))
    _, truth = many_discs()
    table = alike([truth, truth, shrunk(truth, 1), truth])
    assert len(asked) == 1
    assert np.array_equal(table, table.T)
    assert table[0, 1] == table[0, 3] == 1.0


def test_results_of_different_sizes_are_refused():
    with pytest.raises(BadLabels):
        agreement({"a": labels(np.zeros((4, 5), int)), "b": labels(np.zeros((5, 4), int))})
