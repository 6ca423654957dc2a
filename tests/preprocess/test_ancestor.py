import re

import numpy as np
import pytest
from arrays import image
from toy import discs, picture

from opsef_core.errors import BadParameter
from opsef_core.preprocess import Recipe, opsef_projection, opsef_recipe, step

EVERYTHING = ["Gaussian", 2, 50, "Sum", True, [(18, 18), 3], "sobel", True]
NOTHING = ["None", 0, 0, "Max", False, [(18, 18), 3], "no", False]


def test_everything_in_the_order_it_ran():
    assert opsef_recipe(EVERYTHING) == Recipe(
        [
            step("gaussian", sigma_px=2),
            step("subtract_background", value=50),
            step("edges", method="sobel"),
            step("invert"),
            step("clahe", tiles=18, clip_limit=3),
        ]
    )


def test_the_docstring_says_the_order_that_runs():
    said = re.search(r"^ *(filter -> .*)$", opsef_recipe.__doc__, re.MULTILINE).group(1).lower().split(" -> ")
    said.remove("(project)")
    words = {"gaussian": "filter", "subtract_background": "subtract"}
    names = [s.kind.name for s in opsef_recipe(EVERYTHING).steps]
    assert [words.get(name, name) for name in names] == said


def test_nothing_is_the_raw_image():
    assert opsef_recipe(NOTHING) == Recipe()


def test_median_3_is_a_square_of_3():
    assert opsef_recipe(["Median", 3, *NOTHING[2:]]) == Recipe([step("median", size_px=3)])


def test_mean_7_is_a_disc_of_149_pixels():
    spot = np.zeros((31, 31), np.float32)
    spot[15, 15] = 149
    spread = opsef_recipe(["Mean", 7, *NOTHING[2:]])(image(spot)).pixels
    assert np.count_nonzero(spread > 0.5) == 149


def test_gaussian_2_has_sigma_2_and_does_not_vanish_on_8_bit():
    recipe = opsef_recipe(["Gaussian", 2, *NOTHING[2:]])
    assert recipe == Recipe([step("gaussian", sigma_px=2)])
    assert recipe(image(np.full((9, 9), 200, np.uint8))).pixels.max() == 200


def test_the_demos_entries_run():
    cells = image(picture(discs((60, 70), (20, 20, 8), (40, 45, 10))))
    for filtered in (["Median", 3], ["Mean", 7]):
        for rest in ([False, "no", False], [True, "no", False], [False, "sobel", False], [False, "no", True]):
            clahe, edges, invert = rest
            recipe = opsef_recipe([*filtered, 50, "Max", clahe, [(18, 18), 3], edges, invert])
            assert recipe(cells).shape == {"Y": 60, "X": 70}


@pytest.mark.parametrize(("written", "name"), [("Sum", "sum"), ("Max", "max"), ("Median", "median")])
def test_the_projection_is_for_the_reader(written, name):
    entry = [*NOTHING[:3], written, *NOTHING[4:]]
    assert opsef_projection(entry) == name
    assert opsef_recipe(entry) == Recipe()


CLAHE_PARAMETERS = (
    "(CLAHE parameters) must be [(tiles, tiles), clip limit], the same number of tiles both ways, "
    "for example [(18, 18), 3]; not "
)


@pytest.mark.parametrize(
    ("place", "value", "wanted"),
    [
        (0, "Medium", "(filter) must be one of median, gaussian, mean, none; not 'Medium'."),
        (1, 2.5, "(kernel) must be a whole number from 1; not 2.5."),
        (1, 0, "(kernel) must be a whole number from 1; not 0."),
        (1, float("inf"), "(kernel) must be a whole number from 1; not inf."),
        (2, -5, "(background) must be a number from 0; not -5."),
        (2, "50", "(background) must be a number from 0; not '50'."),
        (3, "Mean", "(projection) must be one of sum, max, median; not 'Mean'."),
        (4, "no", "(CLAHE) must be True or False; not 'no'."),
        (5, [(18, 9), 3], CLAHE_PARAMETERS + "[(18, 9), 3]."),
        (5, None, CLAHE_PARAMETERS + "None."),
        (6, True, "(edges) must be one of no, sobel, roberts; not True."),
        (7, 1, "(invert) must be True or False; not 1."),
    ],
)
def test_a_wrong_value_is_refused_in_words(place, value, wanted):
    entry = list(EVERYTHING)
    entry[place] = value
    with pytest.raises(BadParameter) as error:
        opsef_recipe(entry)
    assert str(error.value) == f"Place {place} of an OpSeF-IV preprocessing entry {wanted}"


@pytest.mark.parametrize("entry", [[], EVERYTHING[:7], [*EVERYTHING, 1], "Median", None, 3])
def test_a_wrong_list_is_refused_in_words(entry):
    for read in (opsef_recipe, opsef_projection):
        with pytest.raises(BadParameter) as error:
            read(entry)
        assert str(error.value) == (
            "An OpSeF-IV preprocessing entry has 8 places (filter, kernel, background, projection, CLAHE, CLAHE "
            'parameters, edges, invert), for example ["Median", 3, 50, "Max", True, [(18, 18), 3], "no", False]; '
            f"not {entry!r}."
        )


def test_an_even_median_is_refused():
    with pytest.raises(BadParameter, match="the window must be odd"):
        opsef_recipe(["Median", 4, *NOTHING[2:]])
