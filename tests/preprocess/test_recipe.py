import pytest
from arrays import image, noise

from opsef_core.choices import either
from opsef_core.errors import BadConfig, BadParameter, UnknownName
from opsef_core.preprocess import Recipe, grid, step


def test_steps_run_one_after_the_other():
    picture = image(noise((9, 9), "uint8"))
    both = Recipe([step("median"), step("invert")])(picture)
    assert [act.name for act in both.history] == ["median", "invert"]
    assert (both.pixels == step("invert")(step("median")(picture)).pixels).all()


def test_an_empty_recipe_leaves_the_image():
    picture = image([[1, 2]])
    assert Recipe()(picture) is picture
    assert Recipe().title == "raw"


def test_titles_show_what_differs_from_the_defaults():
    assert Recipe([step("median"), step("clahe", tile_px=32)]).title == "median + clahe(tile_px=32)"


def test_a_default_written_out_is_the_same_recipe():
    assert Recipe([step("median", size_px=3)]) == Recipe([step("median")])
    assert Recipe([step("median", size_px=3)]).key == Recipe([step("median")]).key
    assert Recipe([step("median", size_px=5)]).key != Recipe([step("median")]).key


def test_order_counts():
    one, two = Recipe([step("median"), step("invert")]), Recipe([step("invert"), step("median")])
    assert one != two
    assert one.key != two.key


def test_grid_takes_one_option_at_each_place():
    recipes = grid(step("median", size_px=either(3, 5)), either(None, step("invert")))
    titles = ["median", "median + invert", "median(size_px=5)", "median(size_px=5) + invert"]
    assert [r.title for r in recipes] == titles


def test_grid_leaves_out_duplicates():
    assert grid(either(None, step("invert")), either(None, step("invert")))[1:3] == [
        Recipe([step("invert")]),
        Recipe([step("invert"), step("invert")]),
    ]


def test_grid_unfolds_alternatives_within_alternatives():
    recipes = grid(either(None, step("gaussian", sigma_px=either(1, 2))))
    assert [r.title for r in recipes] == ["raw", "gaussian", "gaussian(sigma_px=2.0)"]


def test_grid_of_nothing_is_the_raw_image():
    assert grid() == [Recipe()]


def test_yaml_is_what_a_person_would_write(tmp_path):
    recipe = Recipe([step("normalize", channels="together"), step("invert"), step("median", size_px=5)])
    recipe.to_yaml(tmp_path / "recipe.yml")
    assert (tmp_path / "recipe.yml").read_text() == (
        "- step: normalize\n  channels: together\n- step: invert\n- step: median\n  size_px: 5\n"
    )
    assert Recipe.from_yaml(tmp_path / "recipe.yml") == recipe
    assert [p.name for p in tmp_path.iterdir()] == ["recipe.yml"]


def test_the_empty_recipe_comes_back_from_yaml(tmp_path):
    Recipe().to_yaml(tmp_path / "raw.yml")
    assert Recipe.from_yaml(tmp_path / "raw.yml") == Recipe()


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        ("- step: medain\n", UnknownName, "There is no step called 'medain'. Did you mean 'median'? Known: clahe, "),
        (
            "- step: median\n  size: 3\n",
            BadParameter,
            "There is no parameter of step 'median' called 'size'. Did you mean 'size_px'? Known: size_px.",
        ),
        (
            "- step: clahe\n  tile_px: 1\n",
            BadParameter,
            "step 'clahe': tile_px = 1 is not possible: Input should be greater than or equal to 4.",
        ),
        (
            "- step: invert\n  1: 2\n",
            BadParameter,
            "There is no parameter of step 'invert' called '1'. Known: channels, white.",
        ),
        ("- step:\n", UnknownName, "There is no step called 'None'."),
        ("- step: [median]\n", UnknownName, "There is no step called \"['median']\"."),
        (
            "- median\n",
            BadConfig,
            "A recipe's entry must look like {step: median, size_px: 3}, not 'median'.",
        ),
        (
            "- stepp: median\n",
            BadConfig,
            "A recipe's entry must look like {step: median, size_px: 3}, not {'stepp': 'median'}.",
        ),
        ("step: median\n", BadConfig, "{path}: a recipe is a list of steps (lines beginning with '- step: name')."),
        ("", BadConfig, "{path}: a recipe is a list of steps (lines beginning with '- step: name')."),
        ("- [", BadConfig, "{path} is not readable as YAML: "),
        ("!!python/object/apply:os.getcwd []", BadConfig, "{path} is not readable as YAML: could not determine"),
    ],
)
def test_wrong_yaml_is_refused_in_words(tmp_path, text, error, sentence):
    path = tmp_path / "recipe.yml"
    path.write_text(text)
    with pytest.raises(error) as caught:
        Recipe.from_yaml(path)
    assert str(caught.value).startswith(sentence.replace("{path}", str(path)))


def test_a_missing_file_and_bytes_are_refused_in_words(tmp_path):
    with pytest.raises(BadConfig) as error:
        Recipe.from_yaml(tmp_path / "no.yml")
    assert str(error.value) == f"There is no readable recipe at {tmp_path / 'no.yml'}: No such file or directory."
    (tmp_path / "bytes.yml").write_bytes(b"\xff\xfe\x00\xd8")
    with pytest.raises(BadConfig, match=r"bytes\.yml is not readable as YAML"):
        Recipe.from_yaml(tmp_path / "bytes.yml")


def test_a_recipe_is_made_of_steps():
    with pytest.raises(BadParameter) as error:
        Recipe(["median"])
    assert str(error.value) == "A recipe is made of steps, not of 'median'; write step('median', size_px=3)."
