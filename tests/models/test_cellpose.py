import importlib.metadata
import pickle
import shutil

import imageio.v3 as iio
import numpy as np
import pytest
import toy
from model_folder import write_folder

from opsef_core.data import RGB, Image
from opsef_core.errors import BadImage, BadParameter, MissingWeights
from opsef_core.models import model

pytest.importorskip("cellpose")
MAJOR = int(importlib.metadata.version("cellpose").split(".")[0])
only_3 = pytest.mark.skipif(MAJOR != 3, reason="of Cellpose 3")
only_4 = pytest.mark.skipif(MAJOR != 4, reason="of Cellpose 4; see `make test-cellpose4`")
LOOSE = {"flow_threshold": 0, "cellprob_threshold": -0.5, "min_area_px": 5}  # the tiny network is not good


@pytest.fixture(scope="module")
def tiny(cellpose_file):
    return str(cellpose_file)


@pytest.fixture(scope="module")
def discs():
    return toy.many_discs(seed=9, shape=(96, 110))[0]


def plain(segmenter, pixels, flow_threshold=0.4, cellprob_threshold=0.0, min_area_px=15, **asked):
    """Labels of the library's own call, in one go."""
    if MAJOR == 3:
        asked.setdefault("channels", [0, 0])
    return segmenter.ready("cpu")._net.eval(
        pixels, flow_threshold=flow_threshold, cellprob_threshold=cellprob_threshold, min_size=min_area_px, **asked
    )[0]


def test_labels_are_those_of_the_library_and_thresholds_share_one_network_pass(tiny, discs):
    first = model("cellpose", pretrained=tiny).ready("cpu")
    raw = first.network(first.pixels_of(discs))
    counts = set()
    for flow in (0, 2.0, 3.0):
        for cellprob in (-1.0, 0.0, 1.0):
            asked = {"flow_threshold": flow, "cellprob_threshold": cellprob, "min_area_px": 5}
            other = model("cellpose", pretrained=tiny, **asked)  # never loaded
            labels = other.labels_from(discs, raw)
            assert other.network_act == first.network_act
            assert np.array_equal(labels.pixels, plain(first, discs.array(), **asked))
            counts.add(labels.count)
    assert max(counts) > 0
    assert len(counts) > 1


@pytest.mark.parametrize("asked", [{"diameter_px": 12}, {"scale": 1.5}, {"niter": 20}, {"max_size_fraction": 0.01}])
def test_parameters_mean_what_they_mean_in_the_library(tiny, discs, asked):
    segment = model("cellpose", pretrained=tiny, **LOOSE, **asked)
    labels = segment(discs)
    words = {"diameter_px": "diameter", "scale": "diameter"}
    theirs = {words.get(k, k): 30 / v if k == "scale" else v for k, v in asked.items()}
    assert np.array_equal(labels.pixels, plain(segment, discs.array(), **LOOSE, **theirs))
    assert labels.count > 0 or "max_size_fraction" in asked


def test_labels_are_those_of_the_library_on_a_real_image(tiny, real_data):
    pixels = np.asarray(iio.imread(real_data / "stardist_examples/images/dsb_2d_small.tif"))
    segment = model("cellpose", pretrained=tiny, diameter_px=20, **LOOSE)
    labels = segment(Image(pixels, "YX", "dsb"))
    assert labels.count > 0
    assert np.array_equal(labels.pixels, plain(segment, pixels, diameter=20, **LOOSE))


def test_percentiles_are_the_librarys(tiny, discs):
    segment = model("cellpose", pretrained=tiny, low_percentile=5, high_percentile=90, **LOOSE)
    expected = plain(segment, discs.array(), normalize={"percentile": [5, 90]}, **LOOSE)
    assert np.array_equal(segment(discs).pixels, expected)


