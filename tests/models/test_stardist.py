import json
import logging
import shutil
import subprocess
import sys
from pathlib import Path

import imageio.v3 as iio
import numpy as np
import pytest
import toy
from model_folder import write_folder

from opsef_core.data import RGB, Image
from opsef_core.errors import BadImage, BadParameter, MissingWeights
from opsef_core.models import model, zoo_names

pytest.importorskip("stardist")


def plain(segmenter, image, **asked):
    """Labels and scores of the library's own call, in one go."""
    from csbdeep.utils import normalize

    net = segmenter.ready("cpu")._net
    pixels = normalize(image.array().astype(np.float32), 1, 99.8)
    if "C" in image.axes:
        pixels = np.moveaxis(pixels, 0, -1)
    return net.predict_instances(pixels, show_tile_progress=False, **asked)


def real_image(real_data):
    return Image(np.asarray(iio.imread(real_data / "stardist_examples/images/dsb_2d_small.tif")), "YX", "dsb")


@pytest.fixture(scope="module")
def tiny(stardist_folder):
    return str(stardist_folder)


@pytest.mark.parametrize("asked", [{}, {"prob_thresh": 0.2}, {"prob_thresh": 0.35, "nms_thresh": 0.1}, {"scale": 0.7}])
@pytest.mark.parametrize("shape", [(96, 96), (93, 110)])
def test_labels_and_scores_are_those_of_the_library(tiny, asked, shape):
    image, _ = toy.many_discs(seed=9, shape=shape)
    segment = model("stardist", pretrained=tiny, **asked)
    labels = segment(image)
    expected, details = plain(segment, image, **asked)
    assert labels.count > 0
    assert np.array_equal(labels.pixels, expected)
    assert np.array_equal(labels.objects["score"], details["prob"][labels.ids - 1])


def test_labels_are_those_of_the_library_on_a_real_image(tiny, real_data):
    image = real_image(real_data)
    for asked in ({}, {"prob_thresh": 0.1, "nms_thresh": 0.6}):
        segment = model("stardist", pretrained=tiny, **asked)
        labels = segment(image)
        assert labels.count > 0
        assert np.array_equal(labels.pixels, plain(segment, image, **asked)[0])


def test_thresholds_share_one_network_pass(tiny):
    image, _ = toy.many_discs(seed=9, shape=(96, 96))
    first = model("stardist", pretrained=tiny).ready("cpu")
    raw = first.network(first.pixels_of(image))
    for asked in ({"prob_thresh": 0.2}, {"prob_thresh": 0.38, "nms_thresh": 0.2}, {"prob_thresh": 0.999}):
        other = model("stardist", pretrained=tiny, **asked)  # never loaded
        assert other.network_act == first.network_act
        assert np.array_equal(other.labels_from(image, raw).pixels, plain(first, image, **asked)[0])


def test_no_object_above_the_threshold_is_a_fine_result(tiny):
    labels = model("stardist", pretrained=tiny, prob_thresh=0.999)(toy.one_disc()[0])
    assert labels.count == 0
    assert len(labels.objects) == 0


def test_a_grey_model_gets_the_luminance_of_a_colour_image(tiny, caplog):
    grey, _ = toy.many_discs(seed=9, shape=(96, 96))
    colour = Image(np.stack([grey.array()] * 3), "CYX", "colour", channels=RGB)
    with caplog.at_level(logging.INFO, "opsef_core"):
        found = model("stardist", pretrained=tiny)(colour)
    assert "is a grey model: it gets the 3 channels as one." in caplog.text
    assert found.count == pytest.approx(model("stardist", pretrained=tiny)(grey).count, abs=2)


