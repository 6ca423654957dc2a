"""A run with the face that a report needs, made by hand."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from opsef_core.compare import DEFAULT_METRICS, metric
from opsef_core.data import Act
from opsef_core.errors import NothingToShow
from opsef_core.run.errors import error_table
from opsef_core.run.judge import Judge


class FakeRun:
    """Results are put in one by one; scores are counted from the labels themselves."""

    def __init__(self, folder, title="first run"):
        self.folder, self.title = folder, title
        self.config = SimpleNamespace(to_yaml=lambda: "recipes: [plain]\n")
        self.record = {"seed": 7, "device": "cpu", "versions": {"numpy": "2.0.2"}, "untrained": []}
        self.rows, self._images, self._labels, self._truth = [], {}, {}, {}
        self.scored, self.given_scores, self.annotated = True, None, "whole"

    def image_with(self, image, truth=None):
        self._images[image.name] = image
        if truth is not None:
            self._truth[image.name] = truth

    def result(self, image, recipe, model, labels=None, reason="", **parameters):
        key = f"key{len(self.rows)}" if labels is not None else None
        status = "failed" if labels is None else "done"
        numbers = {"seconds": 0.5, "peak_memory_mb": 10.0, "n_objects": labels.count} if labels is not None else {}
        point = {"image": image, "grid_point": f"{recipe} -> {model}", "recipe": recipe, "model_title": model}
        fixed = {"model": model.partition("(")[0], "key": key, "status": status, "reason": reason, "device": "cpu"}
        self.rows.append(point | fixed | numbers | parameters)
        if labels is not None:
            self._labels[key] = labels

    estimates = None
    ratings = pd.DataFrame(columns=["image", "grid_point", "rating"])

    @property
    def cells(self):
        return pd.DataFrame(self.rows)

    @property
    def scores(self):
        if not self.scored or self.given_scores is not None:
            return self.given_scores
        done = [r for r in self.rows if r["status"] == "done" and r["image"] in self._truth]
        metrics = [metric(name) for name in DEFAULT_METRICS]
        judge = Judge(self._truth, self.annotated)
        numbers = [judge.scores(r["image"], self._labels[r["key"]], metrics) for r in done]
        return pd.DataFrame([row | n for row, n in zip(done, numbers, strict=True)])

    def image(self, name):
        if name not in self._images:
            raise NothingToShow(f"The image {name} could not be read.")
        return self._images[name]

    def labels(self, key):
        return self._labels[key]

    def truth_of(self, name):
        return self._truth.get(name)

    def errors(self, grid_points):
        cells = self.cells
        chosen = cells[cells["grid_point"].isin(list(grid_points))]
        return error_table(chosen, Judge(self._truth, self.annotated), self.image, self.labels)


def eroded(labels, by):
    """The same objects, smaller: a worse result."""
    from scipy import ndimage

    kept = ndimage.binary_erosion(labels.pixels > 0, iterations=by) if by else labels.pixels > 0
    return labels.then(Act("toy", "erode"), np.where(kept, labels.pixels, 0))