@only_3
def test_channels_of_cellpose_3(tiny, discs):
    grey = discs.array()
    colour = np.stack([grey // 3, grey, grey // 2])
    image = Image(colour, "CYX", "colour", channels=RGB)
    last = np.moveaxis(colour, 0, -1)
    cases = [({}, [0, 0]), ({"channel": 1}, [2, 0]), ({"channel": 1, "nucleus_channel": 2}, [2, 3])]
    for asked, channels in cases:
        segment = model("cellpose", pretrained=tiny, **asked, **LOOSE)
        assert np.array_equal(segment(image).pixels, plain(segment, last, channels=channels, **LOOSE)), asked


@only_4
def test_channels_of_cellpose_4(tiny, discs):
    grey = discs.array()
    colour = np.stack([grey // 3, grey, grey // 2])
    segment = model("cellpose", pretrained=tiny, **LOOSE)
    expected = plain(segment, colour.astype(np.float32), channel_axis=0, **LOOSE)
    assert np.array_equal(segment(Image(colour, "CYX", "colour", channels=RGB)).pixels, expected)
    one = model("cellpose", pretrained=tiny, channel=1, **LOOSE)
    grey_alone = model("cellpose", pretrained=tiny, **LOOSE)(discs)
    assert np.array_equal(one(Image(colour, "CYX", "colour")).pixels, grey_alone.pixels)


def test_a_channel_that_is_not_there(tiny, discs):
    with pytest.raises(BadImage) as error:
        model("cellpose", pretrained=tiny, channel=1)(discs)
    assert str(error.value) == "cellpose was asked for channel 1; the image has 1 (0 is the first)."


@only_3
def test_without_a_diameter_the_size_model_finds_it(tiny, discs, tmp_path):
    from cellpose.models import SizeModel

    file = tmp_path / "sized"
    shutil.copy(tiny, file)
    without = model("cellpose", pretrained=str(file), **LOOSE)
    before = without.weights_checksum
    params = {"A": np.full(256, 0.01), "smean": np.zeros(256, np.float32), "diam_mean": 16.0, "ymean": 0.3}
    np.save(f"{file}_size.npy", params, allow_pickle=True)
    segment = model("cellpose", pretrained=str(file), **LOOSE)
    assert segment.weights_checksum != before
    labels = segment(discs)
    theirs = SizeModel(segment._net, pretrained_size=f"{file}_size.npy")
    diameter, _ = theirs.eval(discs.array(), channels=[0, 0])
    assert diameter != segment._net.diam_labels
    assert np.array_equal(labels.pixels, plain(segment, discs.array(), diameter=diameter, **LOOSE))
    assert model("cellpose", pretrained=str(file), diameter_px=20).ready("cpu")._size is None


@only_3
def test_a_size_model_that_could_run_a_program_is_refused(tiny, tmp_path):
    class Trap:
        def __reduce__(self):
            return print, ("ran",)

    file = tmp_path / "trap"
    shutil.copy(tiny, file)
    np.save(f"{file}_size.npy", {"A": Trap()}, allow_pickle=True)
    with pytest.raises(MissingWeights, match="is not a Cellpose size model: it wants builtins.print"):
        model("cellpose", pretrained=str(file)).ready("cpu")


def test_a_weights_file_that_could_run_a_program_is_refused(tmp_path):
    import torch

    class Trap:
        def __reduce__(self):
            return print, ("ran",)

    torch.save({"output.2.weight": Trap()}, tmp_path / "trap")
    with pytest.raises(MissingWeights, match="cannot be read as tensors and is not loaded"):
        model("cellpose", pretrained=str(tmp_path / "trap")).ready("cpu")
    (tmp_path / "text").write_text("no weights")
    with pytest.raises(MissingWeights, match="cannot be read as tensors and is not loaded"):
        model("cellpose", pretrained=str(tmp_path / "text")).ready("cpu")
    (tmp_path / "pickle").write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(MissingWeights):
        model("cellpose", pretrained=str(tmp_path / "pickle")).ready("cpu")


def test_weights_of_another_network_are_refused(tmp_path):
    import torch

    version = importlib.metadata.version("cellpose")
    torch.save({"W2": torch.zeros(1)} if MAJOR == 3 else {"output.2.weight": torch.zeros(1)}, tmp_path / "other")
    with pytest.raises(MissingWeights) as error:
        model("cellpose", pretrained=str(tmp_path / "other")).ready("cpu")
    what = "weights of Cellpose 4" if MAJOR == 3 else "no weights of a Cellpose network this library can run"
    assert str(error.value) == f"{tmp_path}/other holds {what}; Cellpose {version} is installed."


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty cache folder, and an empty one of the library's own."""
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path / "library"))
    return tmp_path / "cache" / "weights"


NAME, URL = {
    3: ("nuclei", "https://www.cellpose.org/models/nucleitorch_0"),
    4: ("cpsam", "https://huggingface.co/mouseland/cellpose-sam/resolve/main/cpsam"),
}[MAJOR]
ADVICE = (
    "Get the file {url} on a machine with internet and put it there: {place}; or put it elsewhere and give its path as "
    "pretrained; or bring it over with `opsef bundle`."
)


def test_official_weights_without_network(cache, monkeypatch):
    from cellpose import utils

    def offline(url):
        raise OSError("Name or service not known")

    monkeypatch.setattr(utils, "urlopen", offline)
    segment = model("cellpose", pretrained=NAME)
    assert segment.weights_checksum is None
    with pytest.raises(MissingWeights) as error:
        segment.ready("cpu")
    advice = ADVICE.format(url=URL, place=cache / URL.split("/")[-1])
    assert str(error.value) == (
        f"The Cellpose {MAJOR} weights {NAME!r} are not on this machine and could not be downloaded (Name or service "
        f"not known). {advice}"
    )
    assert list(cache.iterdir()) == []


def test_offline_nothing_is_asked_of_the_network(cache, monkeypatch, no_network):
    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    with pytest.raises(MissingWeights) as error:
        model("cellpose", pretrained=NAME).fetch()
    advice = ADVICE.format(url=URL, place=cache / URL.split("/")[-1])
    assert str(error.value) == (
        f"The Cellpose {MAJOR} weights {NAME!r} are not on this machine, and nothing is downloaded offline. {advice}"
    )


def test_a_download_goes_to_the_cache_whole(cache, tiny, monkeypatch):
    from cellpose import models, utils

    asked, before = [], models.MODEL_DIR

    def serve(url, file, progress=True):
        asked.append(url)
        shutil.copy(tiny, file)

    monkeypatch.setattr(utils, "download_url_to_file", serve)
    monkeypatch.setattr(models, "download_url_to_file", serve, raising=False)
    segment = model("cellpose", pretrained=NAME, diameter_px=16)
    segment.fetch()
    segment.fetch()
    assert asked == [URL]
    assert [f.name for f in cache.iterdir()] == [URL.split("/")[-1]]
    assert before == models.MODEL_DIR
    assert segment.weights_checksum == model("cellpose", pretrained=tiny, diameter_px=16).weights_checksum


@only_3
def test_a_size_model_may_lie_elsewhere_than_its_weights(cache, tiny, tmp_path):
    (tmp_path / "library").mkdir()
    shutil.copy(tiny, tmp_path / "library" / "cyto3")
    before = model("cellpose", pretrained="cyto3").weights_checksum
    cache.mkdir(parents=True)
    np.save(cache / "size_cyto3.npy", {"A": np.zeros(1)}, allow_pickle=True)
    assert model("cellpose", pretrained="cyto3").weights_checksum != before


def test_a_model_folder_by_name_and_by_path(cache, tiny, discs):
    write_folder(cache / "my-cells", "cellpose", {"weights": tiny})
    expected = model("cellpose", pretrained=tiny, diameter_px=16)
    for name in ("my-cells", str(cache / "my-cells")):
        segment = model("cellpose", pretrained=name, diameter_px=16)
        assert segment.weights_checksum == expected.weights_checksum
        assert np.array_equal(segment(discs).pixels, expected(discs).pixels)
    (cache / "my-cells" / "weights").write_bytes(b"damaged")
    with pytest.raises(MissingWeights, match="is damaged: its checksum is"):
        model("cellpose", pretrained="my-cells").ready("cpu")


def test_a_download_leaves_certificate_checks_on(tmp_path, monkeypatch):
    import ssl

    from cellpose import utils

    monkeypatch.setattr(utils, "urlopen", lambda url: (_ for _ in ()).throw(OSError("offline")))
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    before = ssl._create_default_https_context
    with pytest.raises(MissingWeights):
        model("cellpose", pretrained="nuclei" if MAJOR == 3 else "cpsam").ready("cpu")
    assert ssl._create_default_https_context is before


def test_official_weights_put_there_by_hand(tiny, tmp_path, monkeypatch, discs):
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    name, file = ("cyto3", "cyto3") if MAJOR == 3 else ("cpsam", "cpsam")
    shutil.copy(tiny, tmp_path / file)
    segment = model("cellpose", pretrained=name, diameter_px=16, **LOOSE)
    assert segment.weights_checksum == model("cellpose", pretrained=tiny, diameter_px=16).weights_checksum
    expected = model("cellpose", pretrained=tiny, diameter_px=16, **LOOSE)(discs)
    assert np.array_equal(segment(discs).pixels, expected.pixels)


@only_3
def test_a_size_model_that_cannot_be_downloaded(tiny, tmp_path, monkeypatch):
    from cellpose import utils

    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path))
    monkeypatch.setattr(utils, "urlopen", lambda url: (_ for _ in ()).throw(OSError("offline")))
    shutil.copy(tiny, tmp_path / "cyto3")
    with pytest.raises(MissingWeights) as error:
        model("cellpose", pretrained="cyto3").ready("cpu")
    assert str(error.value).startswith(
        "The Cellpose weights 'cyto3' with their size model (it finds the diameter; or give diameter_px) are not on "
        "this machine and could not be downloaded (offline). Get the file https://www.cellpose.org/models/size_cyto3.npy"
    )
    assert model("cellpose", pretrained="cyto3", diameter_px=20).ready("cpu")._net is not None


