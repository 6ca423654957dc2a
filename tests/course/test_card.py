"""The handout card, of a student's real run."""

import re
import subprocess

import numpy as np
import pytest
import tifffile
import toy
import widget_page

import opsef_core as opsef
from opsef_core import course, grid, model, step
from opsef_core.course import rules
from opsef_core.course.card import MAX_GUESSES, MAX_KINDS, MAX_NOTES, context, filled
from opsef_core.course.pictures import window
from opsef_core.errors import NothingToShow


@pytest.fixture(scope="module")
def taken(tmp_path_factory):
    """A student's folder: a run of two models on four images of two kinds, answers, a guess, notes."""
    home = tmp_path_factory.mktemp("a student's") / "runs" / "cöurse"
    images, truth = home.parent / "images", {}
    images.mkdir(parents=True)
    for n in range(4):
        image, labels = toy.many_discs(f"i{n}", seed=n) if n % 2 else toy.touching_discs(f"i{n}")
        tifffile.imwrite(images / f"i{n}.tif", image.array())
        truth[f"i{n}.tif"] = labels
    recipes = grid(step("median", size_px=3)) + grid(None)
    run = opsef.Run(
        home / "3_models" / "run",
        opsef.images(images),
        recipes,
        [model("threshold"), model("threshold", split_depth_px=50)],
    )
    run.go(progress=False)
    run.score(truth=truth)
    (home.parent / "toy.yml").write_text(
        "a: {kind: guess, prompt: 'Which wins?', options: {x: the <b>first</b>, y: the second}}\n"
        "b: {kind: guess, prompt: 'How many?'}\nc: {kind: number, prompt: p, right: 1}\n"
    )
    lesson = course.lesson(home.parent / "toy.yml", home / "3_models")
    lesson.answer("a", "x")
    lesson.reveal("a", "y")
    lesson.note("kinds", {f"i{n}.tif": "many_discs" if n % 2 else "touching discs" for n in range(4)})
    lesson.note("blind", {"chosen": "unet", "score": 0.5, "best_score": 0.61})
    lesson.note("objects in my first image", np.int64(23))
    return home


@pytest.fixture(scope="module")
def page(taken):
    return course.card(taken, "Ada <Lovelace>", [taken.parent / "toy.yml"])


def words(page):
    return re.sub(r"\s+", " ", re.sub(r"<style>.*?</style>|<[^>]+>", "", page.path.read_text("utf8"), flags=re.DOTALL))


def test_it_tells_for_each_kind_what_to_take(page, taken):
    text = words(page)
    assert "many discs · 2 images, 4 methods tried" in text
    assert "touching discs · 2 images, 4 methods tried" in text
    assert text.count("threshold ") >= 2
    assert re.search(r"found \d+", text)
    assert page.path == taken / "card.html"


def test_pictures_lie_in_the_page_and_nothing_else_is_needed(page):
    source = page.path.read_text("utf8")
    assert source.count("data:image/jpeg;base64,") == 2
    assert not re.search(r"(src|href)=.(http|/|file)|@import|<script", source)
    assert 10_000 < page.path.stat().st_size < 500_000


def test_it_tells_what_was_guessed_and_what_was_not_done(page):
    text = words(page)
    assert "✗Which wins? I guessed the &lt;b&gt;first&lt;/b&gt;; it was the second." in text
    assert "Questions left: 2 in toy." in text
    assert "Ada &lt;Lovelace&gt;" in text
    assert "Choosing unet without truth cost 0.11" in text
    assert "objects in my first image: 23" in text
    assert "Take the faster method if" in text  # the rules are stated


def test_the_name_comes_from_the_students_folder(taken):
    (taken / "student.txt").write_text("Grace Hopper\n")
    assert "Grace Hopper" in words(course.card(taken))
    (taken / "student.txt").unlink()
    assert "Name" in words(course.card(taken))


def test_a_notebook_shows_a_link(page):
    shown = page._repr_html_()
    assert "c%C3%B6urse/card.html" in shown
    assert "a%20student%27s" in shown


def test_an_empty_folder_gives_a_card_that_says_so_and_none_an_error(tmp_path):
    text = words(course.card(tmp_path))
    assert "No run was scored, so no method can be recommended." in text
    with pytest.raises(NothingToShow, match="run a notebook of the course first"):
        course.card(tmp_path / "none")


def test_what_is_damaged_is_said_and_stops_nothing(tmp_path):
    for name, text in (("1/answers.csv", "x"), ("2/notes.json", "{"), ("3/quiz.csv", "x"), ("4/run/run.yml", "a: [")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / "4/run/scores.csv").write_text("image\n")
    (tmp_path / "5/run").mkdir(parents=True)
    (tmp_path / "5/run/run.yml").write_text("")
    text = words(course.card(tmp_path))
    for said in (
        "answers.csv is damaged",
        "notes.json is damaged",
        "quiz.csv is damaged",
        "The run 4/run cannot be read",
    ):
        assert said in text
    assert "The run 5/run was not scored." in text


def test_the_picture_is_where_the_objects_are():
    ids = np.zeros((100, 200), np.int32)
    ids[60:90, 150:180] = 1
    top, left, side = window(*toy.pair("corner", ids))
    assert side == 100  # six diameters do not fit
    assert left <= 150 <= 180 <= left + side
    assert top == 0
    assert window(*toy.empty())[2] > 0


def printed(page, folder):
    """Pages and size in points of the page as the browser prints it."""
    out = folder / "card.pdf"
    command = [widget_page.CHROMIUM, *widget_page.QUIET.split(), f"--user-data-dir={folder / 'profile'}"]
    command += ["--no-pdf-header-footer", f"--print-to-pdf={out}", page.as_uri()]
    subprocess.run(command, check=True, timeout=240, capture_output=True)
    content = out.read_bytes()
    box = re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", content)
    return len(re.findall(rb"/Type\s*/Page[^s]", content)), [float(side) for side in box.groups()]


def full(taken):
    """All that a card has room for, in long words."""
    told = context(taken, "Ada Lovelace", {})
    reason = "Within 0.013 of the best (cellpose after median + background), and 42 times faster. The recipe median + "
    reason += "clahe is worth it: 0.12 over the raw image. Some models were trained on these images: too good."
    told["kinds"] = [told["kinds"][0] | {"advice": reason}] * MAX_KINDS
    guess = {
        "asked": "Which of the eight recipes will help most on the dim nuclei …",
        "guess": "median + clahe -> unet",
    }
    told["guesses"] = [guess | {"right": False, "came_out": "median + subtract_background -> unet"}] * MAX_GUESSES
    told["advice"], told["notes"] = list(rules.ADVICE.items()), [("objects in my first image", "23")] * MAX_NOTES
    told["general"] = [("Adapt or annotate", reason)] * 3
    told["undone"] = ["Questions left: 2 in 1 pixels to objects and 3 in 3 four architectures."] * 3
    return told | {"dense": True}


@pytest.mark.skipif(widget_page.CHROMIUM is None, reason="there is no chromium on this machine")
@pytest.mark.parametrize("much", [False, True])
def test_it_prints_on_one_sheet(page, taken, tmp_path, much):
    file = page.path
    if much:
        file = tmp_path / "full.html"
        file.write_text(filled(full(taken)), encoding="utf8")
    pages, size = printed(file, tmp_path)
    assert pages == 1
    assert size == pytest.approx([595, 842], abs=1.5)
