"""The bank of shapes, and how shapes are chosen from it."""

import numpy as np
import pandas as pd
import pytest
from drawn_nuclei import field, two_touching

from opsef_core.adapt import ShapeBank, measure_layout
from opsef_core.adapt._match import Matcher, sheet
from opsef_core.adapt._outlines import FEATURES, features, filled, of_mask, points, signed_area
from opsef_core.adapt.shapes import SHIPPED
from opsef_core.errors import BadLabels, NothingToShow, UnknownName


@pytest.fixture(scope="module")
def shipped():
    return ShapeBank.shipped()


def test_no_shipped_shape_is_from_a_validation_image(root, shipped):
    split = pd.read_csv(root / "datasets" / "bbbc038" / "split.csv")
    sides = split.assign(short=split["id"].str[:12]).set_index("short")
    assert sides.index.is_unique
    found = sides.loc[shipped.images]
    assert (found["split"] == "train").all()
    assert (found["image_class"].to_numpy() == shipped.kinds).all()


def test_the_shipped_bank_is_small_and_has_many_shapes(root, shipped):
    assert (root / "opsef_core" / "adapt" / SHIPPED).stat().st_size < 1.5e6
    assert len(shipped) >= 5000
    assert np.unique(shipped.kinds, return_counts=True)[1].max() < 0.4 * len(shipped)


def test_every_shipped_shape_has_the_area_one(shipped):
    np.testing.assert_allclose(signed_area(shipped.outlines), 1, atol=0.01)
    assert (shipped.features[:, 0] >= 1).all()
    assert ((shipped.features[:, 1:] > 0) & (shipped.features[:, 1:] <= 1)).all()


def test_without_leaves_a_kind_out_and_only_keeps_it(shipped):
    left = shipped.without("purple_tissue", "pink_purple_tissue")
    assert not set(left.kinds) & {"purple_tissue", "pink_purple_tissue"}
    assert len(left) + len(shipped.only("purple_tissue", "pink_purple_tissue")) == len(shipped)
    kept = np.isin(shipped.images, left.images)
    assert set(shipped.kinds[kept]) == set(left.kinds)
    with pytest.raises(UnknownName, match=r"purple_tisue.*purple_tissue"):
        shipped.without("purple_tisue")
    with pytest.raises(NothingToShow):
        left.without(*set(left.kinds))


def test_touching_nuclei_are_two_shapes():
    """The ancestor's data base held connected components of the union."""
    bank = ShapeBank.of([two_touching()])
    assert len(bank) == 3
    assert sorted(np.round(bank.features[:, 0]).tolist()) == [1, 1, 2]


def test_what_is_cut_or_in_pieces_or_a_speck_is_no_shape_and_holes_are_filled():
    ids = two_touching()
    ids[44:46, 48:52] = 0
    ids[2, 2] = 11
    ids[55:58, 5:9], ids[55:58, 20:24] = 12, 12
    bank = ShapeBank.of([ids])
    assert len(bank) == 3
    assert bank.features[:, 2].min() > 0.95
    with pytest.raises(BadLabels, match="no shape to learn"):
        ShapeBank.of([two_touching()[30:40]])


def test_an_outline_gives_its_mask_back():
    ids = field(4, radius=(10, 14))
    for label in ids[20:-20, 20:-20][ids[20:-20, 20:-20] > 0][::900]:
        rows, columns = np.nonzero(ids == label)
        mask = (ids == label)[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        again = filled(points(of_mask(mask)[None])[0] * np.sqrt(mask.sum()))
        assert again.sum() == pytest.approx(mask.sum(), rel=0.04)
        assert abs(again.shape[0] - mask.shape[0]) <= 1
        assert abs(again.shape[1] - mask.shape[1]) <= 1


def test_features_of_outlines_are_those_of_their_pixels(shipped):
    some = shipped.outlines[::60]
    measured = sheet([filled(z) for z in points(some) * 50])
    for n, name in enumerate(FEATURES):
        assert abs(np.mean(measured[name] - features(some)[:, n])) < 0.04


def test_a_stored_bank_is_the_same_when_read(tmp_path):
    bank = ShapeBank.of([field(1)])
    with np.load(bank.save(tmp_path / "bank.npz"), allow_pickle=False) as stored:
        assert {stored[n].dtype.kind for n in stored.files} == {"i", "u", "U"}
        np.testing.assert_allclose(stored["outlines"][..., 0] / 16384, bank.outlines.real, atol=1e-4)


def test_chosen_shapes_follow_the_distribution_not_the_commonest(shipped):
    """The ancestor took the shapes nearest to any target, so the commonest shape in many near-copies."""
    rng = np.random.default_rng(0)
    layout = measure_layout([field(n, stretch=s) for n, s in enumerate((1.0, 1.2, 3.0))])
    wanted = layout.shapes[list(FEATURES)].to_numpy()
    chosen = Matcher(shipped, layout, rng).choose(wanted, rng)
    assert len(set(chosen.tolist())) == len(chosen)
    found = np.sort(shipped.features[chosen, 0])
    np.testing.assert_allclose(found.mean(), wanted[:, 0].mean(), rtol=0.05)
    np.testing.assert_allclose(np.quantile(found, [0.1, 0.9]), np.quantile(wanted[:, 0], [0.1, 0.9]), rtol=0.12)


def test_a_bank_of_one_shape_is_used_again(shipped):
    rng = np.random.default_rng(0)
    layout = measure_layout([field()])
    one = ShapeBank(shipped.outlines[:1], shipped.kinds[:1], shipped.images[:1])
    assert Matcher(one, layout, rng).choose(np.ones((5, 3)), rng).tolist() == [0] * 5
