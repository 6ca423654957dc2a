"""The preview's side of the kernel: what it answers, what it keeps, what it refuses."""

import json

import numpy as np
import pytest
import toy

import opsef_core as opsef
from opsef_core import Recipe, either, grid, step
from opsef_core.data import Image
from opsef_core.errors import BadImage, BadParameter, MissingPackage, UnknownName
from opsef_core.preprocess import STEPS
from opsef_core.registry import Need
from opsef_core.widgets._answer import split
from opsef_core.widgets._preview.answers import Answers
from opsef_core.widgets._preview.controls import controls
from opsef_core.widgets._preview.look import look
from opsef_core.widgets._preview.places import places
from opsef_core.widgets._preview.region import Source


@pytest.fixture
def image():
    return toy.mixed_sizes()[0]


def ask(answers, *entries, region=(0, 0)):
    return answers.to({"kind": "ask", "name": "n", "region": region, "steps": list(entries)})


def picture(answer):
    """The pixels of an answer, (Y, X) or (Y, X, 3)."""
    import io

    from PIL import Image as Pillow

    return np.asarray(Pillow.open(io.BytesIO(answer["png"])))


# --- every registered step -----------------------------------------------------------------------------------------


def accepted(name, **parameters):
    """Whether the values are possible, if not together with the others."""
    try:
        return bool(step(name, **parameters))
    except BadParameter as error:
        return "must be smaller than" in str(error)


