import numpy as np
import pytest
import toy

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from opsef_core.models.nucleaizer.heads import MASK_PX, mask_targets  # noqa: E402
from opsef_core.models.nucleaizer.net import MaskRCNN  # noqa: E402
from opsef_core.models.nucleaizer.trainer import targets  # noqa: E402


def test_mask_targets_are_read_from_the_label_image():
    _, truth = toy.touching_discs()
    image = torch.from_numpy(truth.pixels)
    boxes = torch.tensor([[16.0, 20, 40, 44], [38, 20, 62, 44], [16, 20, 62, 44]])
    masks = mask_targets(image, boxes, torch.tensor([1, 2, 2], dtype=torch.int32))
    assert masks.shape == (3, MASK_PX, MASK_PX)
    assert masks.dtype == torch.float32
    disc = np.pi / 4
    assert masks[:2].mean((1, 2)).tolist() == pytest.approx([disc, disc], abs=0.06)
    assert masks[2, :, : MASK_PX // 3].sum() == 0  # the left one is another object


def test_boxes_beyond_the_image_are_read_at_its_edge():
    masks = mask_targets(torch.ones(8, 8, dtype=torch.int32), torch.tensor([[-4.0, -4, 20, 20]]), torch.tensor([1]))
    assert masks.min() == 1


def test_targets_have_a_box_around_each_piece():
    """Mirrored or cut pieces of an object are objects: a box around both would teach nonsense."""
    ids = np.zeros((30, 40), np.int32)
    ids[2:8, 3:10] = 5
    ids[20:26, 30:38] = 5
    ids[10, 10] = 9  # too small to teach anything
    made = targets(ids)
    assert made["boxes"].tolist() == [[3, 2, 10, 8], [30, 20, 38, 26]]
    assert made["labels"].tolist() == [1, 1]
    masks = mask_targets(made["image"], made["boxes"], made["ids"])
    assert masks.min() == 1


def test_an_empty_crop_has_losses_without_masks():
    torch.manual_seed(0)
    net = MaskRCNN("light").train()
    some, none = targets(toy.discs((64, 64), (32, 32, 12))), targets(np.zeros((64, 64), np.int32))
    pixels = torch.rand(2, 3, 64, 64)
    for objects in ([some, none], [none, some], [none, none]):
        losses = net.losses(pixels, net.trunk(pixels), objects)
        assert set(losses) == {"loss_objectness", "loss_rpn_box_reg", "class", "box", "mask"}
        assert all(torch.isfinite(v) for v in losses.values())
        torch.stack(list(losses.values())).sum().backward()
    assert losses["mask"] == 0


@pytest.mark.parametrize("size", ["light", "full"])
def test_both_sizes_find_boxes_and_masks(size):
    torch.manual_seed(0)
    net = MaskRCNN(size).eval()
    net.roi_heads.score_thresh = 0.0
    net.roi_heads.detections_per_img = 7
    side = 2 * net.stride
    with torch.inference_mode():
        (found,) = net(torch.rand(1, 3, side, side))
    assert found["boxes"].shape == (7, 4)
    assert found["masks"].shape == (7, MASK_PX, MASK_PX)
    assert ((found["masks"] >= 0) & (found["masks"] <= 1)).all()
    assert found["boxes"].min() >= 0
    assert found["boxes"].max() <= side


def test_hundreds_of_objects_are_not_thinned():
    """The ancestor taught 100 objects a crop at most, and found 1000 at most."""
    net = MaskRCNN("light")
    assert net.roi_heads.detections_per_img >= 2000
    ids = np.kron(np.arange(1, 257).reshape(16, 16), np.ones((16, 16))).astype(np.int32)
    ids[::16] = ids[:, ::16] = 0
    assert len(targets(ids)["ids"]) == 256