def test_a_colour_model(colour_stardist_folder):
    grey, _ = toy.many_discs(seed=9, shape=(64, 64))
    colour = Image(np.stack([grey.array(), grey.array() // 2, grey.array()]), "CYX", "colour", channels=RGB)
    segment = model("stardist", pretrained=str(colour_stardist_folder), prob_thresh=0.05)
    assert np.array_equal(segment(colour).pixels, plain(segment, colour, prob_thresh=0.05)[0])
    three = Image(np.stack([grey.array()] * 3), "CYX", "three")
    assert np.array_equal(segment(grey).pixels, segment(three).pixels)
    with pytest.raises(BadImage, match="takes images of 3 channels, this one has 2. Choose channels when reading"):
        segment(Image(np.stack([grey.array()] * 2), "CYX", "two"))


def test_tiles_when_memory_is_short(tiny, caplog, monkeypatch):
    image, _ = toy.many_discs(seed=9, shape=(200, 260))
    segment = model("stardist", pretrained=tiny).ready("cpu")
    whole, predict = segment(image), segment._net.predict_sparse

    def greedy(seen, n_tiles, **kwargs):
        if np.prod(n_tiles) == 1:
            raise MemoryError
        return predict(seen, n_tiles=n_tiles, **kwargs)

    monkeypatch.setattr(segment._net, "predict_sparse", greedy)
    tiled = segment(image)
    assert "Out of memory with tiles of 260 px; going on with tiles of 130 px." in caplog.text
    assert tiled.count == pytest.approx(whole.count, rel=0.05)
    assert ((tiled.pixels > 0) == (whole.pixels > 0)).mean() > 0.98


def test_the_checksum_covers_weights_and_thresholds(tiny, tmp_path):
    copy = shutil.copytree(tiny, tmp_path / "copy")
    original = model("stardist", pretrained=tiny).weights_checksum
    assert len(original) == 16
    assert model("stardist", pretrained=str(copy)).weights_checksum == original
    (copy / "thresholds.json").write_text(json.dumps({"prob": 0.6, "nms": 0.4}))
    assert model("stardist", pretrained=str(copy)).weights_checksum != original


def test_which_weights_file_does_not_depend_on_its_date(tiny, tmp_path):
    copy = shutil.copytree(tiny, tmp_path / "copy")
    segment = model("stardist", pretrained=str(copy))
    image, _ = toy.many_discs(seed=9, shape=(96, 96))
    before = segment(image).pixels
    net = segment._net.keras_model
    net.set_weights([0 * w for w in net.get_weights()])
    net.save_weights(str(copy / "another_best.h5"))  # newer, and the library would take it
    assert np.array_equal(model("stardist", pretrained=str(copy))(image).pixels, before)


OFFICIAL = "2D_versatile_fluo"
URL = "https://github.com/stardist/stardist-models/releases/download/v0.1/python_2D_versatile_fluo.zip"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and an empty one of the library's own."""
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "library"))
    return tmp_path / "cache" / "weights"


def advice(cache):
    return (
        f"Get the file {URL} on a machine with internet and put it there: {cache}/2D_versatile_fluo (unpacked); or put "
        "it elsewhere and give its path as pretrained; or bring it over with `opsef bundle`."
    )


def test_official_weights_without_network(cache, monkeypatch):
    import requests

    def offline(*args, **kwargs):
        raise requests.ConnectionError("Name or service not known")

    monkeypatch.setattr(requests, "get", offline)
    segment = model("stardist", pretrained=OFFICIAL)
    assert segment.weights_checksum is None
    with pytest.raises(MissingWeights) as error:
        segment.ready("cpu")
    assert str(error.value) == (
        "The StarDist weights '2D_versatile_fluo' are not on this machine and could not be downloaded (Name or service "
        f"not known). {advice(cache)}"
    )
    assert list(cache.iterdir()) == []


def test_offline_nothing_is_asked_of_the_network(cache, monkeypatch, no_network):
    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    with pytest.raises(MissingWeights) as error:
        model("stardist", pretrained=OFFICIAL).fetch()
    assert str(error.value) == (
        "The StarDist weights '2D_versatile_fluo' are not on this machine, and nothing is downloaded offline. "
        f"{advice(cache)}"
    )


def serve(monkeypatch, content):
    """The network gives these bytes; returns what it was asked for."""
    import io

    import requests

    asked = []

    def get(url, **kwargs):
        asked.append(url)
        answer = requests.Response()
        answer.status_code, answer.raw = 200, io.BytesIO(content)
        return answer

    monkeypatch.setattr(requests, "get", get)
    return asked


def test_a_download_goes_to_the_cache_whole(cache, tiny, tmp_path, monkeypatch):
    import hashlib

    from csbdeep.models import pretrained
    from stardist.models import StarDist2D

    content = Path(shutil.make_archive(str(tmp_path / "official"), "zip", tiny)).read_bytes()
    registered = pretrained._MODELS[StarDist2D]["2D_versatile_fluo"]
    monkeypatch.setitem(registered, "hash", hashlib.sha256(content).hexdigest())
    asked = serve(monkeypatch, content)
    segment = model("stardist", pretrained=OFFICIAL)
    segment.fetch()
    segment.fetch()
    assert asked == [URL]
    assert [f.name for f in cache.iterdir()] == ["2D_versatile_fluo"]
    assert segment.weights_checksum == model("stardist", pretrained=tiny).weights_checksum


def test_a_download_that_is_not_what_the_library_expects(cache, monkeypatch):
    serve(monkeypatch, b"something else")
    with pytest.raises(MissingWeights, match="could not be downloaded"):
        model("stardist", pretrained=OFFICIAL).fetch()
    assert list(cache.iterdir()) == []


def test_a_model_folder_by_name_and_by_path(cache, tiny):
    files = {f.name: f for f in Path(tiny).iterdir() if f.name in ("config.json", "thresholds.json")}
    write_folder(cache / "my-nuclei", "stardist", {"net.h5": Path(tiny) / "weights_best.h5", **files})
    shutil.copy(Path(tiny) / "weights_best.h5", cache / "my-nuclei" / "weights_best.h5")  # not in the card
    image, _ = toy.many_discs(seed=9, shape=(96, 96))
    expected = model("stardist", pretrained=tiny)
    for name in ("my-nuclei", str(cache / "my-nuclei")):
        segment = model("stardist", pretrained=name)
        assert segment.weights_checksum == expected.weights_checksum
        assert np.array_equal(segment(image).pixels, expected(image).pixels)
    (cache / "my-nuclei" / "thresholds.json").write_text('{"prob": 0.9, "nms": 0.4}')
    with pytest.raises(MissingWeights, match="thresholds.json of 'Toy' is damaged"):
        model("stardist", pretrained="my-nuclei").ready("cpu")


def test_official_weights_put_there_by_hand(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    shutil.copytree(tiny, tmp_path / "models" / "StarDist2D" / "2D_versatile_fluo")
    image, _ = toy.many_discs(seed=9, shape=(96, 96))
    assert np.array_equal(
        model("stardist", pretrained=OFFICIAL)(image).pixels, model("stardist", pretrained=tiny)(image).pixels
    )


def test_a_shared_folder_of_weights(tiny, tmp_path, monkeypatch):
    monkeypatch.setenv("OPSEF_WEIGHTS", str(tmp_path))
    shutil.copytree(tiny, tmp_path / "2D_versatile_he")
    assert model("stardist", pretrained="2D_versatile_he").weights_checksum is not None


def test_unknown_weights():
    with pytest.raises(MissingWeights) as error:
        model("stardist", pretrained="2D_versatil_fluo").ready("cpu")
    known = ", ".join(["2D_versatile_fluo", "2D_versatile_he", "2D_paper_dsb2018", *zoo_names("stardist")])
    assert str(error.value) == (
        "There are no StarDist weights called '2D_versatil_fluo'. Did you mean '2D_versatile_fluo'? Known: "
        f"{known}. Or give a folder of yours by its path "
        "(./2D_versatil_fluo for one in this folder)."
    )
    with pytest.raises(MissingWeights, match="There is no folder /nowhere/mine with StarDist weights."):
        model("stardist", pretrained="/nowhere/mine").ready("cpu")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda f: (f / "config.json").write_text("{"), "is not the configuration of a StarDist model"),
        (lambda f: (f / "config.json").write_text('{"n_dim": 3}'), "is no 2D StarDist model: its n_dim is 3"),
        (lambda f: (f / "weights_best.h5").write_bytes(b"no"), "cannot be loaded"),
        (lambda f: [w.unlink() for w in f.glob("*.h5")], "of .h5 files it has none"),
    ],
    ids=["config", "3d", "weights", "no weights"],
)
def test_a_damaged_model_folder(tiny, tmp_path, damage, message):
    copy = shutil.copytree(tiny, tmp_path / "copy")
    damage(copy)
    with pytest.raises(MissingWeights, match=message):
        model("stardist", pretrained=str(copy)).ready("cpu")


def test_impossible_values():
    with pytest.raises(BadParameter, match="prob_thresh = 1.5 is not possible: Input should be less than 1"):
        model("stardist", prob_thresh=1.5)
    with pytest.raises(BadParameter, match="low_percentile must be less than high_percentile"):
        model("stardist", low_percentile=99.9)


@pytest.mark.slow
def test_torch_can_train_after_stardist_was_loaded():
    """Triton after TensorFlow ends the process; see `_load_triton`."""
    pytest.importorskip("torch")
    code = (
        "from opsef_core.models.stardist.folder import library\n"
        "with library():\n    import stardist.models\n"
        "import torch\ntorch.optim.Adam(torch.nn.Linear(2, 2).parameters())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
