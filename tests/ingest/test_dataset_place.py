from pathlib import Path

import numpy as np
import pytest
import tifffile
import yaml

from opsef_core.errors import BadConfig, UnreadableFile
from opsef_core.ingest._dataset import dataset
from opsef_core.places import data_folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A data set whose files have to be fetched, and a data folder of its own."""
    monkeypatch.setenv("OPSEF_DATA", str(tmp_path / "data"))
    made = tmp_path / "cells"
    made.mkdir()
    said = {"title": "Cells", "licence": "CC0-1.0", "source": "there", "fetch": "fetch.py"}
    (made / "dataset.yml").write_text(yaml.safe_dump({**said, "files": [{"image": "a.tif"}, {"image": "b.tif"}]}))
    return made


def fill(folder, names=("a.tif", "b.tif")):
    folder.mkdir(parents=True)
    for name in names:
        tifffile.imwrite(folder / name, np.ones((20, 30), np.uint8))
    return folder


def test_fetched_files_lie_in_the_data_folder_under_the_name_of_the_set(home, tmp_path):
    fill(tmp_path / "data" / "cells")
    assert dataset(home).folder == tmp_path / "data" / "cells"
    assert len(dataset(home).images.readable) == 2
    assert dataset(home).images.description == {"dataset": str(home)}


def test_a_folder_that_was_named_goes_first(home, tmp_path):
    fill(tmp_path / "data" / "cells")
    mine = fill(tmp_path / "mine")
    data = dataset(home, folder=mine)
    assert data.folder == mine
    assert data.images.description == {"dataset": str(home), "folder": str(mine)}
    assert "with folder=" in repr(data)


def test_the_data_folder_without_the_environment(monkeypatch):
    for name in ("OPSEF_DATA", "OPSEF_CACHE"):
        monkeypatch.delenv(name, raising=False)
    assert data_folder() == Path("~/.cache/opsef/data").expanduser()
    monkeypatch.setenv("OPSEF_CACHE", "~/mine")
    assert data_folder() == Path("~/mine/data").expanduser()


def test_files_that_are_not_there_say_what_to_do(home, tmp_path):
    data = dataset(home)
    assert len(data.files) == 2  # what is known of them is known without them
    with pytest.raises(UnreadableFile) as error:
        _ = data.images
    assert str(error.value) == (
        f"The images of the data set {home} are not in {tmp_path / 'data' / 'cells'}. Get them: python "
        f"{home / 'fetch.py'}. If you have them elsewhere, say where: dataset({str(home)!r}, folder=...)."
    )


def test_the_script_is_named_as_it_can_be_called_from_here(home, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UnreadableFile, match=r"Get them: python cells/fetch.py\. If"):
        _ = dataset(home).images


def test_some_that_are_not_there_are_named(home, tmp_path):
    mine = fill(tmp_path / "mine", ["a.tif"])
    with pytest.raises(UnreadableFile) as error:
        _ = dataset(home, folder=mine).images
    assert str(error.value).startswith(f"Files of the data set {home} are missing in {mine}: b.tif. Get them: python ")


def test_links_are_the_users_own_in_a_folder_of_the_users(home, tmp_path):
    fill(tmp_path / "disk")
    mine = fill(tmp_path / "mine", ["a.tif"])
    (mine / "b.tif").symlink_to(tmp_path / "disk" / "b.tif")
    assert len(dataset(home, folder=mine).images.readable) == 2


def test_the_script_lies_in_the_folder_of_the_set(home):
    path = home / "dataset.yml"
    path.write_text(path.read_text().replace("fetch.py", "../fetch.py"))
    with pytest.raises(BadConfig, match="fetch = '../fetch.py' is not possible"):
        dataset(home)
