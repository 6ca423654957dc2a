"""YOLO segmentation folders."""

import numpy as np
import pytest
import yaml
from refine.objects_of_all_kinds import pair

from opsef_core.errors import UnreadableFile
from opsef_core.refine import file_format

SIZE = {"Y": 10, "X": 20}


def test_what_ultralytics_reads(tmp_path):
    path = file_format("yolo").out(tmp_path, [pair(classes={1: "a", 7: "ß"}), pair(name="plain")])
    assert path == tmp_path / "labels" / "0001_Zellen_1.txt"
    assert (tmp_path / "images" / "0001_Zellen_1.png").exists()
    about = yaml.safe_load((tmp_path / "data.yaml").read_text(encoding="utf8"))
    assert about == {"path": ".", "train": "images", "val": "images", "names": {0: "a", 1: "ß", 2: "object"}}
    lines = path.read_text().splitlines()
    assert lines[0] == "0 0 0 0.1 0 0.1 0.15 0 0.15"
    assert [line.split()[0] for line in lines] == ["0", "2", "1", *["2"] * 6]
    assert all(0 <= float(v) <= 1 for line in lines for v in line.split()[1:])


def test_after_a_change_ids_are_new_and_nothing_is_said_of_the_wrong_object(tmp_path):
    image, labels = pair(classes={1: "a", 7: "b"})
    path = file_format("yolo").out(tmp_path, [(image, labels)])
    path.write_text("".join(path.read_text().splitlines(keepends=True)[1:]))
    returned = file_format("yolo").back(tmp_path)
    (again,) = returned.labels
    assert again.ids.tolist() == list(range(1, 9))
    assert np.array_equal(again.pixels > 0, (labels.pixels > 0) & (labels.pixels != 1))
    assert again.objects["class"].dropna().to_dict() == {2: "b"}
    assert returned.problems == (
        "0001_Zellen_1.txt: its objects have no ids; they are numbered in the order of the file.",
    )


def test_foreign_lines(tmp_path):
    path = tmp_path / "a.txt"
    lines = ["3 0.5 0.5 0.2 0.4", "", "1.0 0 0 0.1 0 0.1 0.2", "x 1 2 3 4", "0 1 2 3", "0 0.1 0.1 0.2 nan 0.3 0.3"]
    path.write_text("\n".join([*lines, "2 2 2 3 2 3 3"]))
    drawing = file_format("yolo").read(path, SIZE, {"3": "box"})
    assert [(s.label, int(s.inside.sum())) for s in drawing.shapes] == [("box", 16), (1, 3)]
    assert "(3): line 4, line 5, line 6." in " ".join(drawing.problems)
    assert "outside of the image (1): line 7." in " ".join(drawing.problems)


def test_no_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\x00\x01\xff")
    with pytest.raises(UnreadableFile, match="cannot be read as text"):
        file_format("yolo").read(tmp_path / "a.txt", SIZE)
