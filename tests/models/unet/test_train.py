import numpy as np
import pytest
import toy

torch = pytest.importorskip("torch")

from opsef_core.models.unet import train as training  # noqa: E402
from opsef_core.models.unet.crops import Crops  # noqa: E402
from opsef_core.models.unet.net import UNet  # noqa: E402


def crops(first=0, seed=3):
    pairs = [toy.many_discs(), toy.mixed_sizes()]
    return Crops([i.pixels for i, _ in pairs], [t.pixels for _, t in pairs], np.array([1, 2]), 8, seed, first)


def test_a_crop_is_the_same_in_every_run():
    for ours, theirs in zip(crops()[3], crops(first=3)[0], strict=True):
        assert torch.equal(ours, theirs)
    assert not torch.equal(crops()[3][0], crops(seed=4)[3][0])


def test_crops_hold_finite_pixels_and_three_classes():
    for index in range(8):
        pixels, classes, weight = crops()[index]
        assert pixels.shape == (3, 256, 256)
        assert torch.isfinite(pixels).all()
        assert set(classes.unique().tolist()) <= {0, 1, 2}
        assert weight.min() >= 1


@pytest.fixture
def small(monkeypatch):
    """Crops of 32 px, so that a step takes a blink."""
    monkeypatch.setattr("opsef_core.models.unet.crops.CROP_PX", 32)


def schedule(**changes):
    quick = {"steps": 6, "batch": 2, "score_every": 2, "workers": 0, "mixed_precision": False}
    return training.Schedule(**(quick | changes))


def run(folder, plan, score=lambda net: 0.0):
    image, truth = toy.many_discs()
    return training.train([image.pixels], [truth.pixels], folder, score, schedule=plan)


def test_an_interrupted_training_ends_where_an_uninterrupted_one_does(tmp_path, small):
    def stop(net, seen=[]):  # noqa: B006
        seen.append(1)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return 0.0

    run(tmp_path / "whole", schedule())
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "parts", schedule(), stop)
    run(tmp_path / "parts", schedule())
    ends = [training._State.load(tmp_path / p / training.CHECKPOINT, "cpu") for p in ("whole", "parts")]
    assert ends[0].step == ends[1].step == 6
    for a, b in zip(ends[0].net.parameters(), ends[1].net.parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-6)


def test_the_best_network_is_kept_not_the_last(tmp_path, small):
    scores = iter([0.1, 0.9, 0.2])
    nets = []

    def score(net):
        nets.append({k: v.clone() for k, v in net.state_dict().items()})
        return next(scores)

    best = run(tmp_path, schedule(), score)
    assert all(torch.equal(best.state_dict()[k], v) for k, v in nets[1].items())
    lines = (tmp_path / training.CURVES).read_text().splitlines()
    assert lines[0] == "step,loss,score,seconds"
    assert [line.split(",")[2] for line in lines[1:]] == ["0.10000", "0.90000", "0.20000"]


def test_the_loss_falls(tmp_path, small):
    plan = schedule(steps=40, score_every=10, learning_rate=5e-3, warmup_steps=1)
    run(tmp_path, plan)
    losses = [float(line.split(",")[1]) for line in (tmp_path / training.CURVES).read_text().splitlines()[1:]]
    assert losses[-1] < 0.9 * losses[0]


def test_hours_stop_a_training_early(tmp_path, small):
    run(tmp_path, schedule(hours=0))
    assert training._State.load(tmp_path / training.CHECKPOINT, "cpu").step == 1


def test_half_precision_weights_come_back_nearly_equal(tmp_path):
    net = UNet()
    training.save_weights(net, tmp_path / "w.safetensors", half=True)
    back = training.load_weights(tmp_path / "w.safetensors")
    assert all(torch.allclose(a, b, atol=1e-3) for a, b in zip(net.parameters(), back.parameters(), strict=True))
