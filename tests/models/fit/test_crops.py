import numpy as np
import pytest
import toy
from scipy import ndimage

from opsef_core.data import Act, Image, Labels
from opsef_core.models import Example
from opsef_core.models._fit import _crops
from opsef_core.models._fit._crops import DIAMETERS_PX, Crops, look, median_diameter_px
from opsef_core.models._normalise import normalise

MANY = 60


def example(ids, name="image", pixels=None, axes="YX", **more):
    image = Image(toy.picture(ids) if pixels is None else pixels, axes, name)
    return Example(image, Labels.of(image, ids, Act("truth", "toy")), **more)


def discs(**more):
    return Example(*toy.many_discs(shape=(160, 160)), **more)


def plain(monkeypatch):
    """Places and turns only: pixels keep their values."""
    monkeypatch.setattr(_crops, "look", lambda pixels, rng: pixels)


# --- the draw ----------------------------------------------------------------------------------------------------


def test_a_crop_is_the_same_in_every_run_and_in_any_order():
    first, second = Crops([discs()], seed=3, size_px=64), Crops([discs()], seed=3, size_px=64)
    forwards = [first[i] for i in range(5)]
    backwards = [second[i] for i in reversed(range(5))][::-1]
    for a, b in zip(forwards, backwards, strict=True):
        assert np.array_equal(a.pixels, b.pixels)
        assert np.array_equal(a.labels, b.labels)
    assert not np.array_equal(forwards[0].pixels, forwards[1].pixels)
    assert not np.array_equal(forwards[0].pixels, Crops([discs()], seed=4, size_px=64)[0].pixels)


def test_these_very_crops():
    """Shipped weights were made from these numbers: another draw would be another recipe."""
    crop = Crops([discs()], seed=0, size_px=32)[7]
    assert crop.labels.sum() == 2628
    assert crop.pixels.sum() == pytest.approx(1919.5856, rel=1e-5)


def test_shares_say_how_often_an_image_is_drawn(monkeypatch):
    plain(monkeypatch)
    grey = [
        example(np.ones((64, 64), int), pixels=np.full((64, 64), v, np.uint8), share=s)
        for v, s in ((1, 1), (2, 3), (3, 0))
    ]
    crops = Crops(grey, seed=0, size_px=32)
    drawn = np.bincount([round(float(crops[i].pixels.mean())) for i in range(200)], minlength=4)
    assert drawn[3] == 0
    assert drawn[2] / drawn[1] == pytest.approx(3, rel=0.35)


# --- size --------------------------------------------------------------------------------------------------------


@pytest.fixture
def scales(monkeypatch):
    """The factors by which crops were made larger."""
    used, real = [], _crops._place
    monkeypatch.setattr(_crops, "_place", lambda p, ids, scale, *a: (used.append(scale), real(p, ids, scale, *a))[1])
    return used


@pytest.mark.parametrize("radius", [3, 8, 20, 34])
def test_objects_are_between_8_and_80_px_and_at_most_doubled_or_halved(radius, scales):
    crops = Crops([example(toy.discs((200, 200), (100, 100, radius)))], seed=0, size_px=200)
    true = crops.diameters_px[0]
    for i in range(30):
        labels = crops[i].labels
        if scales[-1] <= 1:  # the disc stays in the middle
            area = (labels == labels[100, 100]).sum()
            assert 2 * np.sqrt(area / np.pi) == pytest.approx(true * scales[-1], rel=0.1, abs=1)
    made = true * np.array(scales)
    assert max(DIAMETERS_PX[0], true / 2) <= made.min()
    assert made.max() <= min(DIAMETERS_PX[1], 2 * true) * (1 + 1e-9)
    assert made.max() > 1.3 * made.min()


def test_very_large_and_very_small_objects_are_brought_within_the_bounds(scales):
    whole = example(np.ones((500, 500), int))
    assert median_diameter_px(whole) > 500
    dots = example(np.arange(1, 65 * 65 + 1).reshape(65, 65) * (np.indices((65, 65)).sum(0) % 4 == 0))
    assert median_diameter_px(dots) == pytest.approx(1.13, abs=0.01)
    for made, bound in ((whole, DIAMETERS_PX[1]), (dots, DIAMETERS_PX[0])):
        crops = Crops([made], seed=0, size_px=64)
        assert {crops[i].labels.shape for i in range(3)} == {(64, 64)}
        assert np.allclose(np.array(scales) * crops.diameters_px[0], bound)
        scales.clear()


