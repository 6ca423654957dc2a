"""COCO files: ours, and what other programs may have written."""

import json

import numpy as np
import pytest
from refine.objects_of_all_kinds import ids_of_all_kinds, pair

from opsef_core.errors import BadLabels, UnreadableFile
from opsef_core.refine import file_format

SIZE = {"Y": 10, "X": 12}


def written(tmp_path, **options):
    pairs = [pair(classes={1: "a", 7: "b"}), pair(name="plain")]
    return json.loads(file_format("coco", **options).out(tmp_path, pairs).read_text())


def test_what_others_read(tmp_path):
    content = written(tmp_path)
    assert [c["name"] for c in content["categories"]] == ["a", "b", "object"]
    assert content["images"][0] == {"id": 1, "file_name": "images/0001_Zellen_1.png", "width": 50, "height": 40}
    assert (tmp_path / content["images"][1]["file_name"]).exists()
    found = content["annotations"]
    assert [a["id"] for a in found] == list(range(1, 19))
    assert [a["image_id"] for a in found] == [1] * 9 + [2] * 9
    first = found[0]
    assert (first["bbox"], first["area"], first["category_id"], first["object_id"]) == ([0, 0, 5, 6], 30, 1, 1)
    assert first["segmentation"]["size"] == [40, 50]
    assert isinstance(first["segmentation"]["counts"], str)


def test_polygons_and_plain_counts(tmp_path):
    found = {a["object_id"]: a["segmentation"] for a in written(tmp_path, masks="polygon")["annotations"][:9]}
    assert found[1] == [[0, 0, 5, 0, 5, 6, 0, 6]]
    assert len(found[300]) == 3
    assert isinstance(found[7]["counts"], list)  # a hole
    plain = written(tmp_path / "b", masks="counts")["annotations"][0]["segmentation"]
    assert plain["counts"][:4] == [0, 6, 34, 6]


def test_a_person_edits_the_file(tmp_path):
    path = file_format("coco").out(tmp_path, [pair(classes={1: "a", 7: "b"}), pair(name="plain")])
    content = json.loads(path.read_text())
    content["annotations"] = content["annotations"][1:]
    content["annotations"][0]["category_id"] = 9
    content["categories"].append({"id": 9, "name": "new"})
    content["images"] = [
        {**image, "file_name": image["file_name"].replace("images/", "")} for image in content["images"]
    ]
    path.write_text(json.dumps(content))
    returned = file_format("coco").back(tmp_path)
    assert returned.problems == ()
    again = returned.labels[0]
    assert again.ids.tolist() == [2, 7, 9, 12, 300, 65535, 65536, 2_000_000_000]
    assert again.objects["class"].dropna().to_dict() == {2: "new", 7: "b"}
    content["images"] = content["images"][:1]
    path.write_text(json.dumps(content))
    assert [labels.name for labels in file_format("coco").back(tmp_path).labels] == ["Zellen µ/1"]


def annotated(*annotations, images=({"id": 5, "file_name": "x/a.png"},)):
    return {
        "images": list(images),
        "annotations": [{"image_id": 5, **one} for one in annotations],
        "categories": [{"id": 2, "name": "cell"}],
    }


def test_foreign_files(tmp_path):
    path = tmp_path / "c.json"
    content = annotated(
        {"id": 11, "category_id": 2, "segmentation": [[1, 1, 4, 1, 4, 4, 1, 4], [6, 6, 8, 6, 8, 8, 6, 8]]},
        {"id": 12, "category_id": 77, "segmentation": {"size": [10, 12], "counts": [50, 5, 65]}},
        {"id": 13, "segmentation": {"size": [9, 9], "counts": [81]}},
        {"id": 14, "segmentation": {"size": [10, 12], "counts": "x~"}},
        {"id": 15, "segmentation": [[1, 2, 3]]},
        {"id": 16, "segmentation": []},
        {"id": 17, "segmentation": [[-3, -3, 2, -3, 2, 2, -3, 2]]},
        {"id": 18, "segmentation": "text"},
    )
    path.write_text(json.dumps(content))
    drawing = file_format("coco").read(path, SIZE)
    assert [int(s.inside.sum()) for s in drawing.shapes] == [13, 5, 4]
    assert [s.label for s in drawing.shapes] == ["cell", None, None]
    assert [p.split(": ")[1].split(",")[0] for p in drawing.problems] == [
        "objects left out",
        "objects left out",
        "objects cut at the edge of the image",
    ]
    assert "13, 14, 15." in drawing.problems[0]


def test_which_image(tmp_path):
    path = tmp_path / "c.json"
    path.write_text(json.dumps(annotated(images=({"id": 5, "file_name": "a.png"}, {"id": 6, "file_name": "b.png"}))))
    with pytest.raises(BadLabels, match=r"has the objects of 2 images \(a.png, b.png\); name one of them"):
        file_format("coco").read(path, SIZE)
    assert file_format("coco").read(path, SIZE, "elsewhere/b.png").shapes == ()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"images": 3}', "[" * 100_000, '{"images": [' + "9" * 5000 + "]}"])
def test_no_coco(tmp_path, text):
    path = tmp_path / "c.json"
    path.write_text(text)
    with pytest.raises(UnreadableFile):
        file_format("coco").read(path, SIZE)


def test_a_class_that_is_called_as_those_without(tmp_path):
    image, labels = pair(classes={1: "object", 7: "b"})
    file_format("coco").out(tmp_path, [(image, labels)])
    (again,) = file_format("coco").back(tmp_path).labels
    assert again.objects["class"].dropna().to_dict() == {1: "object", 7: "b"}
    assert np.array_equal(again.pixels, ids_of_all_kinds())
