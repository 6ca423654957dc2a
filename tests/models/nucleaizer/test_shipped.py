"""The weights that are shipped: their size, their kind, their card, and what they find."""

import numpy as np
import pytest
import toy

from opsef_core.data import Image, overlaps
from opsef_core.models import model
from opsef_core.models._card import ZOO, read_card

pytest.importorskip("torch")
pytest.importorskip("torchvision")

FOLDER = ZOO / "nucleaizer-light-bbbc038"


def circles(diameter_px):
    """White circles on black, three by three, and their label image."""
    step = diameter_px + 24
    places = [(step // 2 + step * (n // 3), step // 2 + step * (n % 3), diameter_px / 2) for n in range(9)]
    ids = toy.discs((3 * step, 3 * step), *places)
    return Image((ids > 0).astype(np.uint8) * 255, "YX", f"{diameter_px} px"), ids


def test_two_networks_in_half_precision_that_are_small_together():
    from safetensors.numpy import load_file

    files = sorted(FOLDER.glob("*.safetensors"))
    assert [f.name for f in files] == ["final.safetensors", "preseg.safetensors"]
    assert sum(f.stat().st_size for f in files) <= 60e6
    for file in files:
        floats = {str(t.dtype) for t in load_file(file).values() if t.dtype.kind == "f"}
        assert floats == {"float16"}


def test_the_card_says_what_it_learned_from_and_what_it_reached():
    card = read_card(FOLDER)
    card.check(FOLDER)
    assert card.licence.startswith("CC0")
    assert "split.csv: train" in card.trained_on["dataset"]
    assert {"steps", "batch", "hours", "device", "seed", "date"} <= set(card.training)
    assert 0.4 < card.scores["fitted_dsb_score"] < 1
    assert len(card.scores["fitted_dsb_score_by_kind"]) == 5


@pytest.mark.parametrize("diameter_px", [7, 24, 100])
def test_circles_of_every_size_are_found(diameter_px):
    """From the smallest to the largest that the paper asks for."""
    image, truth = circles(diameter_px)
    found = overlaps(truth, model("nucleaizer", correct_with=None)(image).pixels)
    assert len(found.matches) == 9


def test_an_image_made_twice_as_large_has_the_same_objects():
    image, truth = toy.many_discs(shape=(150, 150))
    large = Image(np.kron(image.array(), np.ones((2, 2), np.uint8)), "YX", "large")
    seen = model("nucleaizer", correct_with=None)
    small, twice = (len(overlaps(t, seen(i).pixels).matches) for i, t in (
        (image, truth.pixels), (large, np.kron(truth.pixels, np.ones((2, 2), np.int32)))))  # fmt: skip
    assert min(small, twice) >= 0.9 * truth.count
