"""The list of data sets, and sets whose files are known only when they are fetched."""

import numpy as np
import pytest
import tifffile
import yaml

from opsef_core.errors import BadConfig, UnknownName, UnreadableFile
from opsef_core.ingest import dataset, datasets_table

SAID = {"title": "Cells", "licence": "CC0-1.0", "source": "here", "files": "files.csv"}


def described(folder, **changes):
    folder.mkdir(parents=True)
    (folder / "dataset.yml").write_text(yaml.safe_dump({**SAID, **changes}))
    return folder


def filled(folder):
    (folder / "images").mkdir(parents=True)
    for name in ("a", "b"):
        tifffile.imwrite(folder / "images" / f"{name}.tif", np.zeros((20, 30), np.uint8))
    (folder / "files.csv").write_text("image,kind\nimages/a.tif,nerve\nimages/b.tif,bone\n")


@pytest.fixture(autouse=True)
def _place(tmp_path, monkeypatch):
    monkeypatch.setenv("OPSEF_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("OPSEF_DATASETS", str(tmp_path / "sets"))


def test_a_set_that_is_not_fetched_yet_can_be_asked_about_itself(tmp_path):
    described(tmp_path / "sets" / "cells", fetch="fetch.py")
    data = dataset("cells", where={"kind": "nerve"})
    assert data.info.title == "Cells"
    assert "  not fetched yet; classes: not named" in repr(data)
    with pytest.raises(UnreadableFile, match=r"The images of the data set cells are not in .*cells\. Get them"):
        _ = data.images


def test_the_script_writes_the_table_of_files_beside_the_files(tmp_path):
    described(tmp_path / "sets" / "cells", fetch="fetch.py")
    filled(tmp_path / "data" / "cells")
    assert [i.name for i in dataset("cells").images] == ["a.tif", "b.tif"]
    assert [i.name for i in dataset("cells", where={"kind": "bone"}).images] == ["b.tif"]
    with pytest.raises(UnknownName, match="kind"):
        dataset("cells", where={"kind": "bones"})
    filled(tmp_path / "mine")
    assert dataset("cells", folder=tmp_path / "mine").folder == tmp_path / "mine"


def test_without_a_script_the_table_has_to_be_there(tmp_path):
    described(tmp_path / "sets" / "cells")
    with pytest.raises(BadConfig, match="There is no table"):
        dataset("cells")


def test_a_fetched_table_is_trusted_no_more_than_another(tmp_path):
    described(tmp_path / "sets" / "cells", fetch="fetch.py")
    filled(tmp_path / "data" / "cells")
    (tmp_path / "data" / "cells" / "files.csv").write_text("image\n../../secret.tif\n")
    with pytest.raises(BadConfig, match="leaves the folder"):
        dataset("cells")


def test_sets_that_were_made_in_the_data_folder_are_found_by_name(tmp_path):
    filled(described(tmp_path / "data" / "made"))
    assert len(dataset("made").images) == 2


def test_the_table_says_what_is_here(tmp_path):
    described(tmp_path / "sets" / "cells", fetch="fetch.py")
    filled(described(tmp_path / "sets" / "bones"))
    (tmp_path / "sets" / "bones" / "images" / "b.tif").unlink()
    (described(tmp_path / "sets" / "broken") / "dataset.yml").write_text("title: [")
    table = datasets_table().set_index("data_set")
    assert table.loc["bbbc038_sample", ["images", "on_disk", "get_with"]].tolist() == [12, 12, ""]
    assert table.loc["bones", ["images", "on_disk"]].tolist() == [2, 1]
    assert table["images"].isna()["cells"]
    assert table.loc["cells", ["on_disk", "licence", "get_with"]].tolist() == [0, "CC0-1.0", "fetch.py"]
    assert table.loc["cells", "folder"] == str(tmp_path / "data" / "cells")
    assert "cannot be understood" in table.loc["broken", "title"]
