import pickle
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
import toy
from pydantic import PrivateAttr

from opsef_core import either
from opsef_core.data import Image
from opsef_core.errors import BadImage, BadLabels, BadParameter, MissingPackage, UnknownName
from opsef_core.models import MODELS, Segmenter, model, models_table, segmenter
from opsef_core.registry import Need


class Counted(Segmenter):
    """Marks what is above a level."""

    cheap: ClassVar = frozenset({"level"})
    level: float = 100
    sigma_px: float = 0
    _net: Any = PrivateAttr(None)
    loads: ClassVar[list] = []

    def load(self, device):
        self.loads.append(device)
        self._net = lambda x: x  # a net that cannot be pickled

    def objects(self, raw):
        labels = (raw["pixels"][0] > self.level).astype(np.int32)
        return labels, pd.DataFrame({"score": [0.5]}, index=[1]) if labels.any() else None


@pytest.fixture
def counted(monkeypatch):
    """A model that counts how often it is loaded; forgotten after the test."""
    monkeypatch.setattr(MODELS, "_found", dict(MODELS._found))
    Counted.loads.clear()
    return segmenter(Counted)


def test_a_model_becomes_labels_with_its_act_and_table(counted):
    image, truth = toy.one_disc()
    segment = model("counted", level=90)
    labels = segment(image)
    assert np.array_equal(labels.pixels > 0, truth.pixels > 0)
    assert labels.objects["score"].tolist() == [0.5]
    assert labels.history[-1] == segment.act
    assert segment.act.parameters == {"level": 90.0, "sigma_px": 0.0}
    assert labels.key == model("counted", level=90)(image).key != model("counted", level=91)(image).key


def test_it_is_loaded_once_a_device(counted):
    segment = counted()
    for device in ("cpu", "cpu", "cuda", "cuda"):
        segment.ready(device)
    assert counted.loads == ["cpu", "cuda"]


def test_the_network_act_leaves_the_cheap_parameters_out(counted):
    assert model("counted", level=1).network_act == model("counted", level=2).network_act
    assert model("counted", sigma_px=1).network_act != model("counted").network_act
    assert model("counted").network_act.parameters == {"sigma_px": 0.0}


def test_a_model_is_its_parameters_loaded_or_not(counted):
    one, other = counted(level=5), counted(level=5).ready("cpu")
    assert one == other
    assert hash(one) == hash(other)
    assert one != counted(level=6)
    assert len({one, other, counted(level=6)}) == 2


def test_a_pickle_holds_the_parameters_and_is_loaded_again_where_it_arrives(counted):
    segment = counted(level=5).ready("cpu")
    arrived = pickle.loads(pickle.dumps(segment))
    assert arrived == segment
    assert arrived._net is None
    arrived.ready("cpu")
    assert counted.loads == ["cpu", "cpu"]
    assert segment._net is not None


def test_either_among_the_parameters_gives_models():
    made = model("threshold", sigma_px=either(1, 2), threshold=either("otsu", "li"))
    assert [m.title for m in made] == [
        "threshold",
        "threshold(threshold=li)",
        "threshold(sigma_px=2.0)",
        "threshold(sigma_px=2.0, threshold=li)",
    ]


def test_title_and_dict_leave_defaults_out():
    assert model("threshold", sigma_px=2).as_dict() == {"model": "threshold", "sigma_px": 2.0}
    assert model("threshold").title == "threshold"


def test_unknown_names_offer_the_nearest():
    with pytest.raises(UnknownName, match="There is no model called 'treshold'. Did you mean 'threshold'?"):
        model("treshold")
    with pytest.raises(BadParameter) as error:
        model("threshold", sigma=2)
    assert "There is no parameter of model 'threshold' called 'sigma'. Did you mean 'sigma_px'?" in str(error.value)


def test_a_missing_package_names_the_extra(counted, monkeypatch):
    monkeypatch.setattr(counted, "needs", (Need("no_such_library", "stardist"),))
    with pytest.raises(MissingPackage) as error:
        counted().ready("cpu")
    assert str(error.value) == (
        "The model 'counted' needs the package no_such_library, which is not installed. "
        'Install it with: pip install "opsef-core[stardist]"'
    )
    assert counted.loads == []


def test_images_it_cannot_take(counted):
    with pytest.raises(BadImage, match="s is a stack, and counted segments planes only; project it when reading"):
        model("counted")(Image(np.zeros((2, 3, 4)), "ZYX", "s"))
    with pytest.raises(BadImage, match="t is a time series; choose a time point when reading it"):
        model("counted")(Image(np.zeros((2, 3, 4)), "TYX", "t"))
    with pytest.raises(BadImage, match="n has 1 pixels of 12 that are NaN"):
        model("counted")(Image(np.array([np.nan] + [0.0] * 11).reshape(3, 4), "YX", "n"))


def test_labels_must_be_whole_numbers_of_the_right_shape(counted, monkeypatch):
    image, _ = toy.one_disc()
    monkeypatch.setattr(counted, "objects", lambda self, raw: (np.zeros((64, 64)), None))
    with pytest.raises(BadLabels, match="counted returned labels of type float64"):
        model("counted")(image)
    monkeypatch.setattr(counted, "objects", lambda self, raw: (np.zeros((3, 4), int), None))
    with pytest.raises(BadLabels, match="counted returned labels of shape"):
        model("counted")(image)


def test_cheap_must_name_parameters():
    with pytest.raises(TypeError, match=r"Odd.cheap names no parameter of it: \['level'\]"):

        @segmenter
        class Odd(Segmenter):
            cheap: ClassVar = frozenset({"level"})

    MODELS._found.pop("odd")


def test_the_table_of_models_is_made_from_the_registry():
    table = models_table()
    assert list(table.columns) == ["model", "what it does", "parameters", "needs", "installed", "dimensions"]
    assert table["model"].tolist() == MODELS.names()
    row = table.set_index("model").loc["threshold"]
    assert row["what it does"].startswith("Global threshold (Otsu), touching objects split by watershed")
    assert "sigma_px" in row["parameters"]
    assert row["needs"] == ""
    assert row["installed"]
    assert row["dimensions"] == "2D, 3D"
    assert table.set_index("model").loc["cellpose", "needs"] == "cellpose, torch"


def test_a_list_of_values_is_answered_with_how_alternatives_are_written():
    with pytest.raises(
        BadParameter, match=r"valid integer\. Several values to try are either\(a, b\), in a file {eith"
    ):
        model("threshold", min_area_px=[3, 5])
