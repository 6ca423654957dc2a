"""Images and label images at the size of a style, and on the scale of what it paints."""

import numpy as np
import pytest
import toy
from perfect_painter import FEW, POOR, images

from opsef_core.adapt import feature_table, gate, measure_layout, synthetic_masks
from opsef_core.data import RGB, Image, Labels
from opsef_core.run import adapt
from opsef_core.run.adaptation.size import at_size, factor_to, pieces


def test_labels_and_images_at_the_size_of_a_style():
    image, truth = toy.many_discs("discs", shape=(100, 120))
    factor = factor_to(truth, 24)
    small = at_size(truth, 24)
    assert small.shape == (round(100 * factor), round(120 * factor))
    assert set(np.unique(small)) <= {0, *truth.ids}
    made = Labels(small, "YX", "small")
    assert factor_to(made, 24) == pytest.approx(1, abs=0.1)
    cut = list(pieces(image, truth, 24, 64))
    assert {tuple(p.shape.values()) for p in cut} == {(64, 64)}
    assert len({p.name for p in cut}) == len(cut)
    empty = Labels(np.zeros((10, 10), np.int32), "YX", "empty")
    assert at_size(empty, 24).shape == (10, 10)


@pytest.mark.parametrize("kind", ["8 bit", "12 bit in 16", "0 to 1", "colour"])
def test_a_perfect_painter_is_as_near_to_real_pieces_as_these_are_to_each_other(kind):
    pairs = [toy.many_discs(f"real {n}", seed=n, shape=(160, 160)) for n in range(3)]
    real = [p for image, labels in pairs for p in pieces(of_kind(image, kind), labels, 14, 96)]
    layout = measure_layout([at_size(labels, 14) for _, labels in pairs])
    masks = synthetic_masks(layout, count=4, shape=(96, 96), seed=1)
    high, low = (235, 26) if kind in ("12 bit in 16", "0 to 1") else (180, 20)  # as a style paints them, see `levels`
    painted = [
        (of_kind(Image(toy.picture(m.pixels, 9, low, high), "YX", m.name), "colour" if kind == "colour" else ""), m)
        for m in masks
    ]
    features = [feature_table(images) for images in (real, [image for image, _ in painted])]
    table = gate(painted, [mask for _, mask in painted], *features).table
    assert table["kept"].all(), table["reason"].tolist()
    shades = [table_["red_mean"].mean() for table_ in features]
    assert shades[0] == pytest.approx(shades[1], rel=0.35)


def test_real_pieces_stand_beside_painted_ones_for_a_quiz(new, old, level, painter, tmp_path):
    (style,) = adapt(images(new), level.start(POOR), tmp_path / "a", annotated=old, **FEW).styles
    assert {i.pixels.shape for i in style.real} == {i.pixels.shape for i, _ in style.pairs}
    assert {i.pixels.dtype for i in style.real} == {np.dtype(np.uint8)}
    assert {i.name.split("/")[0] for i in style.real} == {i.name for i, _ in style.sources}


def of_kind(image, kind):
    """The same picture as another number type, or stained."""
    x = image.pixels
    if kind == "colour":
        return Image(np.stack([x, x // 2, 255 - x]), "CYX", image.name, channels=RGB)
    changed = {"12 bit in 16": x.astype(np.uint16) * 16, "0 to 1": x.astype(np.float32) / 255}
    return Image(changed.get(kind, x), "YX", image.name)
