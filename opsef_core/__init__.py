"""Which method segments *these* images? Sweep recipes x models, compare, correct, retrain.

import opsef_core as opsef
from opsef_core import either, grid, model, step

data = opsef.dataset("bbbc038_sample")
recipes = grid(step("median", size_px=either(3, 5)), either(None, step("clahe")))
run = opsef.Run("runs/first", data.images, recipes, [model("threshold"), model("unet")])
run.plan()
run.go()
scores = run.score(truth=data.truth)
opsef.plots.board(scores, metric="dsb_score")
opsef.report(run)
folder = opsef.export(run.best(), to="annotatorj")
corrected = opsef.reimport(folder)  # after a person worked on it
fitted = opsef.fit(model("unet"), corrected)
corrected.before_after(run, fitted)
"""

import logging as _logging

from . import plots, widgets
from .choices import either
from .compare import metric, metrics_table
from .data import Image, Labels
from .errors import OpsefError
from .ingest import dataset, images, read
from .models import fit, model, models_table
from .postprocess import clean
from .preprocess import Recipe, grid, step, steps_table
from .report import write_report as report
from .run import Run, adapt, export, reimport, tune

__version__ = "0.1.0"
__all__ = [
    "Image",
    "Labels",
    "OpsefError",
    "Recipe",
    "Run",
    "adapt",
    "clean",
    "dataset",
    "either",
    "export",
    "fit",
    "grid",
    "images",
    "metric",
    "metrics_table",
    "model",
    "models_table",
    "plots",
    "read",
    "reimport",
    "report",
    "step",
    "steps_table",
    "tune",
    "widgets",
]

_logging.getLogger(__name__).addHandler(_logging.NullHandler())