def test_unknown_weights():
    with pytest.raises(MissingWeights) as error:
        model("cellpose", pretrained="nucleii" if MAJOR == 3 else "cpsamm").ready("cpu")
    assert f"There are no Cellpose {MAJOR} weights called" in str(error.value)
    assert f"Did you mean {'nuclei' if MAJOR == 3 else 'cpsam'!r}?" in str(error.value)
    with pytest.raises(MissingWeights, match="There is no file /nowhere/mine with Cellpose . weights."):
        model("cellpose", pretrained="/nowhere/mine").ready("cpu")


def test_a_file_in_the_current_folder_is_not_taken_by_accident(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("CELLPOSE_LOCAL_MODELS_PATH", str(tmp_path / "empty"))
    shutil.copy(tiny, tmp_path / "nuclei")
    assert model("cellpose", pretrained="nuclei").weights_checksum is None
    assert model("cellpose", pretrained="./nuclei").weights_checksum is not None


def test_smaller_batches_when_memory_is_short(tiny, discs, caplog, monkeypatch):
    segment = model("cellpose", pretrained=tiny, **LOOSE).ready("cpu")
    expected, evaluate = segment(discs), segment._net.eval

    def greedy(*args, batch_size, **kwargs):
        if batch_size > 2:
            raise RuntimeError("CUDA out of memory")
        return evaluate(*args, batch_size=batch_size, **kwargs)

    monkeypatch.setattr(segment._net, "eval", greedy)
    assert np.array_equal(segment(discs).pixels, expected.pixels)
    assert "Out of memory with batches of 8; going on with batches of 4." in caplog.text


def test_a_constant_image_has_no_object(tiny):
    segment = model("cellpose", pretrained=tiny, flow_threshold=0, cellprob_threshold=-50)
    assert segment(Image(np.full((40, 50), 200, np.uint8), "YX", "flat")).count == 0


def test_impossible_values():
    cases = [
        ({"diameter_px": 20, "scale": 1}, "give diameter_px or scale (diameter_px = 30 / scale), not both"),
        ({"nucleus_channel": 1}, "with nucleus_channel, say which channel shows the cells: channel"),
        ({"low_percentile": 99.5}, "low_percentile must be less than high_percentile"),
    ]
    for asked, message in cases:
        with pytest.raises(BadParameter) as error:
            model("cellpose", **asked)
        assert message in str(error.value)
