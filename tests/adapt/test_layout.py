"""What is measured in label images."""

import logging

import numpy as np
import pandas as pd
import pytest
from drawn_nuclei import field, two_touching
from skimage.draw import disk
from skimage.measure import regionprops_table

from opsef_core.adapt import PROPERTIES, measure_layout
from opsef_core.adapt._neighbours import pair_correlation
from opsef_core.data import Labels
from opsef_core.errors import BadLabels


def test_touching_labels_stay_two_objects():
    """The ancestor measured connected components, so nuclei in contact became one."""
    objects = measure_layout([two_touching()]).objects.set_index("label")
    assert objects["area_px"].to_dict() == {2: 60, 5: 100, 7: 200, 9: 100}
    assert objects["clump"].to_dict() == {2: 1, 5: 2, 7: 1, 9: 2}
    assert objects.loc[[5, 9], "gap_px"].tolist() == [0, 0]


def test_objects_cut_by_the_border_count_but_have_no_say_in_shape():
    layout = measure_layout([two_touching()])
    assert layout.objects.set_index("label")["whole"].to_dict() == {2: False, 5: True, 7: True, 9: True}
    assert layout.images["objects"].tolist() == [4]
    assert sorted(layout.values("area_px")[0]) == [100, 100, 200]
    assert layout.images["touching"].tolist() == [0.5]
    assert layout.images["covered"].iloc[0] == pytest.approx(460 / 4800)


def test_specks_and_objects_in_pieces_have_no_say_in_shape():
    ids = two_touching()
    ids[2, 2] = 11
    ids[55:58, 5:9], ids[55:58, 20:24] = 12, 12
    objects = measure_layout([ids]).objects.set_index("label")
    assert not objects.loc[[11, 12], "whole"].any()
    assert objects["speck"].to_dict()[11]


def test_gaps_are_background_between_outlines():
    ids = np.zeros((30, 60), np.int32)
    ids[10:20, 5:10], ids[10:20, 14:20], ids[10:20, 50:55] = 1, 2, 3
    assert measure_layout([ids]).objects["gap_px"].tolist() == [4, 4, 30]


def test_gaps_are_those_between_all_pairs_of_pixels():
    from scipy.spatial import cKDTree

    ids = field(3, 25, (150, 150))
    layout = measure_layout([ids]).objects.set_index("label")
    for label, gap in layout["gap_px"].items():
        others = np.argwhere((ids > 0) & (ids != label))
        nearest = cKDTree(others).query(np.argwhere(ids == label))[0].min()
        assert gap == pytest.approx(0 if nearest < 1.5 else nearest - 1, abs=0.3)


def test_shapes_agree_with_scikit_image():
    ids = Labels(field(1), "YX", "x").compact()
    ours = measure_layout([ids]).objects
    props = ("area", "eccentricity", "axis_major_length", "axis_minor_length", "perimeter_crofton", "solidity")
    theirs = pd.DataFrame(regionprops_table(ids, properties=props))
    clear = ours["whole"].to_numpy()
    ours, theirs = ours[clear], theirs[clear]
    np.testing.assert_allclose(ours["area_px"], theirs["area"])
    np.testing.assert_allclose(ours["elongation"], theirs["axis_major_length"] / theirs["axis_minor_length"], rtol=0.02)
    np.testing.assert_allclose(
        ours["circularity"], np.minimum(1, 4 * np.pi * theirs["area"] / theirs["perimeter_crofton"] ** 2)
    )
    np.testing.assert_allclose(ours["eccentricity"], theirs["eccentricity"], atol=0.01)
    np.testing.assert_allclose(ours["solidity"], theirs["solidity"], atol=0.06)


def test_a_disc_is_round_and_convex():
    ids = np.zeros((100, 100), np.int32)
    ids[disk((50, 50), 30)] = 1
    row = measure_layout([ids]).objects.iloc[0]
    assert row["elongation"] == pytest.approx(1, abs=0.01)
    assert row["circularity"] > 0.97
    assert row["solidity"] > 0.96


def test_density_does_not_depend_on_the_size_of_the_image():
    large = field(2, 700, (1024, 1024), (8, 12))
    whole = measure_layout([large]).images["density_per_mpx"].iloc[0]
    parts = [large[y : y + 128, x : x + 128] for y in range(0, 1024, 128) for x in range(0, 1024, 128)]
    assert measure_layout(parts).images["density_per_mpx"].mean() == pytest.approx(whole, rel=0.05)


def test_random_positions_have_the_pair_correlation_one_and_patches_more():
    rng = np.random.default_rng(0)
    even = rng.uniform(0, 500, (400, 2))
    assert pair_correlation(even[:, 0], even[:, 1], (500, 500), 15)[0] == pytest.approx(1, abs=0.1)
    patches = rng.uniform(50, 450, (20, 1, 2)) + rng.normal(0, 20, (20, 20, 2))
    y, x = patches.reshape(-1, 2).T
    assert pair_correlation(y, x, (500, 500), 15)[0] > 1.7


def test_empty_images_are_allowed():
    layout = measure_layout([np.zeros((50, 60), np.int32), two_touching()])
    assert layout.images["objects"].tolist() == [0, 4]
    assert layout.images["density_per_mpx"].iloc[0] == 0


def test_no_object_at_all_is_said_in_words():
    with pytest.raises(BadLabels, match="no object in any of the 2 label images"):
        measure_layout([np.zeros((50, 60), np.int32)] * 2)
    with pytest.raises(BadLabels, match="list is empty"):
        measure_layout([])
    with pytest.raises(BadLabels, match="planes"):
        measure_layout([np.ones((3, 50, 60), np.int32)])


def test_few_objects_are_said_in_words(caplog):
    with caplog.at_level(logging.WARNING):
        layout = measure_layout([two_touching()[30:]])
    assert "Only 1 whole object to measure" in caplog.text
    assert len(layout.shapes) == 1


def test_a_layout_compared_with_itself_has_no_distance():
    layout = measure_layout([field(0), field(1)])
    table = layout.compare(layout)
    assert list(table.index) == list(PROPERTIES)
    assert (table[["ks", "wasserstein"]] < 1e-12).all(axis=None)
    other = layout.compare(measure_layout([field(0, radius=(12, 15))]))
    assert other.loc["area_px", "ks"] == 1


def test_measuring_takes_time_by_pixels_not_by_objects():
    import time

    ids = field(5, 500, (700, 700), (6, 9))
    assert len(np.unique(ids)) > 400
    began = time.process_time()
    measure_layout([ids])
    assert time.process_time() - began < 1.0  # CPU time; 0.15 s where nothing else runs
