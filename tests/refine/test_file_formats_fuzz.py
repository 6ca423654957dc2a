"""Thousands of ruined files: every reader reads what it can, or refuses in words; it never fails in another way."""

import json
import random

import numpy as np
import pytest
import roifile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from refine.objects_of_all_kinds import pair, square, zipped
from refine.test_cellpose_npy import as_cellpose_saves

from opsef_core.errors import OpsefError
from opsef_core.refine import file_format
from opsef_core.refine._drawing import Sketch
from opsef_core.refine._roi import draw, roi_bytes

SIZE = {"Y": 40, "X": 50}
SEEDS = range(110)


def ruined(content, seed):
    """The same bytes with some changed, cut, doubled, or put in; numbers in text made strange."""
    rng = random.Random(seed)
    data = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 5, 30))):
        at = rng.randrange(len(data) + 1)
        match rng.randrange(7):
            case 0 | 1 | 2 if at < len(data):
                data[at] = rng.choice((0, 255, 127, 128, rng.randrange(256)))
            case 3:
                del data[at : at + rng.randrange(1, 40)]
            case 4:
                data[at:at] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
            case 5:
                data[at:at] = rng.choice((b"1e999", b"-1", b"NaN", b"null", b"[", b"}", b"99999999999999999999", b'"'))
            case _:
                data = data[:at] if rng.random() < 0.2 else data + data[at : at + 50]
    return bytes(data)


def read_all(drawing):
    flat = drawing.flat()
    assert flat.pixels.shape == tuple(SIZE.values())
    assert (flat.pixels >= 0).all()
    drawing.layers()
    assert all(isinstance(problem, str) for problem in (*drawing.problems, *flat.problems))


def survives(read, path):
    """Whether a file was read; anything but a drawing or an OpsefError fails the test."""
    try:
        read_all(read(path, SIZE))
    except OpsefError as error:
        return bool(str(error)) and False
    return True


def test_ruined_files_of_every_format(tmp_path):
    made = {}
    for name, options in (
        ("coco", {}),
        ("coco", {"masks": "polygon"}),
        ("geojson", {}),
        ("yolo", {}),
        ("imagej_roi", {}),
        ("stardist_folder", {}),
        ("cellpose_npy", {}),
        ("annotatorj_masks", {"kind_of_mask": "layered"}),
        ("annotatorj_masks", {"kind_of_mask": "coordinates"}),
    ):
        one = file_format(name, **options)
        made[one.title] = one, one.out(tmp_path / one.title, [pair(classes={1: "a", 7: "b"})])
    np.save(tmp_path / "x_seg.npy", as_cellpose_saves(np.arange(2000).reshape(40, 50) % 5))
    made["cellpose's own"] = file_format("cellpose_npy"), tmp_path / "x_seg.npy"
    outcomes = dict.fromkeys((False, True), 0)
    for title, (one, path) in made.items():
        content = path.read_bytes()
        for seed in SEEDS if "layered" not in title else SEEDS[:40]:
            path.write_bytes(ruined(content, f"{title}{seed}"))
            outcomes[survives(one.read, path)] += 1
    assert sum(outcomes.values()) > 1000
    assert min(outcomes.values()) > 150


@pytest.mark.parametrize("ngff", ["0.4", "0.5"])
def test_ruined_zarr(ngff, tmp_path):
    one = file_format("ome_zarr", ngff=ngff)
    root = one.out(tmp_path, [pair(classes={1: "a"})])
    files = [p for p in sorted(root.rglob("*")) if p.is_file() and "labels" in p.parts]
    for seed in range(60):
        path = files[seed % len(files)]
        content = path.read_bytes()
        path.write_bytes(ruined(content, seed))
        survives(one.read, root)
        path.write_bytes(content)


def drawn(content):
    sketch = Sketch("f", SIZE)
    draw(sketch, "0001", content, {})
    read_all(sketch.drawing())


def test_ruined_rois(real_data):
    contents = [p.read_bytes() for p in sorted((real_data / "roi_samples" / "read_roi").glob("*.roi"))]
    assert len(contents) == 23
    for number, content in enumerate(contents):
        for seed in range(25):
            drawn(ruined(content, seed * 100 + number))


