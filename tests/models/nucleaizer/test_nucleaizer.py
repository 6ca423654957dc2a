import numpy as np
import pandas as pd
import pytest
import toy
from perfect_detections import detections

from opsef_core.data import Image
from opsef_core.errors import BadConfig, MissingWeights
from opsef_core.models import model
from opsef_core.models._card import ZOO
from opsef_core.models._normalise import normalise
from opsef_core.models.nucleaizer.detections import Detections

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from opsef_core.models.nucleaizer.net import MaskRCNN  # noqa: E402
from opsef_core.models.nucleaizer.weights import load_net, save_net  # noqa: E402

PERFECT = {"pretrained": "unet-bbbc038", "correct_with": None, "min_area": 0.0}


@pytest.fixture
def seer(monkeypatch):
    """Networks that find all that is bright; gives which of them looked, at which magnification."""
    from scipy import ndimage

    calls = []

    def detect(net, pixels, scale, device):
        calls.append((net.name, round(scale, 2)))
        return detections(ndimage.label(pixels[0] > 0.5)[0])

    monkeypatch.setattr("opsef_core.models.nucleaizer.detect.detect", detect)
    return calls


def ready(**parameters):
    """A model whose two networks have names instead of weights."""

    class Net:
        size = "light"

        def __init__(self, name):
            self.name = name

    made = model("nucleaizer", **(PERFECT | parameters))
    made._nets = {name: Net(name) for name in ("preseg", "final")}
    made._loaded_on = "cpu"
    return made


def test_the_size_is_looked_for_and_all_is_seen_at_one_size(seer):
    image, truth = toy.many_discs()
    labels = ready()(image)
    assert labels.count == truth.count
    (first, _), (second, scale) = seer
    assert (first, second) == ("preseg", "final")
    assert scale == pytest.approx(24 / (2 * np.sqrt(np.median(truth.areas_px) / np.pi)), rel=0.07)


def test_a_given_size_saves_the_first_look(seer):
    ready(diameter_px=12)(toy.one_disc()[0])
    assert seer == [("final", 2.0)]


def test_fast_is_the_first_look_alone(seer):
    ready(fast=True)(toy.one_disc()[0])
    assert seer == [("preseg", 1.0)]


def test_nothing_there_is_an_empty_result_and_a_table_without_rows(seer):
    blank = Image(np.zeros((48, 56), np.uint8), "YX", "blank")
    labels = ready()(blank)
    assert labels.count == 0
    assert {name for name, _ in seer} == {"preseg"}
    assert labels.pixels.shape == (48, 56)


def test_one_network_serves_for_both(seer):
    made = ready()
    del made._nets["final"]
    made(toy.one_disc()[0])
    assert {name for name, _ in seer} == {"preseg"}


def test_the_table_has_the_scores_of_the_objects_that_are_left(seer):
    made = ready()
    raw = made.network(np.repeat(normalise(toy.mixed_sizes()[0].array())[None], 3, 0))
    labels, table = made.objects(raw)
    assert list(table.index) == sorted(set(np.unique(labels)) - {0})
    assert isinstance(table, pd.DataFrame)
    assert table["score"].between(0.5, 1).all()
    fewer, table = ready(score_threshold=0.8).objects(raw)
    assert 0 < len(np.unique(fewer)) - 1 == len(table) < len(np.unique(labels)) - 1
    assert table["score"].min() >= 0.8


def test_only_the_correction_needs_the_foreground(seer):
    shape = {"shape": np.array([64, 64]), "diameter_px": np.array(20.0)}
    found = detections(toy.discs((64, 64), (32, 32, 12)))
    raw = {"boxes": found.boxes, "scores": found.scores, "masks": found.masks, **shape}
    plain, _ = ready().objects(raw)
    truth = toy.discs((64, 64), (32, 32, 10))
    corrected, _ = ready(softness=0).objects({**raw, "foreground": (truth > 0).astype(np.float16)})
    assert (plain > 0).sum() > (truth > 0).sum()
    assert ((corrected > 0) != (truth > 0)).sum() <= 8


def test_the_unet_sees_the_same_size(seer):
    class Unet:
        asked = None

        def at(self, diameter_px):
            Unet.asked = diameter_px
            return self

        def network(self, pixels):
            return {"probabilities": np.full((3, *pixels.shape[-2:]), 1 / 3, np.float32)}

    made = ready(diameter_px=30)
    made._unet = Unet()
    raw = made.network(toy.one_disc()[0].array()[None].astype(np.float32))
    assert Unet.asked == 30
    assert raw["foreground"].shape == (64, 64)
    assert float(raw["foreground"].max()) == pytest.approx(2 / 3, abs=1e-3)


def test_unet_weights_are_only_a_start():
    trunk = model("nucleaizer", pretrained="unet-bbbc038", correct_with=None)
    assert trunk.untrained
    with pytest.raises(MissingWeights, match="to start a training of nucleaizer from; by themselves they find nothing"):
        trunk(toy.one_disc()[0])


def test_other_weights_are_refused(tmp_path):
    with pytest.raises(BadConfig, match="holds weights for 'stardist', not for 'nucleaizer'"):
        model("nucleaizer", pretrained="stardist-bbbc038").ready()
    with pytest.raises(MissingWeights, match=r"There is no folder \./nowhere with nucleaizer weights"):
        model("nucleaizer", pretrained="./nowhere").ready()
    with pytest.raises(BadConfig, match="holds no Mask R-CNN of opsef-core"):
        load_net(ZOO / "unet-bbbc038" / "weights.safetensors")


def test_weights_in_half_precision_come_back(tmp_path):
    torch.manual_seed(0)
    net = MaskRCNN("light").eval()
    save_net(net, tmp_path / "net.safetensors", half=True)
    again = load_net(tmp_path / "net.safetensors")
    assert not again.training
    for name, value in net.state_dict().items():
        assert torch.allclose(again.state_dict()[name].float(), value.float(), atol=1e-3), name
    assert (tmp_path / "net.safetensors").stat().st_size < 6e6


def test_no_detection_gives_output_for_every_later_step():
    """The ancestor wrote no file for an image without objects, and later steps skipped it."""
    none = Detections.none()
    raw = {"boxes": none.boxes, "scores": none.scores, "masks": none.masks, "shape": np.array([5, 7]),
           "foreground": np.ones((5, 7), np.float16)}  # fmt: skip
    labels, table = ready().objects(raw)
    assert labels.shape == (5, 7)
    assert table.empty
