"""Several models vote."""

import numpy as np
import pytest
import toy

from opsef_core import Run, model
from opsef_core.data import Image
from opsef_core.errors import BadParameter
from opsef_core.models import Segmenter
from opsef_core.models.consensus import Consensus
from opsef_core.run import RunConfig


class Given(Segmenter):
    """Finds what it was told to find: rows of the label image as text."""

    name = "given"
    rows: tuple[str, ...]
    seen_images: tuple[str, ...] | None = ()

    def objects(self, raw):
        """What it was told."""
        return np.array([[int(c) for c in row] for row in self.rows], np.int32), None

    @property
    def trained_on(self):
        """What it was told."""
        return None if self.seen_images is None else frozenset(self.seen_images)


A = ("11100222", "11100222", "00000000", "00003300")
B = ("11100222", "11110000", "00000000", "00000000")
C = ("11100000", "11100000", "00000000", "44000000")


def voted(*rows, **parameters):
    image = Image(np.zeros((len(rows[0]), len(rows[0][0])), np.uint8), "YX", "x")
    labels = Consensus(of=[Given(rows=r) for r in rows], **parameters)(image)
    return labels.pixels, labels.objects


def test_what_most_models_see_stays_as_most_draw_it():
    found, table = voted(A, B, C)
    assert table["votes"].tolist() == [3]
    assert (found[:2, :3] > 0).all()
    assert not found[2:].any()
    assert not found[:, 3:].any()


def test_presence_says_how_many_must_agree():
    found, table = voted(A, B, C, presence=0.3)
    assert sorted(table["votes"]) == [1, 1, 1, 3]  # the half of object 2 that B sees lies under the whole of it
    assert found[0, 0] > 0
    assert found[3, 0] > 0
    _, both = voted(A, A, presence=1.0)
    assert both["votes"].tolist() == [2, 2, 2]
    assert both["score"].tolist() == [1.0, 1.0, 1.0]


def test_the_order_of_the_models_does_not_matter():
    assert np.array_equal(voted(A, B, C)[0] > 0, voted(C, A, B)[0] > 0)


def test_nothing_and_nothing_is_nothing():
    found, table = voted(("00", "00"), ("00", "00"))
    assert not found.any()
    assert table.empty


def test_it_stands_in_a_file_and_runs_in_a_grid(tmp_path):
    made = model("consensus", of=[model("threshold"), model("threshold", min_area_px=30)], presence=0.4)
    assert made.title == "consensus(threshold, threshold(min_area_px=30), presence=0.4)"
    (again,) = RunConfig.of({"dataset": "x", "models": [made.as_dict()]}).made_models()
    assert again == made
    image, truth = toy.many_discs(shape=(90, 130))
    run = Run(tmp_path / "run", [image], models=[model("threshold"), made])
    run.go(progress=False)
    scores = run.score(truth=[truth])["dsb_score"]
    assert scores.iloc[1] == pytest.approx(scores.iloc[0], abs=0.05)


def test_it_has_seen_what_any_of_its_models_has_seen():
    assert Consensus(of=[Given(rows=A, seen_images=("a",)), Given(rows=A, seen_images=("b",))]).trained_on == {"a", "b"}
    assert Consensus(of=[Given(rows=A), Given(rows=A, seen_images=None)]).trained_on is None
    assert Consensus(of=[Given(rows=A), Given(rows=B)]).weights_checksum is None


@pytest.mark.parametrize(
    ("of", "why"),
    [
        (3, "list of two or more models"),
        ([model("threshold")], "list of two or more models"),
        ("threshold", "list of two or more models"),
        ([model("threshold"), 3], "3 is not one model"),
        ([{"model": "treshold"}, {"model": "threshold"}], "threshold"),
    ],
    ids=str,
)
def test_what_is_no_list_of_models_is_refused_in_words(of, why):
    with pytest.raises(BadParameter, match=why):
        model("consensus", of=of)
