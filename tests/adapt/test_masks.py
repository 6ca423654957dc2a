"""Synthetic label images."""

import logging
from itertools import islice

import numpy as np
import pytest
from drawn_nuclei import field, two_touching
from scipy import ndimage
from toy import discs

from opsef_core.adapt import ShapeBank, measure_layout, synthetic_masks
from opsef_core.adapt.place import Canvas, Positions, place
from opsef_core.errors import BadParameter


@pytest.fixture(scope="module")
def layout():
    return measure_layout([field(n, 30 + 12 * n) for n in range(4)])


@pytest.fixture(scope="module")
def masks(layout):
    return list(synthetic_masks(layout, count=12))


def test_sparse_images_are_as_sparse_on_average():
    places = np.random.default_rng(1).integers(20, 236, (5, 2))
    layout = measure_layout([discs((256, 256), (int(y), int(x), 9)) for y, x in places])
    made = measure_layout(list(synthetic_masks(layout, count=300, shape=(256, 256))))
    ratio = made.images["density_per_mpx"].mean() / layout.images["density_per_mpx"].mean()
    assert 0.85 < ratio < 1.12


def test_masks_are_labels_with_a_name_and_a_history(masks):
    assert [m.name for m in masks[:2]] == ["synthetic/0001", "synthetic/0002"]
    assert {m.axes for m in masks} == {"YX"}
    assert {m.pixels.shape for m in masks} == {(512, 512)}
    (act,) = masks[0].history
    assert (act.kind, act.name) == ("synthesise", "synthetic_masks")
    assert act.parameters["nuclei_placed"] == masks[0].count
    assert len({m.key for m in masks}) == len(masks)


def test_half_of_the_shapes_come_from_the_bank(masks, layout):
    sources = np.concatenate([m.objects["source"] for m in masks])
    assert np.mean(sources == "bank") == pytest.approx(0.5, abs=0.03)
    (none,) = synthetic_masks(layout, count=1, from_bank=0)
    assert set(none.objects["source"]) == {"parametric"}


def test_a_kind_that_is_left_out_is_in_no_mask(layout):
    bank = ShapeBank.shipped().without("small_fluorescent")
    (one,) = synthetic_masks(layout, count=1, bank=bank, from_bank=1)
    assert "small_fluorescent" not in set(one.objects["kind"])
    assert "small_fluorescent" not in one.history[0].parameters["kinds_in_bank"]


def test_density_contacts_and_sizes_are_as_measured(masks, layout):
    """The ancestor filled the image until nothing fitted."""
    made = measure_layout(masks)
    table = layout.compare(made)
    for name, tolerance in (("density_per_mpx", 0.1), ("covered", 0.15), ("area_px", 0.08), ("elongation", 0.05)):
        assert table.loc[name, "other_mean"] == pytest.approx(table.loc[name, "mean"], rel=tolerance), name
    assert table.loc["touching", "other_mean"] == pytest.approx(table.loc["touching", "mean"], abs=0.03)
    assert table.loc["gap_px", "ks"] < 0.15
    assert table.loc["area_px", "ks"] < 0.1
    assert table.loc[["elongation", "solidity"], "ks"].max() < 0.25  # drawn ellipses are all equally elongated
    spread = made.images["density_per_mpx"].std()
    assert spread == pytest.approx(layout.images["density_per_mpx"].std(), rel=0.4)


@pytest.mark.parametrize(("patches", "least", "most"), [(8, 1.7, 4), (1, 0.7, 1.4)], ids=["patches", "even"])
def test_positions_cluster_as_measured(patches, least, most):
    rng = np.random.default_rng(0)
    middles = rng.uniform(60, 340, (patches, 2))
    at = []
    while len(at) < 96:
        place = middles[len(at) % patches] + rng.normal(0, 20, 2) if patches > 1 else rng.uniform(6, 394, 2)
        if all(np.hypot(*(place - other)) > 14 for other in at):
            at.append(place)
    measured = measure_layout([discs((400, 400), *[(y, x, 6) for y, x in at])])
    table = measured.compare(measure_layout(list(synthetic_masks(measured, count=4))))
    assert least < table.loc["clustering", "mean"] < most
    assert least < table.loc["clustering", "other_mean"] < most


def test_every_nucleus_is_in_one_piece_of_its_full_size(masks):
    """A later one never cuts an earlier one."""
    for mask in masks[:4]:
        for label, box in enumerate(ndimage.find_objects(mask.pixels), start=1):
            if all(s.start > 0 and s.stop < 512 for s in box):
                assert ndimage.label(mask.pixels[box] == label)[1] == 1


