"""The sentences beside scores on training images."""

import pandas as pd
import pytest

from opsef_core.compare import SEEN, noted, ranking, training_unknown, training_warning, unseen, with_failures

TOO_GOOD = (
    "too good: training has shown the right answers; expect worse results on new images. Score on images that "
    "none of the models was trained on, for example the validation split of the training data, or a few new images "
    "annotated by hand."
)


def scores(**seen):
    """One row an image x model: what is known of images a, b, c."""
    rows = [
        {"image": image, "grid_point": f"raw -> {name}", "model": name, "status": "done", "dsb_score": 0.5, SEEN: value}
        for name, values in seen.items()
        for image, value in zip("abc", values, strict=True)
    ]
    return pd.DataFrame(rows).astype({SEEN: "boolean"})


def test_one_model():
    table = scores(unet=[True, False, True], threshold=[False] * 3)
    assert training_warning(table) == f"unet was trained on 2 of these 3 images. Its score is {TOO_GOOD}"
    assert training_unknown(table) == ""


def test_several_models_with_names_of_their_weights():
    table = scores(unet=[True] * 3, stardist=[True, False, False], mine=[False, True, True], cellpose=[None] * 3)
    table["unet.pretrained"] = table["model"].map({"unet": "unet-bbbc038"})
    table["cellpose.pretrained"] = table["model"].map({"cellpose": "nuclei"})
    assert training_warning(table) == (
        "unet (unet-bbbc038) was trained on 3 of these 3 images, stardist was trained on 1 of these 3 images and mine "
        f"was trained on 2 of these 3 images. Their scores are {TOO_GOOD}"
    )
    assert training_unknown(table) == (
        "It is not known which images cellpose (nuclei) was trained on; these may be among them."
    )


def test_settings_of_one_model_are_one_model_and_weights_are_told_apart():
    table = pd.concat([scores(unet=[True, False, False])] * 2, ignore_index=True)
    table["unet.min_area_px"] = [5] * 3 + [9] * 3
    assert "unet was trained on 1 of these 3 images. Its" in training_warning(table)
    table["unet.pretrained"] = ["one"] * 3 + ["two"] * 3
    assert "unet (one) was trained on 1 of these 3 images and unet (two) was" in training_warning(table)


def test_nothing_to_say():
    for table in (scores(unet=[False] * 3), scores(unet=[False, None, False]), pd.DataFrame()):
        assert training_warning(table) == training_unknown(table) == ""
    plain = scores(unet=[True] * 3).drop(columns=SEEN)
    assert training_warning(plain) == training_unknown(plain) == ""


def test_what_failed_is_not_unknown():
    table = scores(unet=[False, None, False], broken=[None] * 3)
    table.loc[table["model"] == "broken", "status"] = "failed"
    assert training_unknown(table) == ""


def test_the_ranking_counts_images_that_were_seen_and_scored():
    table = scores(unet=[True, True, False], threshold=[False] * 3, cellpose=[None] * 3)
    table.loc[0, "dsb_score"] = None
    counts = ranking(table).set_index("grid_point")[SEEN]
    assert counts["raw -> unet"] == 1
    assert counts["raw -> threshold"] == 0
    assert counts["raw -> cellpose"] is pd.NA
    assert SEEN not in ranking(table.drop(columns=SEEN))


def test_rows_of_failures_do_not_hurt():
    table = scores(unet=[True, True, False])
    cells = pd.DataFrame({"image": ["d"], "grid_point": ["raw -> unet"], "status": ["failed"]})
    assert ranking(with_failures(table, cells))[SEEN].tolist() == [2]


@pytest.mark.parametrize(
    "change", [lambda t: t, lambda t: t.head(1), lambda t: t[["image"]], lambda t: t.sort_values("image")]
)
def test_a_note_stays_above_what_is_made_of_a_table(change):
    table = change(noted(scores(unet=[True] * 3), "Mind <this>."))
    assert repr(table).startswith("Warning: Mind <this>.\n\n")
    assert table._repr_html_().startswith("<p><b>Warning: Mind &lt;this&gt;.</b></p><div>")


def test_no_note_is_a_plain_table(tmp_path):
    table = scores(unet=[False] * 3)
    assert repr(noted(table, "")) == repr(table)
    assert noted(table, "")._repr_html_() == table._repr_html_()
    noted(table, "a note").to_csv(tmp_path / "t.csv", index=False)
    assert "a note" not in (tmp_path / "t.csv").read_text()


def test_images_nobody_has_seen():
    table = scores(unet=[True, False, None], threshold=[False] * 3)
    assert list(unseen(table)["image"]) == ["b", "c"] * 2
    assert len(unseen(table.drop(columns=SEEN))) == 6
