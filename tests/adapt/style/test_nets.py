"""The two networks of a style, and what one step of training does to the painter."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as f
from toy import discs, pair

from opsef_core.adapt.style import train
from opsef_core.adapt.style.nets import Discriminator, Generator, noise_for
from opsef_core.adapt.style.tiles import Tiles, sources_of


@pytest.fixture
def training(tmp_path):
    labelled = pair("a", discs((32, 32), (10, 12, 5), (22, 20, 5)))
    return train.Training(Tiles(sources_of({"a": [labelled]}, 10, 32), 32, 0), 1, 1, tmp_path, "tiny", "cpu", {})


@pytest.mark.parametrize(("channels", "styles"), [(1, 1), (3, 2)])
@pytest.mark.parametrize("shape", [(32, 32), (64, 48)])
def test_the_painter_keeps_the_shape(channels, styles, shape):
    seen, noise = torch.zeros(2, channels + 4, *shape), noise_for((2, *shape), torch.Generator().manual_seed(0))
    assert Generator(4, channels, styles)(seen, torch.ones(2, styles), noise).shape == (2, channels, *shape)


@pytest.mark.parametrize(("channels", "styles"), [(1, 1), (3, 2)])
def test_the_judge_says_something_of_every_patch(channels, styles):
    image, seen = torch.rand(2, channels, 64, 96), torch.zeros(2, channels + 4, 64, 96)
    says = Discriminator(8, channels, styles)(image, seen, torch.ones(2, styles))
    assert says.shape == (2, 1, 14, 22)


def test_a_patch_has_34_px():
    judge = Discriminator(8, 1)
    judge.layers = nn.Sequential(*(x for x in judge.layers if not isinstance(x, nn.GroupNorm)))  # sees the whole image
    image = torch.rand(1, 1, 64, 64, requires_grad=True)
    judge(image, torch.zeros(1, 5, 64, 64), torch.ones(1, 1))[0, 0, 7, 7].backward()
    seen = image.grad[0, 0].nonzero()
    assert (seen.max(0).values - seen.min(0).values + 1).tolist() == [34, 34]


def test_the_painter_learns_from_the_judge_alone(training, monkeypatch):
    monkeypatch.setattr(train, "L1_WEIGHT", 0)
    monkeypatch.setattr(train, "TEXTURE_WEIGHT", 0)
    before = copy.deepcopy(training.painter)
    training._step(0, train.RATE)
    _, seen, code, noise = training._batch(0)
    with torch.no_grad():
        first, then = (
            f.softplus(-training.judge(p(seen, code, noise), seen, code)).mean() for p in (before, training.painter)
        )
    assert then < first


@pytest.mark.parametrize(("part", "other"), enumerate(["TEXTURE_WEIGHT", "L1_WEIGHT"]))
def test_the_painter_learns_from_each_error_alone(training, monkeypatch, part, other):
    monkeypatch.setattr(train, other, 0)
    says_nothing = torch.zeros(1, 1, 6, 6, requires_grad=True)
    monkeypatch.setattr(training.judge, "forward", lambda *_: says_nothing)
    first, then = (training._step(0, train.RATE)[part] for _ in range(2))
    assert then < first
