import re

import pytest
import toy

from opsef_core.errors import MissingWeights
from opsef_core.models import Example, model

torch = pytest.importorskip("torch")
torchvision = pytest.importorskip("torchvision")

from opsef_core.models.nucleaizer import coco  # noqa: E402
from opsef_core.models.nucleaizer.net import MaskRCNN  # noqa: E402


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A machine without any weights; gives the place of the file in torch's cache."""
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "opsef"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    file = tmp_path / "torch" / "hub" / "checkpoints" / coco.FILE
    file.parent.mkdir(parents=True)
    return file


@pytest.fixture(scope="module")
def theirs():
    """Torchvision's network for 91 kinds of objects, with random weights."""
    return torchvision.models.detection.maskrcnn_resnet50_fpn(weights=None, weights_backbone=None).state_dict()


def as_in_2019(name):
    """The name of a tensor in files of older versions of torchvision, such as the one that is downloaded."""
    name = name.replace("rpn.head.conv.0.0", "rpn.head.conv")
    name = re.sub(r"(inner_blocks|layer_blocks)\.(\d)\.0", r"\1.\2", name)
    return re.sub(r"mask_head\.(\d)\.0", lambda found: f"mask_head.mask_fcn{int(found[1]) + 1}", name)


@pytest.mark.parametrize("named", [str, as_in_2019])
def test_all_but_the_rows_of_the_kinds_fits_the_full_network(home, theirs, monkeypatch, named):
    torch.save({named(name): value for name, value in theirs.items()}, home)
    monkeypatch.setattr(coco, "HASH", coco.sha256_of(home)[:8])
    start = model("nucleaizer", pretrained="coco", correct_with=None)
    assert start.untrained
    trainer = start.ready("cpu").trainer()([Example(*toy.one_disc())], "cpu", 0)
    trainer.begin(start)
    own = trainer.net.state_dict()
    ours = {f"trunk.{name}" if name.startswith("backbone") else name: value for name, value in theirs.items()}
    fresh = {
        name for name, value in own.items() if value.shape != ours[name].shape or not torch.equal(value, ours[name])
    }
    assert len(own) > 300
    assert fresh
    assert {".".join(name.split(".")[:3]) for name in fresh} <= {
        "roi_heads.box_predictor.cls_score", "roi_heads.box_predictor.bbox_pred",
        "roi_heads.mask_predictor.mask_fcn_logits",
    }  # fmt: skip


def test_a_damaged_file_and_one_with_more_than_tensors(home):
    home.write_bytes(b"not the file")
    with pytest.raises(MissingWeights, match="damaged: its checksum does not begin with bf2d0c1e"):
        model("nucleaizer", pretrained="coco").fetch()
    with pytest.raises(MissingWeights, match="cannot be read as tensors"):
        coco.tensors(home)


def test_offline_it_says_what_to_do(home, monkeypatch):
    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    with pytest.raises(MissingWeights, match=r"nothing is downloaded offline\. Get the file https://.*bf2d0c1e\.pth"):
        model("nucleaizer", pretrained="coco").fetch()


def test_they_find_nothing_by_themselves(home, theirs, monkeypatch):
    with pytest.raises(MissingWeights, match="by themselves they find nothing"):
        model("nucleaizer", pretrained="coco", correct_with=None)(toy.one_disc()[0])


def test_the_full_network_sees_imagenets_range():
    torch.manual_seed(0)
    net = MaskRCNN("full").eval()
    seen = []
    net.trunk.backbone.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    with torch.inference_mode():
        net(torch.tensor(coco_mean())[None, :, None, None].expand(1, 3, 64, 64))
    assert seen[0].abs().max() < 1e-6


def coco_mean():
    from opsef_core.models.nucleaizer.trunk import MEAN

    return MEAN
