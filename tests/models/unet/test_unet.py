import numpy as np
import pytest
import toy

from opsef_core.data import Image
from opsef_core.errors import BadConfig, MissingWeights
from opsef_core.models import model
from opsef_core.models._normalise import normalise
from opsef_core.models.unet.targets import three_classes, weights

torch = pytest.importorskip("torch")


from opsef_core.models.unet.net import STRIDE, UNet  # noqa: E402
from opsef_core.models.unet.to_labels import to_labels  # noqa: E402


def perfect(ids):
    """Class probabilities of a network that makes no mistake."""
    return np.stack([(three_classes(ids) == k) for k in range(3)]).astype(np.float32)


def found(ids, **thresholds):
    settings = {"mask_threshold": 0.5, "seed_threshold": 0.5, "min_area_px": 1} | thresholds
    return to_labels(perfect(ids), **settings)


def test_border_lies_inside_the_object_and_parts_touching_ones():
    _, truth = toy.touching_discs()
    classes = three_classes(truth.pixels)
    assert np.array_equal(classes > 0, truth.pixels > 0)
    touching = [(32, 39), (32, 40)]
    assert all(classes[p] == 2 for p in touching)
    assert classes[32, 28] == 1


def test_the_smallest_object_keeps_an_inside():
    ids = np.zeros((20, 20), np.int32)
    ids[3:5, 3:5] = 1
    ids[10, 10] = 2
    classes = three_classes(ids)
    assert (classes[ids == 1] == 1).any()
    assert (classes[ids == 2] == 1).any()


def test_narrow_gaps_weigh_more():
    ids = np.zeros((30, 30), np.int32)
    ids[5:25, 3:14], ids[5:25, 16:27] = 1, 2
    weight = weights(ids)
    assert weight[15, 14] == weight[15, 15] == 4
    assert weight[0, 0] == weight[15, 29] == 1
    assert (weights(np.zeros((5, 5), int)) == 1).all()


@pytest.mark.parametrize("case", [toy.one_disc, toy.touching_discs, toy.mixed_sizes, toy.many_discs, toy.empty])
def test_perfect_probabilities_give_back_every_object(case):
    _, truth = case()
    labels = found(truth.pixels)
    assert len(np.unique(labels)) - 1 == truth.count
    assert np.array_equal(labels > 0, truth.pixels > 0)


def test_small_objects_do_not_vanish_beside_large_ones():
    _, truth = toy.mixed_sizes()
    labels = found(truth.pixels)
    small = truth.pixels == 6
    assert len(np.unique(labels[small])) == 1
    assert labels[small].min() > 0


def test_no_seed_no_loss():
    _, truth = toy.one_disc()
    assert len(np.unique(found(truth.pixels, seed_threshold=1.0)[truth.pixels > 0])) == 1


def test_specks_are_dropped():
    ids = toy.discs((60, 60), (20, 20, 8), (50, 50, 2))
    assert len(np.unique(found(ids, min_area_px=30))) == 2


def test_background_is_never_an_object():
    _, truth = toy.many_discs()
    assert found(truth.pixels)[0, 0] == 0


@pytest.mark.parametrize("shape", [(STRIDE, STRIDE), (3 * STRIDE, STRIDE)])
def test_the_network_keeps_the_size(shape):
    assert UNet().eval()(torch.zeros(1, 3, *shape)).shape == (1, 3, *shape)


def test_normalising_is_independent_of_the_bit_depth():
    image, _ = toy.one_disc()
    low = normalise(image.pixels.astype(np.float32))
    high = normalise(image.pixels.astype(np.float32) * 257 + 100)
    assert np.allclose(low, high, atol=1e-5)
    assert (normalise(np.full((4, 4), 7.0)) == 0).all()


# --- with the shipped weights ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def unet():
    return model("unet").ready()


def test_shipped_weights_find_discs_at_every_size_and_depth(unet):
    for case in (toy.many_discs, toy.mixed_sizes):
        image, truth = case()
        assert abs(unet(image).count - truth.count) <= 0.2 * truth.count
    image, truth = toy.many_discs()
    deep = Image(image.pixels.astype(np.uint16) * 200 + 500, "YX", "deep")
    assert np.array_equal(unet(deep).pixels, unet(image).pixels)


def test_the_result_does_not_depend_on_padding(unet):
    image, _ = toy.many_discs()
    cut = Image(image.pixels[:, :201], "YX", "cut")
    whole, part = unet(image), unet(cut)
    same = (whole.pixels[:, :150] > 0) == (part.pixels[:, :150] > 0)
    assert same.mean() > 0.99


def test_short_memory_leads_to_strips_and_the_same_result(unet, monkeypatch, caplog):
    image, _ = toy.many_discs(shape=(700, 90))
    whole = unet(image).pixels
    forward, heights = type(unet)._forward, []

    def short_of_memory(self, pixels):
        heights.append(pixels.shape[1])
        if pixels.shape[1] > 450:
            raise RuntimeError("CUDA out of memory. Tried to allocate 2 GiB")
        return forward(self, pixels)

    monkeypatch.setattr(type(unet), "_forward", short_of_memory)
    assert np.array_equal(unet(image).pixels > 0, whole > 0)
    assert heights[0] == 700
    assert max(heights[2:]) <= 450
    assert "Out of memory with strips of 700 rows; going on with strips of 350 rows." in caplog.text


def test_dark_objects_on_white_are_found(unet):
    image, truth = toy.many_discs()
    dark = Image(255 - image.pixels, "YX", "dark")
    assert abs(unet(dark).count - truth.count) <= 0.2 * truth.count


def test_diameter_brings_large_objects_to_the_networks_size(unet):
    ids = toy.discs((600, 600), (200, 200, 100), (420, 420, 100))
    image, _ = toy.pair("large", ids)
    assert model("unet", diameter_px=200)(image).count == 2


def test_unknown_weights_are_answered_with_what_there_is():
    known = "Known: unet-bbbc038, unet-without-tissue. Or"
    with pytest.raises(MissingWeights, match=f"no unet weights called 'unet-mars'.*{known}"):
        model("unet", pretrained="unet-mars").ready()


def test_damaged_weights_are_refused(tmp_path):
    from opsef_core.models._card import ZOO

    source = ZOO / "unet-bbbc038"
    (tmp_path / "model.yml").write_bytes((source / "model.yml").read_bytes())
    file = next(source.glob("*.safetensors"))
    with pytest.raises(MissingWeights, match="is missing; put it there again"):
        model("unet", pretrained=str(tmp_path)).ready()
    (tmp_path / file.name).write_bytes(file.read_bytes()[:-1] + b"\x01")
    with pytest.raises(MissingWeights, match="is damaged: its checksum is"):
        model("unet", pretrained=str(tmp_path)).ready()


def test_a_card_that_is_none(tmp_path):
    (tmp_path / "model.yml").write_text("family: unet\nwhat: 3")
    with pytest.raises(BadConfig, match="called 'what'"):
        model("unet", pretrained=str(tmp_path)).ready()
    (tmp_path / "model.yml").write_text("words")
    with pytest.raises(BadConfig, match="is not a model card"):
        model("unet", pretrained=str(tmp_path)).ready()
