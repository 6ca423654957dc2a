"""What the card recommends follows from the numbers."""

from pathlib import Path

import pandas as pd
import pytest

from opsef_core.compare import verdict
from opsef_core.course import rules
from opsef_core.course.found import Finding


def finding(points, images=8, metric="dsb_score", **columns):
    """Grid points "recipe -> model": (score or one an image, seconds); errors are counted of each row."""
    rows = []
    for point, (score, seconds) in points.items():
        recipe, model = point.split(" -> ")
        for n in range(images):
            value = score[n] if isinstance(score, list) else score + 0.003 * (n % 4)
            row = {"image": f"i{n}", "grid_point": point, "recipe": recipe, "model": model.partition("(")[0]}
            rows.append(row | {"model_title": model, metric: value, "seconds": seconds, "status": "done"} | columns)
    table = pd.DataFrame(rows)
    return Finding("3_four", Path("run"), "dim nuclei", metric, verdict(table, metric), table)


def told(one):
    row, why = rules.take(one)
    return row["grid_point"], why


def test_a_faster_method_that_is_as_good_is_taken():
    one = finding({"raw -> cellpose(diameter_px=20.0)": (0.80, 4.0), "raw -> threshold": (0.79, 0.1)})
    assert told(one) == ("raw -> threshold", "Within 0.010 of the best (cellpose), and 40 times faster.")
    level = finding({"raw -> cellpose": (0.80, 4.0), "raw -> threshold": (0.80, 0.4)})
    assert told(level)[0] == "raw -> threshold"  # of equals the faster one leads anyway


@pytest.mark.parametrize(("score", "seconds"), [(0.77, 0.1), (0.79, 2.0)])
def test_not_where_it_is_worse_or_hardly_faster(score, seconds):
    one = finding({"raw -> cellpose": (0.80, 4.0), "raw -> threshold": (score, seconds)})
    assert told(one)[0] == "raw -> cellpose"


def test_lower_may_be_better():
    points = {"raw -> a": (0.10, 4.0), "raw -> b": (0.11, 0.1), "raw -> c": (0.30, 0.01)}
    one = finding(points, metric="boundary_error")
    assert told(one)[0] == "raw -> b"


def test_who_was_shown_to_be_better_and_who_was_not():
    clear = finding({"raw -> a": (0.8, 1.0), "raw -> b": (0.5, 1.0)})
    assert told(clear) == ("raw -> a", "It was shown to be better than all others.")
    noisy = {"raw -> a": ([0.8, 0.5, 0.9], 1.0), "median(size_px=3) -> b(x=1.0)": ([0.7, 0.6, 0.85], 1.0)}
    assert (
        told(finding(noisy, 3))[1] == "3 images cannot tell it from b after median: score more before you rely on it."
    )
    recipes = {"raw -> a": ([0.8, 0.5, 0.9], 1.0), "median -> a": ([0.7, 0.6, 0.85], 1.0)}
    assert told(finding(recipes, 3))[1] == "The other models were shown to be worse."
    assert told(finding({"raw -> a": (0.8, 1.0)}))[1].startswith("Nothing else was tried")
    same = {"raw -> a(x=1.0)": ([0.8, 0.5, 0.9], 1.0), "raw -> a(x=2.0)": ([0.7, 0.6, 0.85], 1.0)}
    assert "from a(x=2): score" in told(finding(same, 3))[1]  # names alone would not tell them apart


def test_whether_preprocessing_pays():
    pays = finding({"clahe(clip_limit=2.0) -> a": (0.7, 1.0), "raw -> a": (0.5, 1.0), "raw -> b": (0.1, 1.0)})
    assert rules.of_kind([pays]) == "The recipe clahe is worth it: 0.20 over the raw image."
    no = finding({"raw -> a": (0.7, 1.0), "clahe -> a": (0.6, 1.0)})
    assert rules.of_kind([no]) == "Preprocessing does not pay for it."
    untried = finding({"raw -> a": (0.7, 1.0), "raw -> b": (0.6, 1.0)})
    assert rules.of_kind([untried]) == ""
    assert rules.of_kind([untried, pays]).startswith("The recipe clahe")  # told by another lesson's run


def test_images_that_a_model_has_seen_are_told():
    one = finding({"raw -> a": (0.7, 1.0)}, seen_in_training=pd.array([True], dtype="boolean")[0])
    assert "trained on these images" in rules.of_kind([one])


@pytest.mark.parametrize(
    ("errors", "worst"),
    [
        ({"found": 90, "missed": 10, "split": 0, "merged": 0, "invented": 3}, "missed"),
        ({"found": 91, "missed": 9, "split": 0, "merged": 0, "invented": 0}, None),
        ({"found": 100, "missed": 0, "split": 0, "merged": 0, "invented": 30}, "invented"),
        ({"found": 0, "missed": 0, "split": 0, "merged": 0, "invented": 30}, None),
        ({}, None),
    ],
)
def test_the_commonest_error(errors, worst):
    assert rules.failure(errors) == worst


def test_what_follows_from_notes_and_the_quiz():
    counts = {"fake_as_fake": 60, "real_as_real": 50, "fake_as_real": 9, "real_as_fake": 9}
    cost = {"chosen": "unet", "score": 0.5, "best": "cellpose", "best_score": 0.61}
    adapted = {"start": 0.3, "adapted": 0.42, "annotated": 0.61, "images": 4}
    said = dict(rules.in_general({"blind": cost, "adaptation": adapted}, pd.DataFrame([counts])))
    assert said["Without truth"].startswith("Choosing unet without truth cost 0.11 (0.50 instead of 0.61)")
    assert "better than chance: something gives the painted tiles away" in said["Fake or real"]
    assert said["Adapt or annotate"].endswith(
        "training on 4 annotated images reached 0.61: a few annotated images are worth more here."
    )
    assert rules.in_general({"blind": "text", "adaptation": {"start": None}}, None) == []
    assert "is within 0.02 of the best" in rules.blind(cost | {"score": 0.60})
    assert rules.adaptation({"start": 0.4, "adapted": 0.41}).endswith("no more than 0.02: keep the start model.")
    assert rules.adaptation(adapted | {"annotated": 0.43}).endswith("annotation is not needed here.")
    chance = {"fake_as_fake": 16, "real_as_real": 16, "fake_as_real": 16, "real_as_fake": 16}
    assert rules.realness(pd.DataFrame([chance])).endswith(
        "not shown to be better than chance: the painted tiles pass for real."
    )
    few = dict.fromkeys(chance, 2)
    assert "8 tiles are few" in rules.realness(pd.DataFrame([few]))