def test_the_median_diameter_of_nothing():
    assert median_diameter_px(example(np.zeros((64, 64), int))) == 24.0


def test_images_smaller_than_a_crop_are_continued_by_their_mirror_image():
    crops = Crops([Example(*toy.touching_discs())], seed=0, size_px=256)
    for i in range(10):
        crop = crops[i]
        assert crop.labels.shape == (256, 256)
        assert np.isfinite(crop.pixels).all()
        assert len(np.unique(crop.labels)) - 1 > 2  # each mirror image has an id of its own
        for number, region in enumerate(ndimage.find_objects(crop.labels), start=1):
            assert region is None or ndimage.label(crop.labels[region] == number)[1] == 1


def test_the_narrowest_images_do():
    thin = example(toy.discs((32, 400), (16, 50, 8), (16, 300, 10)))
    crop = Crops([thin], seed=1, size_px=64)[0]
    assert crop.pixels.shape == (3, 64, 64)


# --- labels ------------------------------------------------------------------------------------------------------


def test_touching_objects_stay_apart_and_pixels_stay_with_their_labels(monkeypatch):
    plain(monkeypatch)
    ids = np.zeros((200, 200), np.int32)
    ids[60:140, 60:100], ids[60:140, 100:140] = 7, 65_700
    crops = Crops(
        [example(ids, pixels=(ids == 7) * 100.0 + (ids == 65_700) * 200.0)], seed=0, size_px=160, scales=(0.85, 1)
    )
    both = 0
    for i in range(20):
        crop = crops[i]
        assert set(np.unique(crop.labels)) <= {0, 1, 2}
        both += {1, 2} <= set(np.unique(crop.labels))
        for number, value in ((1, 100), (2, 200)):
            inside = ndimage.binary_erosion(crop.labels == number, iterations=3)
            assert np.allclose(crop.pixels[:, inside], value, atol=6)
    assert both >= 15


def test_ids_are_never_rounded():
    """Interpolation in float32 would give neighbours of ids above 2 ** 24 one number."""
    ids = np.zeros((64, 64), np.int32)
    ids[:, :32], ids[:, 32:] = 2**24 + 1, 2**24 + 2
    made = example(ids)
    assert set(np.unique(Crops([made], 0, 32)[0].labels)) <= {1, 2}
    _, raw = _crops._place(made.pixels(), ids, 0.9, 48, np.random.default_rng(0))
    assert set(np.unique(raw)) <= {2**24 + 1, 2**24 + 2}


def test_an_image_without_objects_gives_empty_crops():
    crop = Crops([Example(*toy.empty())], seed=0, size_px=64)[0]
    assert not crop.labels.any()
    assert np.isfinite(crop.pixels).all()


# --- place: flips, free rotation ---------------------------------------------------------------------------------


def moments(labels):
    """Direction of the long axis in degrees; +1 or -1: the two mirror images of a lopsided figure."""
    centred = np.stack(np.nonzero(labels)).astype(float)
    centred -= centred.mean(1, keepdims=True)
    long = np.linalg.eigh(np.cov(centred))[1][:, 1]
    skews = [((axis @ centred) ** 3).sum() for axis in (long, np.array([-long[1], long[0]]))]
    return np.degrees(np.arctan2(*long)) % 180, np.sign(skews[0] * skews[1])


def test_quarter_turns_and_free_rotation_occur(monkeypatch):
    plain(monkeypatch)
    bar = np.zeros((200, 200), np.int32)
    bar[96:104, 70:130] = 1
    crops = Crops([example(bar)], seed=0, size_px=220, scales=(1, 1))
    angles = np.array([moments(crops[i].labels)[0] for i in range(MANY)])
    straight = np.abs((angles + 45) % 90 - 45) < 0.5
    assert 0.3 < straight.mean() < 0.7
    assert {round(a) % 180 for a in angles[straight]} == {0, 90}
    assert np.histogram(angles[~straight], bins=6, range=(0, 180))[0].min() > 0


