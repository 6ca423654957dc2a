from types import SimpleNamespace

import numpy as np
import pytest
import toy

from opsef_core.data import Image
from opsef_core.errors import BadImage, BadParameter
from opsef_core.models import Example

pytest.importorskip("stardist")

from opsef_core.models.stardist.trainer import StarDistTrainer, _renumbered


def trainer(channels=1):
    image, truth = toy.one_disc("disc")
    return StarDistTrainer([Example(Image(np.stack([image.array()] * channels), "CYX", "disc"), truth)], "cpu", 0)


def config(**changes):
    return SimpleNamespace(**({"n_classes": None, "n_channel_in": 3} | changes))


@pytest.mark.parametrize("network", [1, 3])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_images_of_one_or_three_channels(channels, network):
    if channels in (1, 3):
        return trainer(channels)._check(config(n_channel_in=network))
    with pytest.raises(BadImage) as error:
        trainer(channels)._check(config(n_channel_in=network))
    assert str(error.value) == (
        f"disc has {channels} channels; StarDist is fitted to images of 1 or 3. "
        "Choose channels when reading the images (channel=0)."
    )


def test_they_are_refused_before_a_network_is_built():
    made = trainer(2)
    with pytest.raises(BadImage):
        made.begin(None)
    assert not hasattr(made, "net")


def test_weights_that_cannot_be_fitted():
    with pytest.raises(BadParameter) as error:
        trainer()._check(config(n_classes=3))
    assert str(error.value) == "These StarDist weights also tell classes; only weights without classes can be fitted."
    with pytest.raises(BadParameter) as error:
        trainer()._check(config(n_channel_in=2))
    assert str(error.value) == "These StarDist weights take 2 channels; 1 or 3 can be fitted."


def test_ids_beyond_16_bits_stay_objects():
    """The library casts ids to 16 bits: 65536 would be background, 65537 the same as 1."""
    ids = np.array([[0, 1, 65_536], [65_537, 2**24 + 1, 0]], np.int32)
    assert _renumbered(ids).tolist() == [[0, 1, 2], [3, 4, 0]]
    assert _renumbered(ids[:, 2:] + 5).min() == 1  # without background
    assert not _renumbered(np.zeros((2, 2), np.int32)).any()
    assert _renumbered(ids).dtype == np.int32
