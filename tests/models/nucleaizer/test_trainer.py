import numpy as np
import pytest
import toy

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from opsef_core.models import Example, fit, model  # noqa: E402
from opsef_core.models._card import ZOO, read_card  # noqa: E402
from opsef_core.models._fit._crops import median_diameter_px  # noqa: E402
from opsef_core.models.nucleaizer.net import DESIGNS  # noqa: E402
from opsef_core.models.nucleaizer.trainer import HEADS, NucleAIzerTrainer  # noqa: E402
from opsef_core.models.unet.weights import load_weights  # noqa: E402

TRUNK = "unet-bbbc038"


@pytest.fixture
def small(monkeypatch):
    """Crops of 64 px, two a step."""
    monkeypatch.setattr(NucleAIzerTrainer, "crop_px", 64)
    monkeypatch.setattr(NucleAIzerTrainer, "batch", 2)


def begun(start=None, **options):
    examples = [Example(*toy.many_discs(shape=(96, 96))), Example(*toy.one_disc())]
    made = NucleAIzerTrainer(examples, "cpu", 0, **options)
    made.begin(start)
    return made


@pytest.fixture(scope="module")
def pairs():
    return [toy.many_discs(f"discs_{i}", seed=i, shape=(128, 128)) for i in range(5)]


@pytest.fixture(scope="module")
def first_look(pairs, tmp_path_factory):
    """The network of the first look after forty steps, from the trunk of the U-Net."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(NucleAIzerTrainer, "crop_px", 96)
        return fit(
            model("nucleaizer", pretrained=TRUNK, fast=True), pairs, tmp_path_factory.mktemp("first") / "look",
            device="cpu", steps=40, score_every=40, learning_rate=2e-3, progress=False,
        )  # fmt: skip


def test_forty_steps_on_the_trunk_of_the_unet_find_discs(first_look, pairs):
    assert first_look.start is None  # a trunk finds nothing that one could compare with
    assert "from random weights" in repr(first_look)
    assert first_look.scores["fitted_dsb_score"].mean() > 0.4
    card = read_card(first_look.folder)
    assert card.weights == "preseg.safetensors"
    assert card.files.keys() == {"trained_on.csv"}
    assert "light" in card.architecture
    assert card.input["object_diameter_px"] == [8, 80]
    fitted = model("nucleaizer", pretrained=str(first_look.folder))
    assert fitted.trained_on > model("unet", pretrained=TRUNK).trained_on  # what the trunk has seen counts, too


def test_the_final_network_starts_from_the_first_one_which_stays_as_it_is(small, first_look, pairs, tmp_path):
    start = model("nucleaizer", pretrained=str(first_look.folder))
    made = fit(
        start, pairs, tmp_path / "both", device="cpu", steps=2, score_every=2, learning_rate=1e-4, progress=False
    )
    card = read_card(made.folder)
    assert card.weights == "final.safetensors"
    assert set(card.files) == {"preseg.safetensors", "trained_on.csv"}
    ours, theirs = (f / "preseg.safetensors" for f in (made.folder, first_look.folder))
    assert ours.read_bytes() == theirs.read_bytes()
    assert {"start_dsb_score", "fitted_dsb_score"} <= set(made.scores)
    assert card.input["object_diameter_px"] == DESIGNS["light"].object_px
    assert made.fitted.weights_checksum != start.weights_checksum


def test_the_trunk_is_the_unets_and_its_statistics_stay(small):
    start = model("nucleaizer", pretrained=TRUNK).ready("cpu")
    assert start.untrained
    trainer = begun(start)
    unet = load_weights(ZOO / TRUNK / "weights.safetensors").state_dict()
    own = trainer.net.trunk.state_dict()
    assert all(torch.equal(own[name], unet[name]) for name in own if name in unet)
    assert sum(name in unet for name in own) > 80
    trainer.block(0, 2, lambda step: 1e-3)
    moved = trainer.net.trunk.state_dict()
    assert torch.equal(moved["down.0.1.running_mean"], unet["down.0.1.running_mean"])
    assert not torch.equal(moved["down.0.0.weight"], unet["down.0.0.weight"])


def test_from_random_weights_the_statistics_are_learned(small):
    trainer = begun()
    before = trainer.net.trunk.down[0][1].running_mean.clone()
    trainer.block(0, 1, lambda step: 1e-3)
    assert not torch.equal(trainer.net.trunk.down[0][1].running_mean, before)


@pytest.mark.parametrize("batch", [1, 4])
def test_small_batches_learn(small, monkeypatch, batch):
    monkeypatch.setattr(NucleAIzerTrainer, "batch", batch)
    trainer = begun(model("nucleaizer", pretrained=TRUNK).ready("cpu"))
    first = trainer.block(0, 4, lambda step: 1e-3)
    assert trainer.block(4, 8, lambda step: 1e-3) < first


EARLY, LATE = ("trunk.down.0", *HEADS), ("trunk.down.4", *HEADS)


@pytest.mark.parametrize(("group", "learns"), [(0, EARLY), (1, LATE), (2, HEADS)])
def test_layer_groups(small, group, learns):
    trainer = begun()
    before = {k: v.detach().clone() for k, v in trainer.net.named_parameters()}
    trainer.teach(group)
    trainer.block(0, 2, lambda step: 1e-3)
    moved = {k for k, v in trainer.net.named_parameters() if not torch.equal(v, before[k])}
    kinds = {next((h for h in HEADS if k.startswith(h)), ".".join(k.split(".")[:3])) for k in moved}
    assert {k for k in learns if not k.startswith("trunk.backbone")} <= kinds
    assert ("trunk.down.0" in kinds) == (group == 0)
    assert any(k.startswith("trunk.up") for k in kinds) == (group < 2)


def test_crops_show_one_size_to_the_final_network_and_all_sizes_to_the_first():
    discs = [Example(*toy.pair(f"r{r}", toy.discs((160, 160), (80, 80, r)))) for r in (6, 12, 40)]
    sizes = {}
    for trained in ("preseg", "final"):
        crops = NucleAIzerTrainer(discs, "cpu", 0, trained=trained).crops()
        areas = [max(np.bincount(crops[i].labels.ravel())[1:], default=0) for i in range(30)]
        sizes[trained] = 2 * np.sqrt(np.array([a for a in areas if a]) / np.pi)
    assert 15 < sizes["final"].min() < sizes["final"].max() < 36
    assert sizes["preseg"].max() > 2 * sizes["final"].max() * 0.9
    assert sizes["preseg"].min() < 14


def test_it_is_judged_at_the_true_size_without_correction(first_look):
    example = Example(*toy.one_disc())
    fitted = first_look.fitted.ready("cpu")
    final = NucleAIzerTrainer([example], "cpu", 0).to_judge(fitted, example)
    assert final.diameter_px == median_diameter_px(example)
    assert final.correct_with is None
    assert NucleAIzerTrainer([example], "cpu", 0, trained="preseg").to_judge(fitted, example).fast
    assert "foreground" not in final.network(np.zeros((1, 40, 40), np.float32))
    assert "foreground" in fitted.network(np.zeros((1, 40, 40), np.float32))
