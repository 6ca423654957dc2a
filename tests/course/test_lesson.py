"""A lesson as its notebook holds it."""

import numpy as np
import pandas as pd
import pytest

from opsef_core import course
from opsef_core.errors import BadParameter, MissingPackage, UnknownName
from opsef_core.widgets import checker


def test_the_first_answer_counts_and_one_may_go_on(lesson):
    first = lesson.answer("median", "the mean")
    assert (first.right, first.headline) == (False, "Not right.")
    assert first.lines == ("Hint: Sort them. Try again; the first answer counts.",)
    then = lesson.answer("median", "The Middle")
    assert (then.right, then.headline, then.lines) == (True, "Right, in a later try.", ("Half are smaller.",))
    assert repr(lesson.score) == "0 of 7 right; 1 more in a later try; 6 not answered yet"
    assert lesson.answer("how_many", 15).right
    assert repr(lesson.score) == "1 of 7 right; 1 more in a later try; 5 not answered yet"


def test_after_two_wrong_answers_the_right_one_is_told_and_nothing_counts_any_more(lesson):
    lesson.answer("how_many", 3)
    told = lesson.answer("how_many", "4,5")
    assert told.headline == "Not right. It is: 14 nuclei"
    assert told.lines == ("Fourteen.",)
    assert lesson.answer("how_many", 14).headline == told.headline
    assert lesson.answers.set_index("question").loc["how_many", "tries"] == 2


def test_without_a_hint_or_with_two_options_the_answer_is_told_at_once(lesson):
    assert lesson.answer("plain", "two").headline == "Not right. It is: three objects"


def test_a_question_goes_on_after_a_restart(lesson, bank):
    lesson.answer("median", "the mean")
    again = course.lesson(bank, lesson.folder)
    assert "Not right" in repr(again.ask("median"))
    assert again.ask("median").told["tries"] == [{"answer": "the mean", "right": False}]
    assert again.score == lesson.score


def test_the_text_of_a_question_says_how_to_answer_it_and_not_what(lesson, monkeypatch):
    def none(asked):
        raise MissingPackage("The checker", "anywidget", "notebook")

    monkeypatch.setattr("opsef_core.widgets.checker", none)
    asked = lesson.ask("median")
    assert repr(asked).splitlines() == [
        "Question 'median': Which value stays?",
        "  - the mean",
        "  - the middle",
        "  - the largest",
        'Answer with: lesson.answer("median", "...")',
    ]
    assert "Half are smaller" not in asked._repr_html_()
    assert 'lesson.answer("how_many", number)' in repr(lesson.ask("how_many"))
    lesson.answer("median", "the middle")
    assert "✓ Right." in repr(asked)


def test_a_guess_is_kept_until_it_is_revealed(lesson):
    widget = lesson.guess("winner", among=["raw", "clahe", "median"])
    assert lesson.answer("winner", "raw").headline == "You guess: raw"
    assert lesson.answer("winner", "clahe").right is None
    assert lesson.score.answered == 0
    told = lesson.reveal("winner", pd.Series({"raw": 0.4, "clahe": 0.5, "median": 0.61, "broken": np.nan}))
    assert (told.right, told.headline) == (False, "You guessed clahe; it is median.")
    assert told.ranking == (("median", 0.61, ""), ("clahe", 0.5, "your guess"), ("raw", 0.4, ""))
    assert "Contrast helps." in repr(told)
    assert widget.told["right"] == "median"  # the cell above has changed
    assert lesson.answer("winner", "median").headline == told.headline  # too late
    row = lesson.answers.set_index("question").loc["winner"]
    assert (row["answer"], row["came_out"], row["right"]) == ("clahe", "median", False)


def test_without_a_guess_the_truth_is_shown_and_one_may_still_guess(lesson, bank):
    told = lesson.reveal("winner", {"raw": 0.4, "clahe": 0.5})
    assert (told.right, told.headline) == (None, "Nobody guessed; it is clahe.")
    assert lesson.answers.set_index("question").loc["winner", "right"] is None
    lesson.guess("winner", among=["raw", "clahe"])
    lesson.answer("winner", "clahe")
    assert lesson.reveal("winner", {"raw": 0.4, "clahe": 0.5}).right
    assert (
        course.lesson(bank, lesson.folder).reveal("winner", "clahe").right
    )  # after a restart, without the guess's cell


