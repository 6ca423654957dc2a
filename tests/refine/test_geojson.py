"""GeoJSON for QuPath."""

import json
import uuid

import pytest
from refine.objects_of_all_kinds import pair, stack

from opsef_core.errors import UnreadableFile
from opsef_core.refine import file_format

SIZE = {"Y": 300, "X": 400}


def test_what_qupath_reads(tmp_path):
    path = file_format("geojson").out(tmp_path, [pair(classes={1: "Kern ß"})])
    content = json.loads(path.read_text(encoding="utf8"))
    assert content["type"] == "FeatureCollection"
    features = {f["properties"]["name"]: f for f in content["features"]}
    first = features["1"]
    assert first["geometry"] == {"type": "Polygon", "coordinates": [[[0, 0], [5, 0], [5, 6], [0, 6], [0, 0]]]}
    assert first["properties"]["objectType"] == "annotation"
    assert first["properties"]["classification"]["name"] == "Kern ß"
    assert len(first["properties"]["classification"]["color"]) == 3
    assert len({uuid.UUID(f["id"]) for f in content["features"]}) == len(features)
    ring = features["7"]["geometry"]
    assert ring["type"] == "MultiPolygon"
    assert sorted(len(polygon) for polygon in ring["coordinates"]) == [2, 3]  # an island with a hole; two holes
    assert "plane" not in ring


def test_planes(tmp_path):
    content = json.loads(file_format("geojson", objects="detection").out(tmp_path, [stack()]).read_text())
    assert [f["geometry"]["plane"]["z"] for f in content["features"]] == [0, 1, 0, 2, 2]
    assert {f["properties"]["objectType"] for f in content["features"]} == {"detection"}


def test_a_real_file(real_data):
    drawing = file_format("geojson").read(real_data / "roi_samples/qupath/omero_rois_from_galaxy.geojson", SIZE)
    assert len(drawing.shapes) >= 3
    assert drawing.shapes[0].inside.sum() > 20_000  # a point with the radius 100, cut at the edge
    named = {shape.name: shape for shape in drawing.shapes}
    assert named["1"].inside.sum() == 91 * 136
    assert drawing.ids[drawing.shapes.index(named["2"])] == 2


def feature(geometry, **properties):
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def test_foreign_geometries(tmp_path):
    square = [[[1, 1], [5, 1], [5, 5], [1, 5], [1, 1]]]
    features = [
        feature({"type": "Polygon", "coordinates": square}, name="x", classification={"name": "a"}),
        feature({"type": "Polygon", "coordinates": square}, name=7),
        feature({"type": "LineString", "coordinates": [[1, 1], [5, 5]]}, name="line"),
        feature({"type": "MultiPoint", "coordinates": [[1, 1]]}, name="points"),
        feature({"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": square}]}),
        feature({"type": "Polygon", "coordinates": [[["a", "b"]]]}, name="text"),
        feature({"type": "Polygon", "coordinates": [[1, 2, 3]]}, name="flat"),
        feature(None, name="none"),
        "no feature",
    ]
    path = tmp_path / "a.geojson"
    for content in (features, {"features": features}):
        path.write_text(json.dumps(content))
        drawing = file_format("geojson").read(path, SIZE)
        assert [int(s.inside.sum()) for s in drawing.shapes] == [16, 16, 16]
        assert drawing.ids == (8, 7, 9)
        assert drawing.shapes[0].label == "a"
        assert "(2): line, points." in drawing.problems[0] + drawing.problems[1]
        assert "(4): text, flat, none, 9." in " ".join(drawing.problems)
    path.write_text(json.dumps(features[0]))
    assert len(file_format("geojson").read(path, SIZE).shapes) == 1


def test_no_geojson(tmp_path):
    path = tmp_path / "a.geojson"
    for text in ('{"type": "Topology"}', "3", "nothing", ""):
        path.write_text(text)
        with pytest.raises(UnreadableFile):
            file_format("geojson").read(path, SIZE)


def test_renamed_reclassified_and_deleted_in_qupath(tmp_path):
    path = file_format("geojson").out(tmp_path, [pair(classes={1: "a", 7: "b"})])
    content = json.loads(path.read_text())
    features = {f["properties"]["name"]: f for f in content["features"]}
    features["1"]["properties"]["classification"]["name"] = "Tumor"
    features["2"]["properties"]["name"] = "PathAnnotationObject"
    del features["9"], features["7"]["properties"]["classification"]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": list(features.values())}))
    (again,) = file_format("geojson").back(tmp_path).labels
    assert again.ids.tolist() == [1, 7, 12, 300, 65535, 65536, 2_000_000_000, 2_000_000_001]
    assert again.objects["class"].dropna().to_dict() == {1: "Tumor"}
