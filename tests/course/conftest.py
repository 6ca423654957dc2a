import sys
from pathlib import Path

import pytest

from opsef_core import course

sys.path.insert(0, str(Path(__file__).parents[1] / "widgets"))  # for the browser of widget_page

BANK = """
median:
  kind: choice
  prompt: Which value stays?
  options: [the mean, the middle, the largest]
  right: the middle
  hint: Sort them.
  why: Half are smaller.
plain: {kind: choice, prompt: "Two or three?", options: {two: two objects, three: three objects}, right: three}
how_many:
  {kind: number, prompt: "How many nuclei?", right: 14, tolerance: 1, unit: nuclei, hint: Count again., why: Fourteen.}
area:
  {kind: exercise, prompt: Compute the mean area., between: [90, 110], unit: px, hint: Use bincount., why: Well done.}
own: {kind: exercise, prompt: Count the objects.}
winner: {kind: guess, prompt: "Which recipe wins?", why: Contrast helps.}
objects: {kind: guess, prompt: "How many objects?", tolerance: 2}
"""


@pytest.fixture
def bank(tmp_path):
    """A question file of every kind."""
    (tmp_path / "toy.yml").write_text(BANK, encoding="utf8")
    return tmp_path / "toy.yml"


@pytest.fixture
def lesson(bank, tmp_path):
    return course.lesson(bank, tmp_path / "täglich runs" / "toy")