def test_ruined_rois_of_ours():
    freehand = roifile.ImagejRoi.frompoints(square(3, 3, 9).astype(np.float32) + 0.25).tobytes()
    holes = roi_bytes("0001", [square(1, 1, 9), square(3, 3, 2)[::-1]], 3)
    for content in (freehand, holes):
        for seed in range(150):
            drawn(ruined(content, seed))


def test_ruined_real_zips(real_data, tmp_path):
    samples = real_data / "roi_samples"
    paths = [*sorted(samples.glob("*/*ROI*.zip")), *sorted(samples.glob("*/*oiSet.zip"))]
    assert len(paths) >= 4
    for path in paths:
        for seed in range(6):
            (tmp_path / "a.zip").write_bytes(ruined(path.read_bytes(), seed))
            survives(file_format("imagej_roi").read, tmp_path / "a.zip")


NUMBERS = st.one_of(st.integers(-5, 60), st.floats(), st.integers(), st.none(), st.text(max_size=3), st.booleans())
RING = st.lists(st.lists(NUMBERS, max_size=3), max_size=5)
ANYTHING = st.recursive(
    NUMBERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
FEATURE = st.fixed_dictionaries(
    {
        "geometry": st.fixed_dictionaries(
            {
                "type": st.sampled_from(["Polygon", "MultiPolygon", "Point", "GeometryCollection", "LineString", "x"]),
                "coordinates": st.one_of(
                    st.lists(RING, max_size=3), st.lists(st.lists(RING, max_size=2), max_size=2), ANYTHING
                ),
            }
        )
        | ANYTHING,
        "properties": st.fixed_dictionaries({"name": NUMBERS, "radius": NUMBERS, "classification": ANYTHING})
        | ANYTHING,
    }
)
ANNOTATION = st.fixed_dictionaries(
    {
        "image_id": st.just(1),
        "object_id": NUMBERS,
        "category_id": NUMBERS,
        "segmentation": st.one_of(
            st.lists(st.lists(NUMBERS, max_size=8), max_size=3),
            ANYTHING,
            st.fixed_dictionaries(
                {
                    "size": st.just([40, 50]),
                    "counts": st.one_of(st.lists(st.integers(-2, 900), max_size=6), st.text(max_size=12), ANYTHING),
                }
            ),
        ),
    }
)
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@QUICK
@given(st.lists(FEATURE, max_size=3))
def test_invented_geojson(tmp_path_factory, features):
    path = tmp_path_factory.getbasetemp() / "invented.geojson"
    path.write_text(json.dumps({"features": features}))
    survives(file_format("geojson").read, path)


@QUICK
@given(st.lists(ANNOTATION, max_size=3), ANYTHING, ANYTHING)
def test_invented_coco(tmp_path_factory, annotations, categories, images):
    path = tmp_path_factory.getbasetemp() / "invented.json"
    content = {"images": [{"id": 1, "file_name": "a.png"}], "annotations": annotations, "categories": categories}
    path.write_text(json.dumps(content))
    survives(file_format("coco").read, path)
    path.write_text(json.dumps({**content, "images": images}))
    survives(file_format("coco").read, path)


@QUICK
@given(st.lists(st.lists(st.floats() | st.integers() | st.text(max_size=4), max_size=9), max_size=4))
def test_invented_yolo(tmp_path_factory, lines):
    path = tmp_path_factory.getbasetemp() / "invented.txt"
    path.write_text("\n".join(" ".join(map(str, line)) for line in lines), encoding="utf8", errors="replace")
    survives(file_format("yolo").read, path)


@QUICK
@given(st.lists(st.sampled_from("0123 ,\n;x\"'.-e") | st.characters(codec="utf8"), max_size=60))
def test_invented_tables(tmp_path_factory, letters):
    path = tmp_path_factory.getbasetemp() / "invented.csv"
    path.write_text("x,y,width,height\n" + "".join(letters), encoding="utf8")
    survives(file_format("annotatorj_masks").read, path)


@QUICK
@given(
    st.lists(
        st.tuples(st.text(st.characters(codec="utf8"), max_size=12), st.binary(max_size=200)),
        max_size=4,
        unique_by=lambda one: one[0],
    )
)
def test_invented_zips(tmp_path_factory, files):
    path = tmp_path_factory.getbasetemp() / "invented.zip"
    zipped(path, [(f"{number}{name}.roi", b"Iout" + content) for number, (name, content) in enumerate(files)])
    survives(file_format("imagej_roi").read, path)
