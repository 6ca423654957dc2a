"""Adaptation of every family that can be trained, around a painter that paints perfectly.

The networks are tiny or the shipped ones and learn for two steps: what is asked is whether each can be adapted, and
whether a model of its family comes out that can be used. How much better one gets is measured in `benchmarks/adapt.py`.
"""

import sys

import pytest
import toy
from perfect_painter import FEW

from opsef_core.models import MODELS, Segmenter, model
from opsef_core.models._card import read_card
from opsef_core.run import adapt

pytest.importorskip("torch")
TRAINED_HERE = {"cellpose": "cellpose_file", "stardist": "stardist_folder"}  # fixtures with tiny weights to start from
OPTIONS = {  # the whole nucleaizer is slow, and the tiny cellpose network is not good
    "nucleaizer": {"fast": True},
    "cellpose": {"flow_threshold": 0, "cellprob_threshold": -0.5, "min_area_px": 5},
}
CROP_PX = 64
QUICK = FEW | {"recipes": [[]], "masks_a_style": 3, "least_found": 0.0, "steps": 2}


def learns(name):
    return MODELS.get(name).trainer is not Segmenter.trainer


@pytest.fixture(params=[name for name in MODELS.names() if learns(name)])
def start(request, monkeypatch):
    """A model of the family; its trainer takes small crops."""
    name = request.param
    if missing := [need.module for need in MODELS.get(name).needs if not need.installed]:
        pytest.skip(f"{name} needs {', '.join(missing)}")
    own = {"pretrained": str(request.getfixturevalue(TRAINED_HERE[name]))} if name in TRAINED_HERE else {}
    made = model(name, **own, **OPTIONS.get(name, {}))
    trainer = made.trainer()
    trainer = getattr(trainer, "func", trainer)
    monkeypatch.setattr(trainer, "crop_px", CROP_PX)
    monkeypatch.setattr(trainer, "batch", 2)
    if name == "cellpose":  # its size model is trained on large crops
        monkeypatch.setattr(sys.modules[trainer.__module__], "SIZE_CROP_PX", CROP_PX)
    return made


def test_adapted_without_truth(start, painter, tmp_path):
    shown = [toy.many_discs(f"new_{n}", seed=n, shape=(96, 110), step=24)[0] for n in range(2)]
    known = [toy.many_discs(f"known_{n}", seed=10 + n, shape=(96, 96), step=24) for n in range(2)]
    made = adapt(shown, start, tmp_path / "made", annotated=known, **QUICK)
    assert [style.name for style in made.styles] == ["style-01"]
    assert 1 <= len(made.styles[0].pairs) <= 3
    assert made.images["objects"].sum() > 0
    card = read_card(tmp_path / "made" / "model")
    assert card.family == start.name
    assert "adapted to 2 images without annotation (AUTOstyle)" in card.title
    adapted = model(start.name, pretrained=str(tmp_path / "made" / "model"))
    assert adapted.weights_checksum == made.adapted.weights_checksum != start.weights_checksum
    assert adapted(shown[0]).pixels.shape == (96, 110)
    assert made.model is (made.adapted if made.better else start)
