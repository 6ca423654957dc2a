"""A room of plug-ins in a temporary folder: what happens to new, double, broken and silent files."""

import importlib
import sys
from typing import Annotated, Literal

import numpy as np
import pytest
from pydantic import BaseModel, ConfigDict, Field

import opsef_core.preprocess
from opsef_core.choices import Either, either
from opsef_core.data import Image
from opsef_core.errors import BadParameter, BrokenPlugin, MissingPackage, OpsefError, UnknownName
from opsef_core.preprocess import STEPS, Recipe, step, steps_table
from opsef_core.registry import Need, Registry, build, in_words, parameters_of

SPARKLE = '''
from typing import Annotated
from pydantic import Field
from opsef_core.preprocess._step import Pixels, step_kind

@step_kind()
def sparkle(pixels: Pixels, *, by: Annotated[float, Field(ge=0)] = 1.0) -> Pixels:
    """Make it sparkle."""
    return pixels + by
'''
TWICE = SPARKLE + SPARKLE.replace("def sparkle", "def glitter")
BROKEN = "import numpy\nnumpy.no_such_thing\n"
TYPO = "def (:\n"
SILENT = "x = 1\n"


@pytest.fixture
def room(tmp_path, monkeypatch):
    """A function that drops a file into the room of steps; all is as before afterwards."""
    found, home, modules = dict(STEPS._found), dict(STEPS._home), set(sys.modules)
    monkeypatch.setattr(opsef_core.preprocess, "__path__", [*opsef_core.preprocess.__path__, str(tmp_path)])

    def drop(name, text):
        (tmp_path / f"{name}.py").write_text(text)
        importlib.invalidate_caches()

    yield drop
    for table, before in ((STEPS._found, found), (STEPS._home, home)):
        table.clear()
        table.update(before)
    for module in set(sys.modules) - modules:
        if module.startswith("opsef_core.preprocess."):
            name = module.rpartition(".")[2]
            if name not in found:
                del sys.modules[module]
                vars(opsef_core.preprocess).pop(name, None)


def test_a_new_file_is_a_new_step_and_nothing_else_is_edited(room, tmp_path):
    room("sparkle", SPARKLE)
    assert "sparkle" in STEPS.names()
    assert step("sparkle", by=2)(Image(np.array([[1.0, 2.0]]), "YX", "toy")).pixels.tolist() == [[3, 4]]
    rows = steps_table().set_index("step")
    assert rows.loc["sparkle"].tolist() == ["Make it sparkle.", "by = 1.0 (number, >= 0)"]
    recipe = Recipe([step("sparkle", by=3)])
    recipe.to_yaml(tmp_path / "recipe.yml")
    assert Recipe.from_yaml(tmp_path / "recipe.yml") == recipe
    with pytest.raises(UnknownName, match="Did you mean 'sparkle'"):
        step("sparkel")


def test_the_files_name_counts_not_the_functions(room):
    room("shine", SPARKLE)
    assert step("shine").title == "shine"
    with pytest.raises(UnknownName):
        step("sparkle")


def test_a_file_dropped_after_the_names_were_read_is_found(room):
    room("shine", SPARKLE)
    assert "shine" in STEPS.names()
    room("glow", SPARKLE)
    assert step("glow").title == "glow"
    assert "glow" in STEPS.names()


def test_helpers_are_no_plugins(room):
    room("_sparkle", SPARKLE)
    assert "_sparkle" not in STEPS.names()
    with pytest.raises(UnknownName, match="There is no step called '_sparkle'"):
        step("_sparkle")


def test_two_in_one_file_are_an_error_every_time(room):
    room("twice", TWICE)
    for _ in range(2):
        with pytest.raises(BrokenPlugin) as error:
            step("twice")
        assert str(error.value) == (
            "The step 'twice' cannot be used, its file fails "
            "(TypeError: opsef_core.preprocess.twice registers a second step; one plug-in a file.)."
        )


def test_a_file_may_be_run_anew(room):
    room("sparkle", SPARKLE)
    STEPS.get("sparkle")
    room("sparkle", SPARKLE.replace("= 1.0", "= 25.0"))
    importlib.reload(sys.modules["opsef_core.preprocess.sparkle"])
    assert step("sparkle").parameters.by == 25


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (BROKEN, "cannot be used, its file fails (AttributeError: module 'numpy' has no attribute 'no_such_thing')."),
        (TYPO, "cannot be used, its file fails (SyntaxError: invalid syntax (sick.py, line 1))."),
        ("import no_such_package\n", "cannot be used, its file fails (ModuleNotFoundError: No module named "),
    ],
)
def test_a_broken_file_says_why_and_breaks_nothing_else(room, text, reason):
    room("sick", text)
    room("sparkle", SPARKLE)
    with pytest.raises(BrokenPlugin) as error:
        step("sick")
    assert str(error.value).startswith(f"The step 'sick' {reason}")
    assert isinstance(error.value, OpsefError)
    assert error.value.__cause__ is not None
    assert {"sick", "sparkle", "median"} <= set(STEPS.names())
    assert step("sparkle").title == "sparkle"
    rows = steps_table().set_index("step")
    assert rows.loc["sick", "what it does"] == str(error.value)
    assert rows.loc["median", "parameters"] == "size_px = 3 (integer, 1 to 31)"


