"""Run: the only room that knows the others. Plan, compute, keep, score, choose, export."""

from .config import RunConfig
from .export import export
from .plan import Plan
from .results import Chosen, Results
from .run import Run
from .stability import stability
from .tables import write_table
from .train import TrainConfig, train
from .tune import TuneConfig, Tuned, tune

__all__ = [
    "Chosen",
    "Plan",
    "Results",
    "Run",
    "RunConfig",
    "TrainConfig",
    "TuneConfig",
    "Tuned",
    "export",
    "stability",
    "train",
    "tune",
    "write_table",
]
