"""The table of ratings: stored at once, one row a rater, image and grid point, and never in silence when damaged."""

import pandas as pd
import pytest

from opsef_core.errors import DiskFull, NothingToShow, UnknownName, UnreadableFile
from opsef_core.run.ratings import COLUMNS, put, take_back
from opsef_core.widgets import add_ratings, ratings

GOOD, POOR = "plain -> good", "plain -> poor"
ROW = {"image": "mixed_sizes", "grid_point": GOOD, "key": "key1", "rating": "good", "rater": "ann"}
ROW |= {"seconds": 1.5, "time": "2026-01-01T00:00:00+00:00"}


def test_before_the_first_rating_the_table_is_empty(run):
    assert list(ratings(run).columns) == COLUMNS
    assert ratings(run).empty
    put(run, ROW)
    take_back(run, ROW)
    assert ratings(run).empty


def test_what_was_stored_is_read_again(run):
    put(run, ROW)
    put(run, ROW | {"image": "many_discs", "rating": "failed", "seconds": None})
    table = ratings(run)
    assert table.iloc[0].to_dict() == ROW
    assert list(table["rating"]) == ["good", "failed"]
    assert pd.isna(table["seconds"][1])
    assert [p.name for p in run.folder.iterdir()] == ["ratings.csv"]


def test_the_last_word_counts_and_other_raters_keep_theirs(run):
    put(run, ROW)
    put(run, ROW | {"rater": "bob"})
    put(run, ROW | {"rating": "failed"})
    assert [tuple(row) for row in ratings(run)[["rater", "rating"]].to_numpy()] == [("bob", "good"), ("ann", "failed")]
    take_back(run, ROW)
    assert list(ratings(run)["rater"]) == ["bob"]


def test_names_with_commas_quotes_and_digits_come_back(run):
    odd = ROW | {"image": '007, "b"', "rater": "007", "key": "1e5"}
    put(run, odd)
    assert ratings(run).iloc[0].to_dict() == odd


def test_ratings_made_elsewhere_are_appended(run, tmp_path):
    put(run, ROW)
    told = {"image": ["mixed_sizes", "many_discs"], "grid_point": [GOOD, POOR], "rating": ["failed", "good"]}
    table = add_ratings(run, pd.DataFrame(told), rater="cyd")
    assert list(table["rater"]) == ["ann", "cyd", "cyd"]
    keys = run.cells.set_index(["image", "grid_point"])["key"]
    assert table["key"][2] == keys["many_discs", POOR]
    assert table["time"].notna().all()
    pd.DataFrame(told).to_csv(tmp_path / "more.csv", index=False)
    again = add_ratings(run, tmp_path / "more.csv", rater="cyd")
    assert len(again) == 3
    assert len(ratings(run)) == 3


def test_ratings_of_something_else_are_refused(run, tmp_path):
    told = pd.DataFrame({"image": ["mixed_sizes"], "grid_point": [GOOD], "rating": ["good"]})
    with pytest.raises(UnknownName, match="no image called 'mixed'"):
        add_ratings(run, told.assign(image="mixed"))
    with pytest.raises(UnknownName, match="no grid point called 'x'"):
        add_ratings(run, told.assign(grid_point="x"))
    with pytest.raises(UnknownName, match="no rating called 'fine'"):
        add_ratings(run, told.assign(rating="fine"))
    with pytest.raises(NothingToShow, match="no column rating"):
        add_ratings(run, told.drop(columns="rating"))
    with pytest.raises(UnreadableFile, match="There is no file"):
        add_ratings(run, tmp_path / "nowhere.csv")
    assert ratings(run).empty


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"", "is damaged: it is empty"),
        (b"image,grid_point\na,b\n", "has no column rating"),
        (b"image,grid_point,rating\na,b\n", "line 2 has 2 values, the first line 3"),
        (b"image,grid_point,rating\na,b,great\n", "no rating called 'great'"),
        (b'image,grid_point,rating\na,"b,good\n', "is damaged"),
        (b"\xff\xfe\x00\x01", "is damaged"),
        (b"image,grid_point,rating,seconds\na,b,good,soon\n", "is damaged"),
    ],
)
def test_a_damaged_table_is_not_overwritten(run, content, text):
    (run.folder / "ratings.csv").write_bytes(content)
    with pytest.raises(UnreadableFile, match=text):
        ratings(run)
    with pytest.raises(UnreadableFile, match="Correct it in a text editor"):
        put(run, ROW)
    assert (run.folder / "ratings.csv").read_bytes() == content


def test_a_full_disk_is_said_and_keeps_what_was_there(run, monkeypatch):
    put(run, ROW)

    def full(path, content, if_full):
        raise DiskFull(if_full)

    monkeypatch.setattr("opsef_core.run.ratings.write_whole", full)
    with pytest.raises(DiskFull, match="The rating could not be stored: the disk is full"):
        put(run, ROW | {"rating": "failed"})
    assert list(ratings(run)["rating"]) == ["good"]
