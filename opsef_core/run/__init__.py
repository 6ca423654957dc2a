"""Run: the only room that knows the others. Plan, compute, keep, score, choose, export."""

from .adaptation import AdaptConfig, Adapted, AdaptPlan, adapt
from .config import RunConfig
from .export import export
from .inputs import data_of
from .plan import Plan
from .reimport import Reimported, reimport
from .relearn import BeforeAfter, before_after
from .results import Chosen, Results
from .run import Run
from .tables import write_table
from .train import TrainConfig, train
from .tune import TuneConfig, Tuned, tune

__all__ = [
    "AdaptConfig",
    "AdaptPlan",
    "Adapted",
    "BeforeAfter",
    "Chosen",
    "Plan",
    "Reimported",
    "Results",
    "Run",
    "RunConfig",
    "TrainConfig",
    "TuneConfig",
    "Tuned",
    "adapt",
    "before_after",
    "data_of",
    "export",
    "reimport",
    "train",
    "tune",
    "write_table",
]
