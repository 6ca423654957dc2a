"""What the library's own trainer is given, and what comes back."""

import numpy as np
import pytest
import toy

pytest.importorskip("cellpose")
trainers = pytest.importorskip("opsef_core.models.cellpose.trainer")

from opsef_core.models import examples_of  # noqa: E402
from opsef_core.models.cellpose.file import major  # noqa: E402

if major() != 3:
    pytest.skip("the classic network is Cellpose 3's", allow_module_level=True)


@pytest.fixture
def trainer(monkeypatch):
    monkeypatch.setattr(trainers.CellposeTrainer, "crop_px", 64)
    pairs = [toy.many_discs(f"d{i}", seed=i, shape=(96, 96)) for i in range(3)]
    made = trainers.CellposeTrainer(examples_of(pairs), "cpu", 0)
    made.begin(None)
    return made


def test_within_a_block_every_step_sees_the_weights_of_the_one_before(trainer, monkeypatch):
    """Autocast keeps casts of the weights; kept for a block, they would never change and the loss would not fall."""
    losses, own = [], trainers.train._loss_fn_seg

    def noted(*given):
        loss = own(*given)
        losses.append(loss.item())
        return loss

    monkeypatch.setattr(trainers.train, "_loss_fn_seg", noted)
    trainer.block(0, 30, lambda step: 5e-3)
    assert np.mean(losses[-5:]) < 0.75 * np.mean(losses[:3])


def test_images_and_flows_of_large_objects_are_made_small_together(monkeypatch):
    image, truth = toy.pair("large", toy.discs((160, 160), (50, 50, 30), (110, 110, 30)))
    made = trainers.CellposeTrainer(examples_of([(image, truth)]), "cpu", 0)
    made.begin(None)
    (pixels,), (flows,) = made.pixels, made.flows
    assert pixels.shape[1:] == flows.shape[1:] == (59, 59)  # 60 px objects become 22 px
    assert np.corrcoef(pixels[0].ravel(), flows[1].ravel())[0, 1] > 0.9
    assert flows.shape[0] == 4
    assert np.hypot(flows[2], flows[3])[flows[1] > 0].mean() > 0.9


def test_a_few_bright_pixels_do_not_upset_the_batch_statistics():
    pixels = np.zeros((3, 50, 50), np.float32)
    pixels[:, 10, 10] = 1000.0
    seen = trainers._two_channels(pixels)
    assert np.abs(seen).max() <= trainers.BRIGHTEST
    assert not seen[1].any()


def test_weights_and_size_model_come_back(trainer, tmp_path):
    from opsef_core.models.cellpose.net import load_net

    trainer.size = {"A": np.arange(256, dtype=np.float32), "diam_mean": np.float32(17.0)}
    trainer.write(tmp_path)
    net, size = load_net(tmp_path / trainers.WEIGHTS)
    assert size["diam_mean"] == 17.0
    assert size["A"].tolist() == list(range(256))
    for name, value in net.state_dict().items():
        expected = trainer.net.state_dict()[name].float()
        assert np.allclose(value.float(), expected, rtol=2e-3, atol=1e-3), name
