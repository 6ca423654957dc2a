"""Adaptation: unlabelled images of a new kind -> a model that has learned from painted ones. Orchestrates `adapt`."""

from .adapting import Adapted, adapt
from .config import AdaptConfig
from .judge import Judgement
from .plan import AdaptPlan

__all__ = ["AdaptConfig", "AdaptPlan", "Adapted", "Judgement", "adapt"]
