"""Widgets: what a notebook shows. `explore` to look at results side by side, `rate` to judge them one by one."""

from ..run.ratings import add_ratings, ratings
from ._explore import explore
from ._rate import rate

__all__ = ["add_ratings", "explore", "rate", "ratings"]