def test_the_same_seed_gives_the_same_masks_however_many(layout, masks):
    again = list(islice(synthetic_masks(layout, count=40), 2))
    for a, b in zip(masks[:2], again, strict=True):
        assert np.array_equal(a.pixels, b.pixels)
        assert a.key == b.key
    (other,) = synthetic_masks(layout, count=1, seed=1)
    assert not np.array_equal(other.pixels, masks[0].pixels)


def test_one_nucleus_is_enough(caplog):
    with caplog.at_level(logging.WARNING):
        one = measure_layout([two_touching()[30:]])
    assert "cannot be known from so few" in caplog.text
    made = list(synthetic_masks(one, count=3, shape=(256, 256)))
    assert all(m.count > 3 for m in made)
    areas = np.concatenate([m.areas_px for m in made])
    assert np.median(areas) == pytest.approx(200, rel=0.3)
    assert areas.std() > 10


def test_nuclei_larger_than_the_canvas_are_cut():
    large = np.zeros((900, 900), np.int32)
    yy, xx = np.ogrid[:900, :900]
    large[(yy - 450) ** 2 + (xx - 440) ** 2 < 300**2] = 1
    for mask in synthetic_masks(measure_layout([large]), count=4, shape=(64, 96)):
        assert mask.pixels.shape == (64, 96)
        assert mask.count <= 3


def test_a_tiny_canvas_works_and_a_smaller_one_is_refused(layout):
    assert [m.pixels.shape for m in synthetic_masks(layout, count=2, shape=(8, 8))] == [(8, 8)] * 2
    for wrong in ({"shape": (7, 100)}, {"count": -1}, {"from_bank": 1.5}):
        with pytest.raises(BadParameter, match="cannot be"):
            synthetic_masks(layout, **({"count": 1} | wrong))


def test_images_without_nuclei_are_made_as_often_as_measured():
    layout = measure_layout([np.zeros((256, 256), np.int32), field()])
    counts = [m.count for m in synthetic_masks(layout, count=8, shape=(128, 128))]
    assert 3 <= counts.count(0) <= 5
    made = measure_layout(list(synthetic_masks(layout, count=2, shape=(128, 128))))
    assert len(made.images) == 2


def test_real_images_are_followed(real_data):
    import pandas as pd
    import tifffile

    folder = real_data / "bbbc038_train"
    table = pd.read_csv(folder / "metadata.csv")
    some = table[(table["image_class"] == "purple_tissue") & (table["n_nuclei"] > 20)]["id"].iloc[:12]
    labels = [tifffile.imread(folder / "labels" / f"{name}.tif") for name in some]
    layout = measure_layout(labels)
    bank = ShapeBank.shipped().without("purple_tissue")
    table = layout.compare(measure_layout(list(synthetic_masks(layout, count=12, bank=bank, shape=(256, 320)))))
    assert table.loc[["area_px", "elongation", "circularity", "solidity", "gap_px"], "ks"].max() < 0.2
    assert table.loc["touching", "other_mean"] == pytest.approx(table.loc["touching", "mean"], abs=0.08)
    assert table.loc["density_per_mpx", "other_mean"] == pytest.approx(table.loc["density_per_mpx", "mean"], rel=0.15)


def test_clumps_touch_and_all_others_do_not():
    rng = np.random.default_rng(0)
    masks = [np.ones((9, 7), bool)] * 30
    positions = Positions((200, 200), 5, 8, 1.0, rng)
    ids, placed = place(masks, [3, 2, 2, 3] + [1] * 20, np.full(24, 5.0), (200, 200), positions, rng)
    assert len(placed) == 30
    sizes = sorted(measure_layout([ids]).objects.groupby("clump_of").size())
    assert sizes == [1] * 20 + [2, 2, 3, 3]


def test_nothing_is_ever_placed_over_anything():
    rng = np.random.default_rng(1)
    canvas = Canvas(np.zeros((60, 60), np.int32))
    block = np.ones((20, 20), bool)
    assert canvas.alone(block, (30, 30), 0, 1)
    before = canvas.ids.copy()
    assert not canvas.alone(block, (35, 42), 1, 1)
    assert not canvas.alone(block, (30, 50), 1, 1)  # in contact, not alone
    assert canvas.beside(np.ones((5, 5), bool), 0, rng)
    assert (canvas.ids[before > 0] == 1).all()
    assert (canvas.ids == 2).sum() == 25


def test_a_full_canvas_leaves_nuclei_out_and_says_so(caplog):
    crowded = np.zeros((60, 60), np.int32)
    for n in range(36):
        y, x = 10 * (n // 6), 10 * (n % 6)
        crowded[y : y + 9, x : x + 9] = n + 1
    with caplog.at_level(logging.WARNING):
        (mask,) = synthetic_masks(measure_layout([crowded]), count=1, shape=(128, 128))
    parameters = mask.history[0].parameters
    assert parameters["nuclei_placed"] == mask.count < parameters["nuclei_asked"]
    assert "found no place" in caplog.text
