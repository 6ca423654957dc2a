"""The table of objects."""

import numpy as np
import pandas as pd
import pytest
from toy import discs, empty, mixed_sizes, one_disc

from opsef_core.data import Image, Labels
from opsef_core.errors import BadLabels
from opsef_core.measure import objects
from opsef_core.postprocess import clean

PLANE = [
    "image",
    "label",
    "area_px",
    "centroid_y_px",
    "centroid_x_px",
    "equivalent_diameter_px",
    "perimeter_px",
    "circularity",
    "eccentricity",
    "solidity",
    "mean_intensity",
    "min_intensity",
    "max_intensity",
    "sum_intensity",
]


def small(**more):
    """Object 3: a row of three; object 8: one pixel."""
    ids = np.array([[0, 3, 3, 3, 0], [0, 0, 0, 0, 8]])
    pixels = np.array([[9, 60000, 60001, 60005, 9], [9, 9, 9, 9, 7]], np.uint16)
    return Labels(ids, "YX", "small", **more), Image(pixels, "YX", "small")


def test_numbers_by_hand():
    table = objects(*small())
    assert table.columns.tolist() == PLANE
    assert table[["image", "label", "area_px"]].values.tolist() == [["small", 3, 3], ["small", 8, 1]]
    assert table[["centroid_y_px", "centroid_x_px"]].values.tolist() == [[0, 2], [1, 4]]
    assert table["mean_intensity"].tolist() == [60002, 7]
    assert table["min_intensity"].tolist() == [60000, 7]
    assert table["max_intensity"].tolist() == [60005, 7]
    assert table["sum_intensity"].tolist() == [180006, 7]
    assert table["equivalent_diameter_px"].tolist() == pytest.approx([1.9544, 1.1284], abs=1e-4)


def test_one_pixel_divides_nothing_by_zero():
    dot = objects(*small()).iloc[1]
    assert np.isfinite(dot.drop("image").astype(float)).all()
    assert dot["circularity"] == 1


def test_a_disc_is_round_and_solid():
    image, labels = one_disc()
    disc = objects(labels, image).iloc[0]
    assert (disc["centroid_y_px"], disc["centroid_x_px"]) == (32, 32)
    assert disc["circularity"] == pytest.approx(1, abs=0.03)
    assert disc["perimeter_px"] == pytest.approx(2 * np.pi * 10, rel=0.03)
    assert disc["eccentricity"] < 0.1
    assert disc["solidity"] > 0.9


def test_areas_in_micrometres_where_the_pixel_size_is_known():
    table = objects(*small(spacing_um={"Y": 0.5, "X": 0.2}))
    assert table["area_um2"].tolist() == pytest.approx([0.3, 0.1])
    assert "area_um2" not in objects(*small(spacing_um={"X": 0.2}))


def test_every_channel_has_its_columns():
    labels, image = small()
    both = Image(np.stack([image.pixels, 2 * image.pixels.astype(float)]), "CYX", "small", channels=("DAPI", "my dye"))
    table = objects(labels, both)
    assert table["mean_intensity_DAPI"].tolist() == [60002, 7]
    assert table["mean_intensity_my dye"].tolist() == [120004, 14]
    assert "mean_intensity" not in table


def test_what_the_labels_know_is_appended():
    known = pd.DataFrame({"score": [0.9, 0.4], "class": ["a", "b"], "area_px": [30, 10]}, index=[3, 8])
    table = objects(*small(objects=known))
    assert table[["label", "score", "class", "area_px", "area_px_given"]].values.tolist() == [
        [3, 0.9, "a", 3, 30],
        [8, 0.4, "b", 1, 10],
    ]


def test_no_object_gives_no_row_and_the_same_columns():
    image, labels = empty()
    table = objects(labels, image)
    assert table.shape == (0, len(PLANE))
    assert table.columns.tolist() == PLANE
    assert table.dtypes.drop("image").equals(objects(*small()).dtypes.drop("image"))


def test_a_stack_is_measured_in_voxels():
    ids = np.zeros((3, 4, 4), int)
    ids[1:, 1:3, 1:3] = 6
    spacing = {"Z": 2.0, "Y": 0.5, "X": 0.5}
    table = objects(Labels(ids, "ZYX", "s", spacing_um=spacing), Image(ids * 10, "ZYX", "s"))
    assert table[["area_px", "volume_um3", "centroid_z_px", "centroid_y_px", "mean_intensity"]].values.tolist() == [
        [8, 4.0, 1.5, 1.5, 60]
    ]
    assert table["equivalent_diameter_px"][0] == pytest.approx((6 * 8 / np.pi) ** (1 / 3))
    assert "perimeter_px" not in table
    nothing = objects(Labels(ids * 0, "ZYX", "s", spacing_um=spacing), Image(ids, "ZYX", "s"))
    assert nothing.columns.equals(table.columns)
    assert len(nothing) == 0


def test_huge_ids_cost_no_memory():
    ids = np.array([[2_147_483_647, 0, 5]])
    table = objects(Labels(ids, "YX", "huge"), Image(ids.astype(float), "YX", "huge"))
    assert table["label"].tolist() == [5, 2_147_483_647]


def test_another_size_is_refused():
    labels, _ = small()
    with pytest.raises(BadLabels, match="Measure on the image that was segmented"):
        objects(labels, Image(np.zeros((5, 5)), "YX", "other"))


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("size", "area_px"),
        ("shape", "circularity"),
        ("shape", "eccentricity"),
        ("shape", "solidity"),
        ("intensity", "mean_intensity"),
    ],
)
def test_limits_read_off_the_table_are_the_limits_of_the_passes(name, column):
    """A filter set to exactly one object's number keeps that object and all above, and no other."""
    image, labels = mixed_sizes()
    ragged = np.where(discs(labels.pixels.shape, (40, 60, 9), (112, 96, 7)) > 0, 0, labels.pixels)
    labels = Labels(ragged, "YX", labels.name)
    table = objects(labels, image)
    for limit in table[column]:
        kept = clean(name, **{f"min_{column}": limit}).run(labels, image).ids.tolist()
        assert kept == table["label"][table[column] >= limit].tolist()