def test_of_options_that_are_level_each_is_right(lesson):
    lesson.guess("winner", among=["raw", "clahe"])
    lesson.answer("winner", "clahe")
    told = lesson.reveal("winner", {"raw": 0.5, "clahe": 0.5})
    assert (told.right, told.headline) == (True, "You guessed clahe; it is raw and clahe.")


@pytest.mark.parametrize(("guess", "right"), [(10, True), (12, True), (12.1, False)])
def test_a_number_is_guessed_within_its_tolerance(lesson, guess, right):
    lesson.guess("objects")
    lesson.answer("objects", guess)
    assert lesson.reveal("objects", np.int64(10)).right is right


def test_an_exercise_is_right_once_it_is_solved(lesson):
    told = lesson.check("area", ...)
    assert (told.right, told.headline) == (None, "Not tried yet: Compute the mean area.")
    assert told.lines == ("Hint: Use bincount.",)
    assert lesson.check("area", None).right is None
    assert lesson.score.answered == 0
    for wrong in (3, "text", np.zeros((2, 2)), [1, 2], object()):
        assert lesson.check("area", wrong).right is False
    told = lesson.check("area", np.float64(100))
    assert (told.right, told.headline, told.lines) == (True, "Right: 100 px", ("Well done.",))
    lesson.check("area", 3)
    assert lesson.score.right == 1
    assert lesson.check("own", 5, right=np.array([5]).sum())
    with pytest.raises(BadParameter, match="give right="):
        lesson.check("own", 5)


def test_notes_are_plain(lesson):
    lesson.note("scores", pd.Series({"raw": np.float32(0.5), "clahe": np.nan}))
    lesson.note("table", pd.DataFrame({"a": [1, 2]}))
    assert lesson._answers.notes() == {"scores": {"raw": 0.5, "clahe": None}, "table": [{"a": 1}, {"a": 2}]}
    with pytest.raises(BadParameter, match="note 'x' holds a object"):
        lesson.note("x", object())


def test_what_is_shown_is_html_that_is_safe(lesson):
    said = lesson.check("area", "<script>")
    assert "&lt;script&gt;" in said._repr_html_()
    assert "<script>" not in said._repr_html_()
    assert "✗" in said._repr_html_()
    told = lesson.reveal("winner", {"<b>": 1.0, "raw": 0.5})
    assert "&lt;b&gt;" in told._repr_html_()
    assert lesson.score._repr_html_().startswith("<div>")


@pytest.mark.parametrize(
    ("act", "error", "text"),
    [
        (lambda a: a.ask("medain"), UnknownName, "Did you mean 'median'"),
        (lambda a: a.ask("area"), BadParameter, "use lesson.check, not lesson.ask"),
        (lambda a: a.ask("winner"), BadParameter, "use lesson.guess, not lesson.ask"),
        (lambda a: a.guess("median"), BadParameter, "use lesson.ask, not lesson.guess"),
        (lambda a: a.check("median", 3), BadParameter, "use lesson.ask, not lesson.check"),
        (lambda a: a.answer("area", 3), BadParameter, "use lesson.check, not lesson.answer"),
        (lambda a: a.reveal("median", "x"), BadParameter, "not lesson.reveal"),
        (lambda a: a.answer("median", "the midle"), UnknownName, "Did you mean 'the middle'"),
        (lambda a: a.answer("how_many", "many"), BadParameter, "is a number, not 'many'"),
        (lambda a: a.ask("how_many", among=["a", "b"]), BadParameter, "has no options"),
        (lambda a: a.ask("median", among=["a", "b"]), BadParameter, "right answer of 'median' is not among"),
        (lambda a: a.reveal("winner", {}), BadParameter, "no scores to reveal for 'winner'"),
        (lambda a: a.guess("winner", among=["a", "b"]) and a.reveal("winner", "c"), UnknownName, "option of 'winner'"),
    ],
)
def test_mistakes_are_told_in_words(lesson, act, error, text):
    with pytest.raises(error, match=text):
        act(lesson)


def test_the_checker_shows_what_a_lesson_asks(lesson):
    assert type(lesson.ask("median")).__name__ == type(checker(lesson._asked["median"])).__name__ == "Checker"
    assert repr(lesson).startswith("Lesson('toy'): 7 questions")
    assert lesson.questions[0] == "median"
