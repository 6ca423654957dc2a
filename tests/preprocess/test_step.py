from typing import Annotated

import numpy as np
import pytest
from arrays import image
from pydantic import Field

from opsef_core.choices import Either, either
from opsef_core.errors import BadImage, BadParameter, UnknownName
from opsef_core.preprocess import STEPS, step, step_kind


@pytest.fixture
def own():
    """Register steps outside the room, as in a notebook, and take them out again."""
    before = dict(STEPS._found)
    yield
    STEPS._found.clear()
    STEPS._found.update(before)


@pytest.mark.usefixtures("own")
def test_a_step_written_in_a_notebook_can_be_used_at_once():
    @step_kind()
    def brighter(pixels, *, by: Annotated[float, Field(ge=0)] = 10.0):
        """Add a number."""
        return pixels + by

    assert step("brighter", by=5)(image([[1, 2]])).pixels.tolist() == [[6, 7]]
    assert "brighter" in STEPS.names()

    @step_kind()
    def brighter(pixels, *, by: float = 100.0):  # noqa: F811
        """Add another number."""
        return pixels + by

    assert step("brighter")(image([[1, 2]])).pixels.tolist() == [[101, 102]]


@pytest.mark.usefixtures("own")
def test_a_step_cannot_change_what_it_gets():
    @step_kind()
    def rude(pixels):
        """Change the input."""
        pixels += 1
        return pixels

    with pytest.raises(ValueError, match="read-only"):
        step("rude")(image(np.zeros((2, 2), np.float32)))


@pytest.mark.usefixtures("own")
def test_a_step_that_changes_the_size_or_makes_nan_is_refused():
    @step_kind()
    def half(pixels):
        """Halve the size."""
        return pixels[::2]

    @step_kind()
    def holes(pixels):
        """Make NaN."""
        return np.full_like(pixels, np.nan)

    with pytest.raises(BadImage) as error:
        step("half")(image(np.zeros((4, 4))))
    assert str(error.value) == "toy: half changed the size from (1, 4, 4) to (1, 2, 4)."
    with pytest.raises(BadImage) as error:
        step("holes")(image(np.zeros((4, 4))))
    assert str(error.value) == "toy: holes gave values that are NaN or infinite."


@pytest.mark.usefixtures("own")
def test_parameters_must_be_typed_and_named():
    with pytest.raises(TypeError, match="the parameter 'by' of one must be keyword-only and have a type"):

        @step_kind()
        def one(pixels, by: float = 1.0):
            """By place."""

    with pytest.raises(TypeError, match="the parameter 'by' of two must be keyword-only and have a type"):

        @step_kind()
        def two(pixels, *, by=1.0):
            """Without a type."""


def test_the_bare_function_can_be_called():
    assert STEPS.get("median")(np.ones((3, 3), np.float32), size_px=3).tolist() == [[1] * 3] * 3


def test_alternatives_give_alternatives():
    made = step("median", size_px=either(3, 5))
    assert isinstance(made, Either)
    assert [s.title for s in made] == ["median", "median(size_px=5)"]


def test_every_alternative_is_checked():
    with pytest.raises(BadParameter, match="size_px = 4 is not possible"):
        step("median", size_px=either(3, 4))


def test_an_unknown_name_offers_the_nearest():
    with pytest.raises(UnknownName) as error:
        step("rollingball")
    known = ", ".join(STEPS.names())
    assert str(error.value) == f"There is no step called 'rollingball'. Did you mean 'rolling_ball'? Known: {known}."


def test_an_unknown_parameter_offers_the_nearest():
    with pytest.raises(BadParameter) as error:
        step("gaussian", sigma=2)
    assert str(error.value) == (
        "There is no parameter of step 'gaussian' called 'sigma'. Did you mean 'sigma_px'? Known: sigma_px."
    )


@pytest.mark.parametrize("value", ["three", None, 2.5, float("nan"), [3], {}])
def test_an_impossible_value_is_refused(value):
    with pytest.raises(BadParameter, match="step 'median': size_px = .* is not possible: Input should be"):
        step("median", size_px=value)
    if value != 2.5:
        with pytest.raises(BadParameter, match="step 'gaussian': sigma_px = .* is not possible: Input should be"):
            step("gaussian", sigma_px=value)


def test_repr_can_be_pasted():
    one = step("normalize", low_percentile=2)
    assert eval(repr(one), {"step": step}) == one