@pytest.mark.parametrize("name", STEPS.names())
def test_every_step_has_controls_of_which_each_position_is_possible(name):
    one = step(name)
    for control in controls(one):
        value = one.act.parameters[control["name"]]
        assert control["help"]
        assert control["kind"] in ("slider", "box", "tick", "choice")
        if control["kind"] == "slider":
            stops = control["stops"]
            assert 2 <= len(stops) <= 300
            assert stops == sorted(set(stops))
            assert value in stops or (value is None and control["optional"])
            for stop in (stops[0], stops[len(stops) // 2], stops[-1]):
                assert accepted(name, **{control["name"]: stop})
        if control["kind"] == "choice":
            assert value in control["choices"]


@pytest.mark.parametrize("axes", ["YX", "CYX", "ZYX", "TCZYX"])
@pytest.mark.parametrize("name", STEPS.names())
def test_every_step_can_be_previewed_on_every_kind_of_image(name, axes):
    sizes = dict(zip("TCZYX", (2, 3, 4, 20, 24), strict=True))
    pixels = np.random.default_rng(0).integers(0, 4000, [sizes[a] for a in axes]).astype(np.uint16)
    answers = Answers(Source(Image(pixels, axes, "toy")))
    answer = ask(answers, {"step": name})
    if STEPS.get(name).channels and (3 if "C" in axes else 1) not in STEPS.get(name).channels:
        assert (answer["kind"], answer["at"]) == ("problem", 0)
        assert f"the step '{name}' works on images with 3" in answer["text"]
        return
    assert answer["kind"] == "picture"
    assert picture(answer).shape[:2] == (20, 24)
    assert all(sum(counts) == 20 * 24 for counts in answer["counts"])
    json.dumps(split(answer)[0])


# --- controls ------------------------------------------------------------------------------------------------------


def control(one, name):
    return next(c for c in controls(one) if c["name"] == name)


def test_a_slider_has_units_and_only_possible_stops():
    size = control(step("median", size_px=7), "size_px")
    assert size["stops"] == list(range(1, 32, 2))
    assert (size["label"], size["unit"], size["default"], size["optional"]) == ("size", "px", 3, False)
    assert size["help"] == "side of the window in pixels, odd: 3 is 3 x 3."
    sigma = control(step("gaussian", sigma_px=1.37), "sigma_px")["stops"]
    assert {0, 0.5, 1, 1.37, 2, 10, 100} <= set(sigma)
    assert len(sigma) < 60
    assert {0.1, 1, 50, 99, 99.8} <= set(control(step("normalize"), "high_percentile")["stops"])


def test_what_has_no_two_bounds_is_a_box_and_words_are_a_list():
    value = control(step("subtract_background"), "value")
    assert (value["kind"], value["whole"], value["least"], value["most"]) == ("box", False, 0, None)
    assert control(step("rescale"), "out_low")["kind"] == "box"  # a slider from -1e9 to 1e9 would be of no use
    assert control(step("invert"), "white")["optional"]
    assert control(step("edges"), "method")["choices"] == ["sobel", "roberts"]
    assert control(step("normalize"), "clip")["kind"] == "tick"


# --- what is given as a recipe -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "given",
    [
        Recipe([step("median"), step("clahe")]),
        [step("median"), step("clahe")],
        ["median", "clahe"],
        ("median", {"step": "clahe"}),
        grid(step("median"), step("clahe")),
        [step("median"), None, step("clahe")],
    ],
)
def test_a_recipe_is_given_in_many_ways(given):
    assert [place.options for place in places(given)] == [(step("median"),), (step("clahe"),)]
    assert all(place.on for place in places(given))


def test_a_single_step_and_alternatives():
    assert places("median") == places(step("median")) == places([step("median")])
    (sizes,) = places(step("median", size_px=either(3, 5)))
    assert [one.title for one in sizes.options] == ["median", "median(size_px=5)"]
    assert [sizes] == places({"step": "median", "size_px": either(3, 5)})
    maybe, other = places([either(None, step("clahe")), either("invert", None, "grey")])
    assert (maybe.on, len(maybe.options)) == (False, 1)
    assert (other.on, [one.kind.name for one in other.options]) == (True, ["invert", "grey"])


@pytest.mark.parametrize(
    ("given", "error", "text"),
    [
        ("medain", UnknownName, "no step called 'medain'. Did you mean 'median'"),
        ([], BadParameter, "the recipe has no steps"),
        (Recipe(), BadParameter, "the recipe has no steps"),
        (None, BadParameter, "the recipe has no steps"),
        (7, BadParameter, "7 is no step. Give a recipe, a step, or a list of steps"),
        ([{"median": 3}], BadParameter, "is no step"),
        (grid(step("median", size_px=either(3, 5))), BadParameter, "shows one recipe, and here are 2"),
    ],
)
def test_what_is_no_recipe_is_refused_in_words(image, given, error, text):
    with pytest.raises(error) as raised:
        opsef.widgets.preview(image, given)
    assert text in str(raised.value)


# --- the image -----------------------------------------------------------------------------------------------------


def test_what_is_no_image_is_refused_in_words():
    with pytest.raises(BadParameter, match=r"not an object of type ndarray: take one of opsef.images\(folder\)"):
        opsef.widgets.preview(np.zeros((8, 8)), "median")
    pixels = np.ones((20, 20), np.float32)
    pixels[3, 4] = np.nan
    with pytest.raises(BadImage, match="hole has 1 pixels of 400 that are NaN or infinite"):
        opsef.widgets.preview(Image(pixels, "YX", "hole"), "median")
    with pytest.raises(BadImage, match="nothing has no pixels"):
        opsef.widgets.preview(Image(np.zeros((0, 5), np.uint8), "YX", "nothing"), "median")


def test_of_a_stack_the_middle_plane_and_of_a_series_the_first_time_point():
    pixels = np.random.default_rng(0).integers(0, 255, (2, 5, 4, 30, 40)).astype(np.uint8)
    source = Source(Image(pixels, "TCZYX", "series"))
    assert np.array_equal(source.region((0, 0)).array(), pixels[0, :, 2])
    assert [note.split(" ")[0] for note in source.notes] == ["Plane", "Time", "Steps"]
    assert look(source.region((0, 0))).channels == ["0", "1", "2"]


def test_of_a_large_image_a_region_where_most_happens_is_taken(wide):
    image, _ = wide
    source = Source(image)
    assert source.size == (300, 512)
    assert "A region of 300 × 512 px of 300 × 5000" in source.notes[0]
    overview, (row, column) = source.overview()
    assert overview.startswith(b"\x89PNG")
    assert row == 0
    assert 500 < column < 1400  # the large object
    assert source.held(-5, 9999) == (0, 4488)
    region = source.region((0, 9999))
    assert np.array_equal(region.array(), image.array()[:, 4488:])
    widget = opsef.widgets.preview(image, "median", region=(0, 100))
    assert widget.region == [0, 100]
    for wrong in ((0, 5000), (-1, 0), (1,), "ab", 3, (0.5, 2)):
        with pytest.raises(BadParameter, match=r"is no place in wide: .* from \(0, 0\) to \(0, 4488\)"):
            opsef.widgets.preview(image, "median", region=wrong)


def test_a_lazy_image_is_read_only_where_it_is_looked_at():
    import dask.array as da

    read = []

    def block(block_info=None):
        place = block_info[None]["array-location"]
        read.append(tuple(place))
        return np.full([stop - start for start, stop in place], 7, np.uint8)

    pixels = da.map_blocks(block, chunks=((1024,) * 4, (1024,) * 4), dtype=np.uint8)
    source = Source(Image(pixels, "YX", "slide", source="a checksum"))
    assert not read
    source.region((0, 0))
    assert len(read) == 1


# --- answers -------------------------------------------------------------------------------------------------------


def test_an_answer_is_the_picture_after_the_steps(image):
    answers = Answers(Source(image))
    raw, after = ask(answers), ask(answers, {"step": "median", "size_px": 5}, {"step": "invert"})
    assert (raw["kind"], raw["name"], raw["channels"], raw["whole"]) == ("picture", "n", [], True)
    expected = Recipe([step("median", size_px=5), step("invert")])(image)
    assert np.array_equal(picture(after), picture(look(expected).answer()))
    assert (after["least"], after["most"]) == (expected.array().min(), expected.array().max())
    shown = picture(raw).astype(float)
    values = raw["black"][0] + (raw["white"][0] - raw["black"][0]) * shown / 255
    inside = (shown > 0) & (shown < 255)
    assert np.array_equal(np.rint(values[inside]), image.array()[inside])  # values can be told from the picture
    assert sum(raw["counts"][0]) == image.array().size
    message, buffers = split(raw)
    assert message["buffers"] == ["png"]
    assert len(buffers) == 1


def test_colours_share_black_and_white_and_channels_do_not():
    rng = np.random.default_rng(0)
    pixels = (rng.random((3, 40, 40)) * np.array([1, 10, 100])[:, None, None]).astype(np.float32)
    colour = look(Image(pixels, "CYX", "c", channels=("red", "green", "blue")))
    assert len(colour.black) == len(colour.white) == 1
    assert len(colour.counts) == 3
    own = look(Image(pixels, "CYX", "c", channels=("a", "b", "c")))
    assert own.white[0] < own.white[1] < own.white[2]
    grey = look(Image(np.stack([pixels[0]] * 3), "CYX", "c", channels=("red", "green", "blue")))
    assert (len(grey.counts), grey.channels) == (1, [])


def test_a_constant_picture_has_a_look():
    for value in (0, 7.5, -1e17):
        one = look(Image(np.full((9, 9), value, np.float32), "YX", "flat"))
        assert sum(one.counts[0]) == 81
        assert one.white[0] > one.black[0]


def test_only_the_moved_step_and_those_after_it_are_computed(image, monkeypatch):
    answers = Answers(Source(image))
    done = []
    for name in ("median", "gaussian", "invert"):
        kind, function = STEPS.get(name), STEPS.get(name).function

        def counted(pixels, _function=function, _name=name, **values):
            done.append(_name)
            return _function(pixels, **values)

        monkeypatch.setattr(kind, "function", counted)
    row = [{"step": "median"}, {"step": "gaussian", "sigma_px": 1}, {"step": "invert"}]
    ask(answers, *row)
    assert done == ["median", "gaussian", "invert"]
    done.clear()
    ask(answers, *row[:2])
    ask(answers, *row)
    assert done == []
    ask(answers, *row[:2], {"step": "invert", "white": 9})
    assert done == ["invert"]
    done.clear()
    ask(answers, row[0], {"step": "gaussian", "sigma_px": 2}, row[2])
    assert done == ["gaussian", "invert"]


def test_what_is_kept_has_an_end(image):
    answers = Answers(Source(image))
    for value in range(200):
        ask(answers, {"step": "subtract_background", "value": value})
    assert len(answers._kept) <= 64


@pytest.mark.parametrize(
    ("entries", "at", "text"),
    [
        ([{"step": "median"}, {"step": "normalize", "low_percentile": 100}], 1, "must be smaller than high_percentile"),
        ([{"step": "median", "size_px": 4}, {"step": "invert"}], 0, "size_px = 4 is not possible: the window must be"),
        ([{"step": "invert"}, {"step": "colour_deconvolution"}], 1, "has 1 channel, and the step"),
        ([{"step": "nobody"}], 0, "no step called 'nobody'"),
        ([{}], 0, "must look like {step: median, size_px: 3}"),
        (None, None, "This did not work"),
    ],
)
def test_what_goes_wrong_is_an_answer_that_names_the_step(image, entries, at, text):
    answer = Answers(Source(image)).to({"name": "n", "region": [0, 0], "steps": entries})
    assert (answer["kind"], answer["name"], answer["at"]) == ("problem", "n", at)
    assert text in answer["text"]


def test_a_library_that_fails_does_not_end_the_widget(image, monkeypatch):
    def fails(pixels, **values):
        raise ZeroDivisionError("inside")

    monkeypatch.setattr(STEPS.get("invert"), "function", fails)
    answers = Answers(Source(image))
    answer = ask(answers, {"step": "median"}, {"step": "invert"})
    assert (answer["at"], answer["text"]) == (1, "This did not work: inside")
    assert ask(answers, {"step": "median"})["kind"] == "picture"


def test_a_region_with_nan_is_a_problem_of_no_step():
    pixels = np.ones((600, 600), np.float32)
    pixels[599, 599] = np.inf
    answers = Answers(Source(Image(pixels, "YX", "hole")))
    assert ask(answers, {"step": "median"})["kind"] == "picture"
    answer = ask(answers, {"step": "median"}, region=(88, 88))
    assert (answer["kind"], answer["at"]) == ("problem", None)
    assert "NaN or infinite" in answer["text"]


# --- the widget ----------------------------------------------------------------------------------------------------


def test_the_saved_state_holds_the_first_view(image):
    widget = opsef.widgets.preview(image, ["median", either(None, "clahe"), "invert"])
    assert repr(widget) == "Preview(mixed_sizes, 2 of 3 steps on)"
    assert [answer["kind"] for answer in widget.first] == ["picture"] * 3  # the original, and after each step
    state = widget.get_state()
    assert {"about", "first", "settings", "region", "_esm", "_css"} <= set(state)
    assert state["_esm"].count("export default") == 1
    assert not any(line.startswith("import ") for line in state["_esm"].splitlines())


def test_a_step_that_does_not_fit_is_told_in_its_place(image):
    widget = opsef.widgets.preview(image, ["median", "colour_deconvolution", "invert"])
    assert [answer["kind"] for answer in widget.first] == ["picture", "picture", "problem", "problem"]
    assert [answer["at"] for answer in widget.first[2:]] == [1, 1]


def test_the_recipe_is_what_is_set(image):
    widget = opsef.widgets.preview(image, [step("median", size_px=either(3, 5)), either(None, "clahe"), "invert"])
    assert widget.recipe == Recipe([step("median"), step("invert")])
    median, clahe, invert = widget.settings
    widget.settings = [
        {**median, "option": 1, "values": {"size_px": 9}},
        {**clahe, "on": True, "values": {"tile_px": 32, "clip_limit": 2, "tiles": None}},
        {**invert, "on": False},
    ]
    assert widget.recipe == Recipe([step("median", size_px=9), step("clahe", tile_px=32, clip_limit=2)])
    assert grid(*widget.recipe.steps) == [widget.recipe]
    widget.settings = [{**median, "values": {"size_px": 4}}, clahe, invert]
    with pytest.raises(BadParameter, match="the window must be odd"):
        _ = widget.recipe


def test_questions_are_answered_and_others_ignored(image, monkeypatch):
    widget = opsef.widgets.preview(image, "median")
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, buffers=None: sent.append((message, buffers)))
    widget._handle_custom_msg({"kind": "ask", "name": "x", "region": [0, 0], "steps": [{"step": "median"}]}, [])
    widget._handle_custom_msg({"kind": "ask"}, [])
    widget._handle_custom_msg({"kind": "else"}, [])
    widget._handle_custom_msg("nonsense", [])
    (first, buffers), (second, _) = sent
    assert (first["kind"], first["name"], len(buffers)) == ("picture", "x", 1)
    assert second["kind"] == "problem"


def test_without_the_package_the_extra_is_named(image, monkeypatch):
    monkeypatch.setattr(Need, "installed", property(lambda need: need.module != "anywidget"))
    with pytest.raises(MissingPackage, match="The preview needs the package anywidget"):
        opsef.widgets.preview(image, "median")


def test_real_images_are_previewed():
    for image in opsef.dataset("bbbc038_sample").images:
        widget = opsef.widgets.preview(image, ["median", "normalize"])
        assert [answer["kind"] for answer in widget.first] == ["picture"] * 3
