"""What every registered model must do. A new model is tested by being there; one without weights here is skipped."""

import importlib.util
import pickle

import numpy as np
import pytest
import toy

from opsef_core.data import RGB, Image, Labels
from opsef_core.errors import BadParameter, MissingPackage, MissingWeights
from opsef_core.models import MODELS, model

TRAINED_HERE = {"cellpose": "cellpose_file", "stardist": "stardist_folder"}  # fixtures with tiny weights
CHEAP = {  # other values of cheap parameters
    "cellpose": {"flow_threshold": 2.0, "cellprob_threshold": -0.5},
    "consensus": {"presence": 1.0},
    "nucleaizer": {"score_threshold": 0.2, "nms_iou": 0.5, "foreground_threshold": 0.9},
    "stardist": {"prob_thresh": 0.2, "nms_thresh": 0.6},
    "threshold": {"threshold": "li", "min_area_px": 1},
    "tta": {"presence": 1.0},
    "unet": {"mask_threshold": 0.4, "min_area_px": 1},
}


@pytest.fixture(params=MODELS.names())
def own(request):
    """Name and constructor arguments of a model that can run here."""
    name = request.param
    cls = MODELS.get(name)
    if missing := [need.module for need in cls.needs if not need.installed]:
        pytest.skip(f"{name} needs {', '.join(missing)}")
    if name in TRAINED_HERE:
        return name, {"pretrained": str(request.getfixturevalue(TRAINED_HERE[name]))}
    try:
        model(name).ready("cpu")
    except MissingWeights as error:
        pytest.skip(str(error))
    return name, {}


@pytest.fixture
def segment(own):
    name, arguments = own
    return loaded(name, tuple(arguments.items()))


_LOADED = {}


def loaded(name, arguments):
    """One instance for all tests: loading takes long."""
    key = name, arguments
    if key not in _LOADED:
        _LOADED[key] = model(name, **dict(arguments)).ready("cpu")
    return _LOADED[key]


def picture(dtype=np.uint8, shape=(60, 75)):
    image, _ = toy.many_discs(seed=9, shape=shape)
    scale = {np.uint8: 1, np.uint16: 250, np.float32: 1 / 255, bool: 1}[dtype]
    pixels = image.array() > 100 if dtype is bool else (image.array() * scale).astype(dtype)
    return Image(pixels, "YX", f"discs_{np.dtype(dtype).name}")


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32, bool], ids=lambda d: np.dtype(d).name)
def test_labels_are_int32_of_the_images_shape_whatever_the_pixel_type(segment, dtype):
    image = picture(dtype)
    labels = segment(image)
    assert isinstance(labels, Labels)
    assert labels.pixels.dtype == np.int32
    assert labels.pixels.shape == (60, 75)
    assert labels.name == image.name
    assert labels.objects.index.tolist() == labels.ids.tolist()


def test_the_input_is_left_alone(segment):
    for image in (picture(np.float32), Image(np.stack([picture(np.float32).array()] * 3), "CYX", "c", channels=RGB)):
        before = image.array().copy()
        segment(image)
        assert np.array_equal(image.array(), before)
        raw = segment.network(segment.pixels_of(image))
        kept = {k: np.array(v) for k, v in raw.items()}
        segment.objects(raw)
        assert all(np.array_equal(raw[k], kept[k]) for k in kept)


def test_the_same_answer_twice(segment):
    first, second = segment(picture()), segment(picture())
    assert np.array_equal(first.pixels, second.pixels)
    assert first.objects.equals(second.objects)
    assert first.key == second.key


@pytest.mark.parametrize("value", [0, 255])
def test_a_blank_image_has_no_object(segment, value):
    assert segment(Image(np.full((40, 50), value, np.uint8), "YX", "blank")).count == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (7, 5), (33, 2)])
def test_tiny_images(segment, shape):
    pixels = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    assert segment(Image(pixels, "YX", "tiny")).pixels.shape == shape


@pytest.mark.parametrize("channels", [RGB, ("a", "b", "c")])
def test_colour_and_three_channels(segment, channels):
    grey = picture().array()
    image = Image(np.stack([grey, grey // 2, 255 - grey]), "CYX", "colour", channels=channels)
    assert segment(image).pixels.shape == (60, 75)


def test_the_history_has_all_parameters(segment):
    image = picture()
    labels = segment(image)
    act = labels.history[-1]
    assert (act.kind, act.name) == ("model", segment.name)
    assert act.parameters == segment.model_dump(mode="json")
    assert set(act.parameters) == set(type(segment).model_fields)
    assert segment.library is None or segment.library in act.version
    assert act.weights == segment.weights_checksum
    assert not segment.needs or len(act.weights) == 16


def test_one_network_pass_serves_all_cheap_values(segment):
    values = CHEAP.get(segment.name, {})
    assert set(values) <= segment.cheap
    other = segment.model_copy(update=values)
    fresh = type(segment)(**{**segment.model_dump(), **values})  # not loaded
    image = picture()
    raw = segment.network(segment.pixels_of(image))
    shared = fresh.labels_from(image, raw)
    assert fresh.network_act == segment.network_act
    assert fresh.act != segment.act
    assert np.array_equal(shared.pixels, other(image).pixels)


def test_every_other_parameter_belongs_to_the_network_act(segment):
    assert set(segment.network_act.parameters) == set(type(segment).model_fields) - segment.cheap


def test_network_output_can_be_kept_without_pickling(segment, tmp_path):
    image = picture()
    raw = segment.network(segment.pixels_of(image))
    np.savez(tmp_path / "raw.npz", **raw)
    with np.load(tmp_path / "raw.npz", allow_pickle=False) as kept:
        again = segment.labels_from(image, dict(kept))
    assert np.array_equal(again.pixels, segment.labels_from(image, raw).pixels)


def test_a_pickle_travels_without_its_net(segment):
    pickled = pickle.dumps(segment)
    assert len(pickled) < 5000
    arrived = pickle.loads(pickled)
    assert arrived == segment
    assert arrived.act == segment.act
    image = picture()
    assert np.array_equal(arrived(image).pixels, segment(image).pixels)


def test_it_can_be_written_and_made_again(segment):
    written = segment.as_dict()
    assert model(written.pop("model"), **written) == segment


@pytest.mark.parametrize("name", MODELS.names())
def test_every_model_says_what_it_does_and_what_it_takes(name):
    cls = MODELS.get(name)
    doc = cls.__doc__ or ""
    assert doc.split("\n")[0].endswith(".")
    assert "doi" in doc, "the source of the method"
    for parameter in cls.model_fields:
        assert parameter in doc, parameter
    with pytest.raises(BadParameter, match=f"There is no parameter of model '{name}' called 'nonsense'"):
        model(name, nonsense=1)


@pytest.mark.parametrize("name", [n for n in MODELS.names() if MODELS.get(n).needs])
def test_a_missing_package_is_named_before_anything_is_loaded(name, monkeypatch):
    need = MODELS.get(name).needs[0]
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda m, *a: None if m == need.module else real(m, *a))
    with pytest.raises(MissingPackage) as error:
        model(name).ready("cpu")
    assert str(error.value) == (
        f"The model {name!r} needs the package {need.module}, which is not installed. "
        f'Install it with: pip install "opsef-core[{need.extra}]"'
    )
