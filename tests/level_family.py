"""A family that learns one number, for exact cases: everything brighter than its level is object."""

import json
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pytest
import toy
from pydantic import PrivateAttr
from scipy import ndimage

from opsef_core.atomic import write_whole
from opsef_core.errors import BadImage
from opsef_core.models._card import Card, find_card, sha256_of, write_card
from opsef_core.models._fit import Trainer
from opsef_core.models._fit._progress import Progress
from opsef_core.models._segmenter import Segmenter

RIGHT, BLIND, SWAMPED = 100.0, 999.0, -999.0  # levels: finds all discs, nothing, one object that covers everything


class LevelTrainer(Trainer):
    """After step n the level is what `script` says; the loss is the distance to the right one."""

    steps: ClassVar[int] = 40
    learning_rate: ClassVar[float] = 0.3
    batch: ClassVar[int] = 1
    block_steps: ClassVar[int] = 2
    script: ClassVar = staticmethod(lambda step: RIGHT)
    blocks: ClassVar[list] = []
    rates: ClassVar[list] = []

    def begin(self, start):
        self.level = BLIND if start is None else start._level

    def block(self, first, steps, rate):
        self.blocks.append((first, steps))
        self.rates.extend(rate(step) for step in range(first, first + steps))
        self.level = float(self.script(first + steps))
        return abs(self.level - RIGHT)

    def state(self):
        return {"level": np.array(self.level)}

    def restore(self, state):
        self.level = float(state["level"])

    def write(self, folder):
        write_whole(folder / "level.json", json.dumps(self.level).encode())
        write_whole(folder / "notes.json", b"{}")
        return "level.json"

    def about(self):
        return {"architecture": "one number", "input": {"channels": 1}}


class Level(Segmenter):
    """Everything brighter than the level."""

    name: ClassVar[str] = "level"
    pretrained: str = "./nowhere"
    min_area_px: int = 1
    _level: float = PrivateAttr(0.0)

    def load(self, device):
        card, folder = find_card("level", self.pretrained)
        self._level = json.loads(card.check(folder).read_text())

    def network(self, pixels):
        return {"mask": pixels[0] > self._level}

    def objects(self, raw):
        return ndimage.label(raw["mask"])[0].astype(np.int32), None

    @property
    def weights_checksum(self):
        return find_card("level", self.pretrained)[0].sha256[:16]

    def trainer(self):
        return LevelTrainer


@pytest.fixture
def pictures():
    """Ask for this, and the curves are drawn: most tests save the time."""


@pytest.fixture
def level(request, tmp_path, monkeypatch):
    """The family: `level.model(start)`, `level.learns(script)`, what its trainer was asked."""
    if "pictures" not in request.fixturenames:
        monkeypatch.setattr(Progress, "draw", lambda *_: None)
    blocks, rates = [], []
    monkeypatch.setattr(LevelTrainer, "blocks", blocks)
    monkeypatch.setattr(LevelTrainer, "rates", rates)

    def start(value, name="start"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "level.json").write_text(json.dumps(value))
        facts = {"family": "level", "title": "a level", "licence": "CC0-1.0", "trained_on": {}, "training": {}}
        write_card(Card(**facts, weights="level.json", sha256=sha256_of(folder / "level.json")), folder)
        return Level(pretrained=str(folder))

    def learns(*values, every=2):
        """The level after `every` steps, after twice as many, ...; then the last one."""
        script = staticmethod(lambda step: values[min(-(-step // every), len(values)) - 1])
        monkeypatch.setattr(LevelTrainer, "script", script)

    return SimpleNamespace(
        start=start, learns=learns, blocks=blocks, rates=rates, trainer=LevelTrainer,
        RIGHT=RIGHT, BLIND=BLIND, SWAMPED=SWAMPED,
    )  # fmt: skip


@pytest.fixture
def picky(monkeypatch):
    """The family refuses images that are 131 px wide, like this one."""
    network = Level.network

    def refusing(self, pixels):
        if pixels.shape[-1] == 131:
            raise BadImage("I do not like its width")
        return network(self, pixels)

    monkeypatch.setattr(Level, "network", refusing)
    return toy.many_discs("odd", seed=30, shape=(120, 131))