def test_a_broken_file_works_once_it_is_mended(room):
    room("sick", BROKEN)
    with pytest.raises(BrokenPlugin):
        step("sick")
    room("sick", SPARKLE + "# mended\n")
    assert step("sick").title == "sick"


def test_a_file_that_registers_nothing_says_so(room):
    room("silent", SILENT)
    for _ in range(2):
        with pytest.raises(BrokenPlugin) as error:
            step("silent")
        assert str(error.value) == (
            "The file opsef_core.preprocess.silent registers no step; begin its name with _ if it is none."
        )


def test_nothing_is_imported_to_know_the_names(room):
    room("sick", BROKEN)
    assert "sick" in STEPS.names()
    assert "opsef_core.preprocess.sick" not in sys.modules


@pytest.mark.parametrize("name", [None, 3, ["median"], {}, ""])
def test_what_is_no_name_is_an_unknown_name(name):
    with pytest.raises(UnknownName) as error:
        STEPS.get(name)
    assert str(error.value).startswith(f"There is no step called {str(name)!r}.")


def test_all_are_sorted():
    assert list(STEPS.all()) == sorted(STEPS.names())


def test_an_empty_room_knows_nothing(tmp_path, monkeypatch):
    (tmp_path / "empty_room").mkdir()
    (tmp_path / "empty_room" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    registry = Registry("thing", "empty_room")
    assert registry.names() == []
    assert registry.table(lambda thing: thing).columns.tolist() == ["thing", "what it does", "parameters"]
    with pytest.raises(UnknownName) as error:
        registry.get("one")
    assert str(error.value) == "There is no thing called 'one'. Known: none."


def test_a_missing_package_names_the_extra():
    Need("numpy", "all").check("The model 'x'")
    with pytest.raises(MissingPackage) as error:
        Need("no_such_package", "magic").check("The model 'x'")
    assert str(error.value) == (
        "The model 'x' needs the package no_such_package, which is not installed. "
        'Install it with: pip install "opsef-core[magic]"'
    )


class Blur(BaseModel):
    """Blur it.

    More about it.
    """

    model_config = ConfigDict(extra="forbid")
    radius_px: Annotated[int, Field(ge=1, le=9)]
    how: Literal["soft", "hard"] = "soft"
    limit: Annotated[float, Field(gt=0, lt=1)] | None = None
    twice: bool = False


def test_parameters_of_a_record():
    radius, how, limit, twice = parameters_of(Blur)
    assert list(radius) == ["name", "type", "default", "required", "bounds", "choices"]
    assert list(radius.values()) == ["radius_px", "integer", None, True, "1 to 9", []]
    assert (how["choices"], how["default"]) == (["soft", "hard"], "soft")
    assert (limit["type"], limit["bounds"], limit["default"]) == ("number or null", "> 0 and < 1", None)
    assert (twice["type"], twice["bounds"], twice["required"]) == ("boolean", "", False)
    assert [in_words(p) for p in parameters_of(Blur)] == [
        "radius_px (integer, 1 to 9)",
        "how = soft (soft, hard)",
        "limit = None (number or null, > 0 and < 1)",
        "twice = False (boolean)",
    ]


def test_a_record_without_parameters():
    assert parameters_of(type("Nothing", (BaseModel,), {})) == []


def test_build_makes_one_or_alternatives():
    assert build("filter", "blur", Blur, {"radius_px": 3}).radius_px == 3
    many = build("filter", "blur", Blur, {"radius_px": either(3, 5), "how": either("soft", "hard")})
    assert isinstance(many, Either)
    assert [(b.radius_px, b.how) for b in many] == [(3, "soft"), (3, "hard"), (5, "soft"), (5, "hard")]
    assert isinstance(build("filter", "blur", Blur, {"radius_px": either(3)}), Either)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "filter 'blur' needs a value for radius_px."),
        ({"radius_px": 10}, "filter 'blur': radius_px = 10 is not possible: Input should be less than or equal to 9."),
        (
            {"radius_px": 1, "radius": 2},
            "There is no parameter of filter 'blur' called 'radius'. Did you mean 'radius_px'? "
            "Known: how, limit, radius_px, twice.",
        ),
        (
            {"radius_px": 1, "how": "softly"},
            "filter 'blur': how = 'softly' is not possible: Input should be 'soft' or 'hard'.",
        ),
        (
            {"radius_px": 0, "twice": "maybe"},
            "filter 'blur': radius_px = 0 is not possible: Input should be greater than or equal to 1. "
            "filter 'blur': twice = 'maybe' is not possible: Input should be a valid boolean, "
            "unable to interpret input.",
        ),
    ],
)
def test_build_refuses_in_words(parameters, sentence):
    with pytest.raises(BadParameter) as error:
        build("filter", "blur", Blur, parameters)
    assert str(error.value) == sentence
