"""Widgets: what a notebook shows.

`preview` to move the sliders of a recipe, `explore` to look at results side by side, `rate` to judge them one by one,
`quiz` to tell fake tiles from real ones, `checker` to answer a question of the course.
"""

from ..run.ratings import add_ratings, ratings
from ._annotator.annotations import annotations
from ._annotator.widget import annotate
from ._checker.widget import checker
from ._explorer.widget import explore
from ._preview.widget import preview
from ._quiz.table import quiz_results
from ._quiz.widget import quiz
from ._rater.widget import rate

__all__ = [
    "add_ratings",
    "annotate",
    "annotations",
    "checker",
    "explore",
    "preview",
    "quiz",
    "quiz_results",
    "rate",
    "ratings",
]
