"""The course: questions that a notebook asks, answers that are checked on the spot, and the card in the end."""

from .bank import lessons
from .lesson import Lesson, lesson

__all__ = ["Lesson", "lesson", "lessons"]
