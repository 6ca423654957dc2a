import numpy as np
import pytest
from arrays import after, image

from opsef_core.data import RGB
from opsef_core.errors import BadImage, BadParameter
from opsef_core.preprocess import step

HEMATOXYLIN, EOSIN, DAB = (0.65, 0.70, 0.29), (0.07, 0.99, 0.11), (0.27, 0.57, 0.78)  # Ruifrok & Johnston 2001


def dyed(*amounts, white=255.0):
    """A row of pixels, one for each list of (stain, optical density along its unit vector)."""
    pixels = [sum((d * np.array(s) / np.linalg.norm(s) for s, d in mixture), np.zeros(3)) for mixture in amounts]
    return white * 10 ** -np.array(pixels).T[:, None, :]


@pytest.mark.parametrize("white", [1.0, 255.0, 65535.0])
@pytest.mark.parametrize(("second", "stains"), [(EOSIN, "hematoxylin-eosin"), (DAB, "hematoxylin-dab")])
def test_a_mixture_comes_apart_at_every_bit_depth(white, second, stains):
    x = dyed([], [(HEMATOXYLIN, 0.8)], [(second, 0.5)], [(HEMATOXYLIN, 0.3), (second, 0.6)], white=white)
    first = after("colour_deconvolution", x, stains=stains)
    other = after("colour_deconvolution", x, stains=stains, stain=stains.split("-")[1])
    assert np.allclose(first, [[0, 0.8, 0, 0.3]], atol=1e-5)
    assert np.allclose(other, [[0, 0, 0.5, 0.6]], atol=1e-5)


def test_a_nucleus_is_bright_in_hematoxylin():
    got = after("colour_deconvolution", [[[240, 100]], [[235, 60]], [[240, 150]]], dtype=np.uint8)[0]
    assert got[1] > 5 * got[0] > 0


def test_black_is_finite_and_brighter_than_white_is_white():
    got = after("colour_deconvolution", [[[0, 300]], [[0, 300]], [[0, 300]]], white=255)[0]
    assert np.isfinite(got).all()
    assert got[1] == 0


def test_a_given_white_counts():
    x = dyed([(HEMATOXYLIN, 0.8)], white=4095)
    assert np.allclose(after("colour_deconvolution", x, white=4095), 0.8, atol=1e-5)


def test_the_result_has_no_channels():
    got = step("colour_deconvolution")(image(np.zeros((3, 2, 4, 5)), "CZYX", channels=RGB))
    assert (got.axes, got.channels) == ("ZYX", ())


@pytest.mark.parametrize("shape", [(4, 4), (2, 4, 4)])
def test_grey_images_are_refused(shape):
    with pytest.raises(BadImage) as error:
        after("colour_deconvolution", np.zeros(shape))
    has = "1 channel" if len(shape) == 2 else "2 channels"
    assert str(error.value) == (
        f"toy has {has}, and the step 'colour_deconvolution' works on images with 3. "
        "Leave the step out for this image, or choose channels when reading it."
    )


def test_a_stain_that_is_not_there_is_refused():
    with pytest.raises(BadParameter) as error:
        step("colour_deconvolution", stain="dab")
    assert str(error.value) == (
        "step 'colour_deconvolution': there is no dab in hematoxylin-eosin; choose hematoxylin or eosin."
    )


def test_nuclei_of_a_real_section_are_brighter_than_the_rest(real_data):
    import imageio.v3 as iio
    import pandas as pd
    import tifffile

    folder = real_data / "bbbc038_train"
    facts = pd.read_csv(folder / "metadata.csv")
    purple = facts[facts["image_class"].str.contains("purple")].sort_values(facts.columns[0]).iloc[0]
    key = purple[facts.columns[0]]
    pixels = np.moveaxis(iio.imread(folder / "images" / f"{key}.png")[..., :3], -1, 0)
    nuclei = tifffile.imread(folder / "labels" / f"{key}.tif") > 0
    amount = after("colour_deconvolution", pixels)
    assert amount[nuclei].mean() > 1.3 * amount[~nuclei].mean()
