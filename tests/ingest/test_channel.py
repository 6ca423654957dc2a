import dask.array as da
import numpy as np
import pytest

from opsef_core.data import RGB, Image
from opsef_core.errors import BadParameter, UnknownName
from opsef_core.ingest._channel import choose_channel

PIXELS = np.arange(3 * 4 * 5, dtype=np.uint16).reshape(3, 4, 5)


def image(channels=("DAPI", "GFP", "Actin"), pixels=PIXELS):
    return Image(pixels, "CYX", "plate.tif", channels=channels, source="s")


@pytest.mark.parametrize("asked", ["GFP", "gfp", 1, ["GFP"], [1]])
@pytest.mark.parametrize("lazy", [False, True])
def test_one_channel_by_name_or_index_is_the_same(asked, lazy):
    source = image(pixels=da.from_array(PIXELS, chunks=2) if lazy else PIXELS)
    one = choose_channel(source, asked)
    assert one.axes == "YX"
    assert one.channels == ()
    assert one.lazy is lazy
    assert np.array_equal(one.array(), PIXELS[1])
    assert one.key == choose_channel(image(), "GFP").key != source.key


def test_several_channels_in_the_order_asked():
    two = choose_channel(image(), ["Actin", 0])
    assert two.axes == "CYX"
    assert two.channels == ("Actin", "DAPI")
    assert np.array_equal(two.array(), PIXELS[[2, 0]])


def test_a_colour_of_a_colour_image():
    assert np.array_equal(choose_channel(image(RGB), "green").array(), PIXELS[1])


def test_channels_of_a_time_series_of_stacks():
    pixels = np.arange(2 * 3 * 2 * 4 * 5).reshape(2, 3, 2, 4, 5)
    many = Image(pixels, "TCZYX", "m", channels=("a", "b", "c"))
    assert np.array_equal(choose_channel(many, "b").array(), pixels[:, 1])
    assert choose_channel(many, ["b", "c"]).axes == "TCZYX"


def test_the_only_channel_of_a_grey_image_is_itself():
    grey = Image(PIXELS[0], "YX", "grey.tif")
    assert choose_channel(grey, 0) is grey


@pytest.mark.parametrize(
    ("asked", "kind", "message"),
    [
        (
            "DAPY",
            UnknownName,
            "There is no channel of plate.tif called 'DAPY'. Did you mean 'DAPI'? Known: Actin, DAPI, GFP.",
        ),
        (3, BadParameter, "plate.tif has no channel 3; it has the channels 0 to 2: DAPI, GFP, Actin."),
        (-1, BadParameter, "plate.tif has no channel -1; it has the channels 0 to 2: DAPI, GFP, Actin."),
        (True, BadParameter, "plate.tif has no channel True; it has the channels 0 to 2: DAPI, GFP, Actin."),
        ([], BadParameter, "No channel of plate.tif was chosen; give a name, an index, or a list of them."),
        (["GFP", 1], BadParameter, "A channel of plate.tif is chosen twice: ['GFP', 1]."),
    ],
)
def test_mistakes_are_told(asked, kind, message):
    with pytest.raises(kind) as error:
        choose_channel(image(), asked)
    assert str(error.value) == message


def test_a_name_two_channels_have_and_a_grey_image_without_names():
    with pytest.raises(BadParameter, match=r"^plate.tif has 2 channels called 'DAPI'; choose by index: \[0, 1\].$"):
        choose_channel(image(("DAPI", "DAPI", "GFP")), "DAPI")
    grey = Image(PIXELS[0], "YX", "grey.tif")
    with pytest.raises(BadParameter, match=r"^grey.tif has no channel 1; it has one channel, 0.$"):
        choose_channel(grey, 1)
    with pytest.raises(UnknownName, match=r"^There is no channel of grey.tif called 'DAPI'. Known: none.$"):
        choose_channel(grey, "DAPI")
