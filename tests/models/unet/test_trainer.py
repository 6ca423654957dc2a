import numpy as np
import pytest
import toy

torch = pytest.importorskip("torch")

from opsef_core.models import Example, fit, model  # noqa: E402
from opsef_core.models._fit import _torch as training  # noqa: E402
from opsef_core.models.unet.net import UNet  # noqa: E402
from opsef_core.models.unet.trainer import UNetTrainer, loss  # noqa: E402
from opsef_core.models.unet.weights import load_weights, save_weights  # noqa: E402


@pytest.fixture
def small(monkeypatch):
    """Crops of 64 px, four a step, so that a step takes a blink."""
    monkeypatch.setattr(UNetTrainer, "crop_px", 64)
    monkeypatch.setattr(UNetTrainer, "batch", 4)


def begun(seed=0):
    made = UNetTrainer([Example(*toy.many_discs(shape=(96, 96)))], "cpu", seed)
    made.begin(None)
    return made


def test_forty_steps_from_random_weights_find_discs(small, tmp_path):
    pairs = [toy.many_discs(f"discs_{i}", seed=i, shape=(96, 96)) for i in range(6)]
    made = fit(
        model("unet"), pairs, tmp_path / "fitted", device="cpu", scratch=True, steps=40, score_every=20,
        learning_rate=1e-2, progress=False,
    )  # fmt: skip
    first, last = made.curves["loss"]
    assert last < 0.9 * first
    assert made.scores["fitted_dsb_score"].mean() > 0.5
    assert made.better


def test_a_seed_gives_the_same_random_weights_and_leaves_the_users_generator_alone():
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first, second, other = begun(), begun(), begun(seed=1)
    assert torch.equal(torch.get_rng_state(), before)
    same = [torch.equal(a, b) for a, b in zip(first.net.parameters(), second.net.parameters(), strict=True)]
    assert all(same)
    assert not all(torch.equal(a, b) for a, b in zip(first.net.parameters(), other.net.parameters(), strict=True))


def test_it_starts_from_the_models_weights():
    start = model("unet").ready("cpu")
    made = UNetTrainer([Example(*toy.one_disc())], "cpu", 0)
    made.begin(start)
    for name, value in start.weights_of_network().items():
        assert torch.equal(made.net.state_dict()[name], value)
        assert torch.equal(made.mean.state_dict()[name], value)


def test_crops_made_in_another_process_are_the_same(small, monkeypatch):
    apart, here = begun(), begun()
    assert np.isfinite(apart.block(0, 9, lambda step: 1e-3))  # more than eight steps: another process
    monkeypatch.setattr(training.sys, "platform", "no fork here")
    here.block(0, 9, lambda step: 1e-3)
    ours, theirs = apart.state(), here.state()
    assert all(np.allclose(ours[name], theirs[name], atol=1e-6) for name in ours)


def test_the_averaged_network_follows_slowly(small):
    made = begun()
    before = next(made.net.parameters()).detach().clone()
    made.block(500, 1, lambda step: 1e-2)
    moved, average = (next(n.parameters()).detach() - before for n in (made.net, made.mean))
    assert torch.allclose(average, moved * (1 - 502 / 511), atol=1e-6)


def test_the_loss_is_small_for_a_perfect_answer_and_weights_count():
    classes = torch.from_numpy(np.arange(48).reshape(1, 6, 8) % 3)
    perfect = 20.0 * torch.nn.functional.one_hot(classes, 3).permute(0, 3, 1, 2).float()
    even = torch.ones(1, 6, 8)
    assert loss(perfect, classes, even) < 0.01
    wrong = perfect.roll(1, 1)
    assert loss(wrong, classes, even) > 5
    assert loss(wrong, classes, 2 * even) > 1.8 * loss(wrong, classes, even) - 1
    assert torch.isfinite(loss(perfect, torch.zeros_like(classes), even))  # no object at all


def test_half_precision_weights_come_back_nearly_equal(tmp_path):
    net = UNet()
    save_weights(net, tmp_path / "w.safetensors", half=True)
    back = load_weights(tmp_path / "w.safetensors")
    assert all(torch.allclose(a, b, atol=1e-3) for a, b in zip(net.parameters(), back.parameters(), strict=True))
    assert not back.training
