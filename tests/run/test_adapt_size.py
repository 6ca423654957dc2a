"""Images and label images at the size of a style, and on the scale of what it paints."""

import numpy as np
import pytest
import toy
from perfect_painter import FEW, POOR, images

from opsef_core.adapt import feature_table, gate, measure_layout, scaled_ids, scales_to, synthetic_masks
from opsef_core.data import RGB, Image, Labels
from opsef_core.run import adapt
from opsef_core.run.adaptation.size import pieces


def test_labels_and_images_at_the_size_of_a_style():
    image, truth = toy.many_discs("discs", shape=(100, 120))
    (factor,) = scales_to(24, [truth])
    small = scaled_ids(truth.array(), factor)
    assert small.shape == (round(100 * factor), round(120 * factor))
    assert set(np.unique(small)) <= {0, *truth.ids}
    made = Labels(small, "YX", "small")
    assert scales_to(24, [made]) == [pytest.approx(1, abs=0.1)]
    cut = list(pieces(image, factor, 64))
    assert {tuple(p.shape.values()) for p in cut} == {(64, 64)}
    assert len({p.name for p in cut}) == len(cut)
    assert len({(p.history[-1].parameters["factor"], p.history[-1].parameters["side_px"]) for p in cut}) == 1


def test_an_image_with_a_crumb_alone_has_the_size_of_its_style():
    truth = toy.many_discs("discs", shape=(100, 120))[1]
    crumb = np.zeros((100, 120), np.int32)
    crumb[50:52, 50:52] = 1
    crumb = Labels(crumb, "YX", "crumb")
    own, other = scales_to(24, [truth, crumb])
    assert other == pytest.approx(own, rel=0.01)
    assert scales_to(24, [crumb]) == [10.0]  # 24 / 2.26 would be more
    assert scales_to(24, [Labels(np.zeros((10, 10), np.int32), "YX", "empty")]) == [1.0]
    assert scales_to(24, []) == []


@pytest.mark.parametrize("kind", ["8 bit", "12 bit in 16", "0 to 1", "colour"])
def test_a_perfect_painter_is_as_near_to_real_pieces_as_these_are_to_each_other(kind):
    pairs = [toy.many_discs(f"real {n}", seed=n, shape=(160, 160)) for n in range(3)]
    factors = scales_to(14, [labels for _, labels in pairs])
    real = [p for (image, _), f in zip(pairs, factors, strict=True) for p in pieces(of_kind(image, kind), f, 96)]
    layout = measure_layout([scaled_ids(labels.array(), f) for (_, labels), f in zip(pairs, factors, strict=True)])
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
