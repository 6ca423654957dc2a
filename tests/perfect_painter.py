"""Adaptation without its slow part: a painter that paints perfectly, images of a new kind and of an old one."""

from types import SimpleNamespace

import numpy as np
import pytest
import toy

from opsef_core.data import Act, Image
from opsef_core.run.adaptation import keep as keeping
from opsef_core.run.adaptation import painted as painting

POOR = 173.0  # above some pixels of every disc: a few crumbs, and outlines that are a little off
FEW = {
    "masks_a_style": 6,
    "mask_px": 96,
    "object_px": 14.0,
    "steps": 4,
    "score_every": 2,
    "progress": False,
    "device": "cpu",
}


class Painter:
    """Paints every mask as the toys are painted, bright on dark or dark on bright like the images."""

    def __init__(self, pairs):
        self.names = [image.name for image, _ in pairs]
        self.bright = np.median(pairs[0][0].pixels) > 128

    def paint(self, mask, seed):
        pixels = toy.picture(mask.pixels, seed=seed)
        act = Act("style", "toy", {"colours_of": self.names[seed % len(self.names)]})
        return Image(255 - pixels if self.bright else pixels, "YX", mask.name, history=(act,))


class Blank(Painter):
    """Paints nothing."""

    def paint(self, mask, seed):
        made = super().paint(mask, seed)
        return Image(np.zeros_like(made.pixels), "YX", mask.name, history=made.history)


@pytest.fixture
def no_pictures(request, monkeypatch):
    """Most tests save the time that pictures take; those that ask for `pictures` have them."""
    if "pictures" not in request.fixturenames:
        drawn = dict.fromkeys(("styles", "painted", "layouts"), lambda *_: None)
        monkeypatch.setattr(keeping, "plots", SimpleNamespace(**drawn))
        monkeypatch.setattr(keeping, "_keep_figure", lambda *_: None)


@pytest.fixture
def painter(monkeypatch, no_pictures):
    """The calls of `learn_style`, which learns nothing here."""
    calls = []

    def learn(pairs, folder, **options):
        folder.mkdir(parents=True, exist_ok=True)
        calls.append((pairs, options))
        return Painter(pairs)

    monkeypatch.setattr(painting, "learn_style", learn)
    return calls


@pytest.fixture
def new():
    """Images of the new kind, with their truth."""
    return [toy.many_discs(f"new_{seed}", seed=10 + seed, shape=(120, 130)) for seed in range(4)]


@pytest.fixture
def old():
    """Annotated images that the start model knows."""
    return [toy.many_discs(f"old_{seed}", seed=seed, shape=(96, 96)) for seed in range(5)]


def images(pairs):
    """The images of pairs."""
    return [image for image, _ in pairs]