def test_flips_occur(monkeypatch):
    plain(monkeypatch)
    hook = np.zeros((200, 200), np.int32)
    hook[96:104, 70:130], hook[104:124, 122:130] = 1, 1
    crops = Crops([example(hook)], seed=0, size_px=220, scales=(1, 1))
    hands = [moments(crops[i].labels)[1] for i in range(MANY)]
    assert 0.3 < hands.count(1.0) / MANY < 0.7
    assert 0.3 < hands.count(-1.0) / MANY < 0.7


# --- look: stain, light, blur, noise, inversion ------------------------------------------------------------------


def looks(pixels, n=200):
    return [look(pixels, np.random.default_rng(i)) for i in range(n)]


def grey_ramp():
    ramp = np.tile(np.linspace(0, 200, 64, dtype=np.float32), (64, 1))
    return np.stack([ramp] * 3)


def stained():
    """Purple objects on a pink ground."""
    inside = toy.discs((64, 64), (20, 20, 9), (44, 44, 9)) > 0
    return np.where(
        inside, np.array([120, 60, 160.0])[:, None, None], np.array([240, 200, 220.0])[:, None, None]
    ).astype(np.float32)


@pytest.mark.parametrize(
    "pixels", [grey_ramp(), stained(), np.full((3, 32, 32), 7, np.float32)], ids=["grey", "colour", "flat"]
)
def test_looks_are_finite_float32_within_bounds(pixels):
    before = pixels.copy()
    for x in looks(pixels, 60):
        assert x.dtype == np.float32
        assert x.shape == pixels.shape
        assert np.isfinite(x).all()
        assert x.min() >= -1
        assert x.max() <= 2
    assert np.array_equal(pixels, before)


def test_inversion_occurs():
    rising = [np.corrcoef(x[0].ravel(), grey_ramp()[0].ravel())[0, 1] > 0 for x in looks(grey_ramp())]
    assert 0.6 < np.mean(rising) < 0.8


def test_contrast_light_and_gamma_vary():
    straight = [x for x in looks(grey_ramp()) if np.corrcoef(x[0].ravel(), grey_ramp()[0].ravel())[0, 1] > 0]
    spans = [np.ptp(ndimage.uniform_filter(x[0], 5)) for x in straight]
    assert max(spans) > 1.4 * min(spans)
    middle = [
        (x[0, :, 30:34].mean() - x[0, :, :4].mean()) / (x[0, :, -4:].mean() - x[0, :, :4].mean()) for x in straight
    ]
    assert min(middle) < 0.42
    assert max(middle) > 0.58
    tilts = [x[0, :8].mean() - x[0, -8:].mean() for x in straight]
    assert sum(abs(t) > 0.05 for t in tilts) > 10


def test_noise_occurs_grey_and_coloured():
    def grain(x):
        return (x - ndimage.uniform_filter(x, (0, 3, 3))).std()

    made = looks(grey_ramp())
    noisy = [x for x in made if grain(x) > 0.02]
    assert 0.2 < len(noisy) / len(made) < 0.5
    coloured = [np.abs(x[0] - x[1]).max() > 0.01 for x in noisy]
    assert 0.2 < np.mean(coloured) < 0.8


def test_blur_occurs():
    edge = np.stack([np.repeat([0.0, 200.0], 32)[None].repeat(64, 0)] * 3).astype(np.float32)
    made = looks(edge)
    steep = np.array([np.abs(np.diff(x[0].mean(0))).max() / np.ptp(x[0].mean(0)) for x in made])
    assert (steep > 0.9).mean() > 0.5
    assert 0.1 < (steep < 0.7).mean() < 0.4


def test_stain_jitter_occurs_on_colour_and_not_on_grey():
    plain_ratio = np.diff(normalise(stained())[:, 0, 0])
    made = [x[:, 0, 0] for x in looks(stained())]
    colourless = np.mean([np.ptp(x) < 1e-6 for x in made])
    assert 0.1 < colourless < 0.4
    ratios = np.array([np.diff(x) for x in made])
    assert (np.abs(ratios - plain_ratio).max(1) > 0.1).mean() > 0.5
    brightest = [int(np.argmax(x)) for x in made if np.ptp(x) > 0.02]
    assert set(brightest) == {0, 1, 2}
    quiet = [x for x in looks(grey_ramp()) if np.abs(x[0] - x[1]).max() < 1e-6]
    assert len(quiet) > 100
