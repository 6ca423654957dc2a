"""Widgets: what a notebook shows.

`explore` to look at results side by side, `rate` to judge them one by one, `quiz` to tell fake tiles from real ones.
"""

from ..run.ratings import add_ratings, ratings
from ._annotate import annotate
from ._annotations import annotations
from ._explore import explore
from ._quiz import quiz
from ._quiz_table import quiz_results
from ._rate import rate

__all__ = ["add_ratings", "annotate", "annotations", "explore", "quiz", "quiz_results", "rate", "ratings"]
