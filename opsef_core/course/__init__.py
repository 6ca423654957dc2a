"""The course: questions that a notebook asks, answers that are checked on the spot, and the card in the end."""

from .bank import lessons
from .card import card
from .classroom import class_summary, class_table, set_up, set_up_class
from .lesson import Lesson, lesson

__all__ = ["Lesson", "card", "class_summary", "class_table", "lesson", "lessons", "set_up", "set_up_class"]
