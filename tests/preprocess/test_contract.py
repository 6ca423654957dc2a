"""What every step must do, whoever wrote it."""

import inspect
import warnings

import numpy as np
import pytest
from arrays import image, noise

from opsef_core.data import Image
from opsef_core.errors import BadImage
from opsef_core.preprocess import STEPS, Recipe, step
from opsef_core.registry import parameters_of

DTYPES = ("bool", "uint8", "uint16", "int16", "float32", "float64")
SHAPES = {"YX": (17, 23), "CYX": (3, 17, 23), "ZYX": (4, 17, 23), "CZYX": (3, 4, 17, 23)}
CHANNELS = {"YX": 1, "CYX": 3, "ZYX": 1, "CZYX": 3}
BUILT_IN = STEPS.names()

pytestmark = [pytest.mark.parametrize("name", BUILT_IN), pytest.mark.filterwarnings("error")]


def apply(name, picture):
    """The step applied, or None where it says that it needs another number of channels."""
    one = step(name)
    able = one.kind.channels
    found = picture.shape.get("C", 1)
    if able and found not in able:
        with pytest.raises(BadImage, match=f"has {found} channels?, and the step '{name}' works on images with"):
            one(picture)
        return None
    return one(picture)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("axes", SHAPES)
def test_gives_a_new_image_of_the_same_size_and_one_act_more(name, axes, dtype):
    pixels = noise(SHAPES[axes], dtype)
    if dtype == "int16":
        pixels = pixels - 100
    before = pixels.copy()
    picture = Image(pixels, axes, "toy", spacing_um={"X": 0.5})
    got = apply(name, picture)
    if got is None:
        return
    assert np.array_equal(pixels, before)
    assert pixels.dtype == before.dtype
    assert pixels.flags.writeable
    assert picture.history == ()
    assert got.pixels.dtype == np.float32
    assert np.isfinite(got.pixels).all()
    assert {a: n for a, n in got.shape.items() if a != "C"} == {a: n for a, n in picture.shape.items() if a != "C"}
    assert got.history == (step(name).act,)
    assert got.name == "toy"
    assert got.spacing_um == {"X": 0.5}
    assert got.key != picture.key
    assert got.pixels.flags.writeable
    assert not np.shares_memory(got.pixels, pixels)
    again = step(name)(picture)
    assert np.array_equal(got.pixels, again.pixels)
    assert got.key == again.key


@pytest.mark.parametrize("value", [0, 7, -3, 65535, 1e17, -1e17, 1e-30])
@pytest.mark.parametrize("shape", [(1, 1), (3, 1, 1), (1, 40), (3, 2, 3), (3, 21, 19)])
def test_constant_images_stay_constant(name, shape, value):
    got = apply(name, image(np.full(shape, value), dtype=np.float32))
    if got is None:
        return
    channels = got.pixels.reshape(-1, *shape[-2:])
    assert np.isfinite(channels).all()
    assert np.ptp(channels, axis=(1, 2)).max() <= 1e-6 * abs(value)


@pytest.mark.parametrize("shape", [(1, 2), (2, 2), (3, 2, 1), (3, 5, 5)])
@pytest.mark.parametrize("high", [2, 200, 1e17])
def test_images_smaller_than_the_kernel(name, shape, high):
    pixels = noise(shape, "float64", high=2) * high
    got = apply(name, image(pixels))
    if got is not None:
        assert got.pixels.shape[-2:] == shape[-2:]
        assert np.isfinite(got.pixels).all()


@pytest.mark.parametrize("axes", ["CYX", "ZYX", "CZYX"])
def test_planes_are_worked_on_alone_if_it_says_so(name, axes):
    one = step(name)
    if one.kind.per == "image":
        return
    pixels = noise(SHAPES[axes], "uint8")
    whole = one(Image(pixels, axes, "toy")).pixels
    for index in np.ndindex(pixels.shape[:-2]):
        assert np.array_equal(whole[index], one(image(pixels[index])).pixels)


def test_bad_pixels_are_refused_in_words(name):
    shape = (3, 4, 4) if 3 in STEPS.get(name).channels else (4, 4)
    pixels = np.ones(shape, np.float32)
    pixels[..., 0, 0] = np.nan
    bad = int(np.isnan(pixels).sum())
    with pytest.raises(BadImage) as error:
        step(name)(image(pixels))
    assert str(error.value) == (
        f"toy has {bad} pixels of {pixels.size} that are NaN or infinite. "
        "Read it with replace_nan=0 (or another number) to fill them."
    )
    with pytest.raises(BadImage, match="toy has no pixels"):
        step(name)(image(np.zeros((*shape[:-2], 0, 0))))
    with pytest.raises(BadImage) as error:
        step(name)(image(np.full(shape, 1e300)))
    assert str(error.value) == (
        "toy has values up to 1e+300; values up to 1e+18 can be worked with. "
        "These are hardly intensities: look at how the file was written."
    )


def test_a_time_series_is_refused(name):
    with pytest.raises(BadImage, match="toy is a time series; choose a time point when reading it"):
        step(name)(Image(np.zeros((2, 3, 8, 8)), "TCYX", "toy"))


def test_title_key_and_yaml_come_back(name, tmp_path):
    one = step(name)
    assert one.title == name
    assert step(name) == one
    assert one.act.name == name
    recipe = Recipe([one])
    recipe.to_yaml(tmp_path / "recipe.yml")
    back = Recipe.from_yaml(tmp_path / "recipe.yml")
    assert back == recipe
    assert (back.title, back.key) == (recipe.title, recipe.key)
    full = {"step": name, **one.act.parameters}
    assert Recipe.from_list([full]) == recipe


def test_parameters_are_described_and_have_defaults(name):
    kind = STEPS.get(name)
    summary = kind.doc.split("\n")[0]
    assert summary.endswith(".")
    for parameter in parameters_of(kind.record):
        assert not parameter["required"]
        assert f"{parameter['name']}: " in kind.doc
        if parameter["type"] in ("number", "integer", "number or null", "integer or null"):
            assert parameter["bounds"]
    assert f"{next(iter(inspect.signature(kind.function).parameters))}: " in kind.doc


def test_lazy_pixels_give_the_same(name):
    import dask.array as da

    shape = (3, 16, 20) if 3 in STEPS.get(name).channels else (16, 20)
    pixels = noise(shape, "uint16")
    lazy = image(pixels).then(step("grey").act, da.from_array(pixels))
    with warnings.catch_warnings():
        assert np.array_equal(step(name)(lazy).pixels, step(name)(image(pixels)).pixels)
