import csv

import numpy as np
import pytest
import tifffile
import toy
import yaml

from opsef_core.errors import BadConfig, BadParameter, UnknownName
from opsef_core.ingest._dataset import dataset
from opsef_core.ingest._dataset_table import read_table
from opsef_core.run.config import RunConfig
from opsef_core.run.inputs import source_of

FIELDS = ["image", "truth", "image_sha256", "truth_sha256"]
SPLIT = {"a": "train", "b": "train", "c": "validation"}


@pytest.fixture
def folder(tmp_path):
    """Three plates with one file name, listed in a table."""
    rows = []
    for number, (plate, split) in enumerate(SPLIT.items()):
        (tmp_path / plate).mkdir()
        image, truth = toy.many_discs(seed=number, shape=(60, 70))
        tifffile.imwrite(tmp_path / plate / "i.tif", image.pixels)
        tifffile.imwrite(tmp_path / plate / "t.tif", truth.pixels.astype(np.uint16))
        rows.append({"image": f"{plate}/i.tif", "truth": f"{plate}/t.tif", "split": split, "dose": number})
    with (tmp_path / "files.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    said = {"title": "Plates", "licence": "CC0-1.0", "source": "here", "files": "files.csv"}
    (tmp_path / "dataset.yml").write_text(yaml.safe_dump(said))
    return tmp_path


def test_a_table_says_the_same_as_a_list(folder):
    data = dataset(folder)
    assert [i.name for i in data.images] == list(data.truth) == ["a/i.tif", "b/i.tif", "c/i.tif"]
    assert data.table["split"].tolist() == list(SPLIT.values())
    assert data.table["dose"].tolist() == [0, 1, 2]


def test_rows_are_chosen_by_columns(folder):
    train = dataset(folder, where={"split": "train"})
    validation = dataset(folder, where={"split": "validation"})
    assert [i.name for i in train.images] == list(train.truth) == train.table.index.tolist() == ["a/i.tif", "b/i.tif"]
    assert [i.name for i in validation.images] == ["c/i.tif"]  # the name it has in the whole set
    assert [i.name for i in dataset(folder, where={"dose": [0, 2]}).images] == ["a/i.tif", "c/i.tif"]
    assert [i.name for i in dataset(folder, where={"split": "train", "dose": 1}).images] == ["b/i.tif"]
    assert repr(validation).startswith(
        f"Dataset {str(folder)!r} with where={{'split': 'validation'}}: Plates\n  1 images"
    )


def test_tiles_of_chosen_rows_have_their_truth(folder):
    data = dataset(folder, where={"split": "validation"}, tile=40)
    assert len(data.images) == len(data.truth) == 4
    assert {i.parent for i in data.images} == {"c/i.tif"}
    assert set(data.table["dose"]) == {2}


def test_a_run_of_chosen_rows_can_be_repeated(folder):
    data = dataset(folder, where={"split": "train"}, tile=40)
    said = source_of(data.images)
    assert said == {"dataset": str(folder), "images": None, "reading": {"where": {"split": "train"}, "tile_px": 40}}
    config = RunConfig(models=[{"model": "threshold"}], **said)
    again = dataset(config.dataset, **RunConfig.of(yaml.safe_load(config.to_yaml())).reading)
    assert [i.key for i in again.images] == [i.key for i in data.images]


@pytest.mark.parametrize(
    ("where", "kind", "message"),
    [
        (
            {"splitt": "train"},
            UnknownName,
            "column of the data set {} called 'splitt'. Did you mean 'split'? Known: dose",
        ),
        ({"split": "test"}, UnknownName, "split in the data set {} called 'test'. Known: train, validation."),
        ({"split": ["train", "valid"]}, UnknownName, "called 'valid'. Did you mean 'validation'?"),
        ({"dose": 7}, UnknownName, "dose in the data set {} called '7'. Known: 0, 1, 2."),
        (
            {"split": "validation", "dose": 0},
            BadParameter,
            "No image of the data set {} fits all of where={{'split': 'validation', 'dose': 0}}.",
        ),
        ("train", BadParameter, "where='train' is not possible; name columns and values: where={{'split': 'train'}}."),
    ],
)
def test_choices_that_choose_nothing(folder, where, kind, message):
    with pytest.raises(kind) as error:
        dataset(folder, where=where)
    assert message.format(folder) in str(error.value)


def table(tmp_path, text):
    path = tmp_path / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_are_of_the_narrowest_type_that_fits_all_values(tmp_path):
    text = "image,truth,n,x,plate,ok,note\na.png,,1,2,001,true,\nb.png,b.tif,,-1.5e3,002,false,1e999x\n"
    first, second = read_table(table(tmp_path, text), FIELDS).values()
    assert first == {
        "image": "a.png",
        "columns": {"n": 1, "x": 2.0, "plate": "001", "ok": True, "note": None},
    }
    assert second == {
        "image": "b.png",
        "truth": "b.tif",
        "columns": {"n": None, "x": -1500.0, "plate": "002", "ok": False, "note": "1e999x"},
    }


def test_rows_are_numbered_by_line_whatever_is_in_the_cells(tmp_path):
    text = '\ufeffimage,note\n\na.png,"two\nlines, a comma"\nb.png,-\n'
    rows = read_table(table(tmp_path, text), FIELDS)
    assert list(rows) == [4, 5]
    assert rows[4]["columns"] == {"note": "two\nlines, a comma"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "{} has no rows; it needs a header line and one row an image."),
        ("image,a\n", "{} has no rows; it needs a header line and one row an image."),
        ("path,a\nx.png,1\n", "{} has no column 'image' (path of the image); its columns are: path, a."),
        ("image;a\nx.png;1\n", "{} has no column 'image' (path of the image); its columns are: image;a."),
        ("image,a,a\nx.png,1,2\n", "{}: each column needs a name of its own; these are: image, a, a."),
        ("image,\nx.png,1\n", "{}: each column needs a name of its own; these are: image, ."),
        ("image,image_sha265\nx.png,1\n", "{} has a column 'image_sha265'. Did you mean 'image_sha256'?"),
        ("image,a\nx.png,1\ny.png\n", "{}, line 3 has 1 cells; the header has 2."),
        ('image,a\nx.png,"1\n', "{} cannot be read as a csv table: unexpected end of data."),
    ],
)
def test_tables_that_cannot_be_understood(tmp_path, text, message):
    path = table(tmp_path, text)
    with pytest.raises(BadConfig) as error:
        read_table(path, FIELDS)
    assert str(error.value) == message.format(path)


def test_a_table_that_is_not_there_or_no_text(folder):
    path = folder / "files.csv"
    path.write_bytes(b"image\n\xff.png\n")
    with pytest.raises(BadConfig, match=r"files.csv cannot be read as a csv table: .*can't decode"):
        dataset(folder)
    path.unlink()
    with pytest.raises(BadConfig) as error:
        dataset(folder)
    assert str(error.value) == f"There is no table {path}, which the data set names as the list of its files."


def test_paths_in_a_table_never_leave_the_folder(folder):
    path = folder / "files.csv"
    path.write_text("image\na/i.tif\n../secret.png\n")
    with pytest.raises(BadConfig) as error:
        dataset(folder)
    assert f"{path}, line 3: image = '../secret.png' is not possible" in str(error.value)
