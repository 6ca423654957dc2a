"""The annotator's side of the kernel: edits in, stored at once, the same after a restart, and every mishap told."""

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import toy

import opsef_core as opsef
from opsef_core.data import Act, Image, Labels
from opsef_core.errors import (
    BadImage,
    BadLabels,
    BadParameter,
    BadRunFolder,
    DiskFull,
    NothingToShow,
    UnknownName,
    UnreadableFile,
)
from opsef_core.widgets import annotate, annotations
from opsef_core.widgets._annotator.annotator import Annotator
from opsef_core.widgets._annotator.assistant import Assistant
from opsef_core.widgets._annotator.folder import AnnotationFolder
from opsef_core.widgets._annotator.given import given
from opsef_core.widgets._annotator.patches import patch_of, put_patch
from opsef_core.widgets._layers import unpacked

CLASSES = ("nucleus", "mitosis")


def pairs():
    return [toy.mixed_sizes(), toy.touching_discs()]


def begin(folder, images=None, labels=None, classes=CLASSES, assistant=None, who=""):
    return Annotator(given(images or pairs(), labels), AnnotationFolder(folder, classes), assistant or Assistant(), who)


class Person:
    """Somebody at the widget: edits a copy of the ids as a view does, and sends what changed."""

    def __init__(self, who, name="mixed_sizes", editor="me"):
        self.who, self.name, self.editor = who, name, editor
        answer = who.to({"kind": "open", "image": name})
        assert answer["kind"] == "image", answer
        self.ids = unpacked(answer["ids"], (answer["height"], answer["width"]))
        self.revision, self.largest, self.back = answer["revision"], answer["largest"], []

    def send(self, *steps, revision=None, seconds=1.0):
        revision = self.revision if revision is None else revision
        question = {"kind": "edit", "image": self.name, "editor": self.editor, "revision": revision, "steps": steps}
        answer = self.who.to(question | {"seconds": seconds})
        if answer["kind"] == "saved":
            self.revision = answer["revision"]
        return answer

    def change(self, mask, number, classes=None):
        """Put an id where the mask is, as one step."""
        rows, columns = (slice(int(a.min()), int(a.max()) + 1) for a in np.nonzero(mask))
        before = patch_of(self.ids, rows, columns)
        self.ids = np.where(mask, number, self.ids).astype(np.int32)
        self.back.append({"patches": [before], "classes": {}})
        return self.send({"patches": [patch_of(self.ids, rows, columns)], "classes": classes or {}})

    def new(self, mask, name="nucleus"):
        self.largest += 1
        self.change(mask & (self.ids == 0), self.largest, {str(self.largest): name})
        return self.largest

    def undo(self):
        step = self.back.pop()
        put_patch(self.ids, step["patches"][0])
        return self.send(step)


def square(top, left, side, shape=(150, 180)):
    mask = np.zeros(shape, bool)
    mask[top : top + side, left : left + side] = True
    return mask


def stored(folder, name="mixed_sizes"):
    return AnnotationFolder(folder).sheet(name)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "annotations"


# --- each operation, as it arrives ------------------------------------------------------------------------------


def test_a_patch_travels_as_runs_and_back():
    ids = toy.touching_discs()[1].pixels
    part = patch_of(ids, slice(10, 40), slice(20, 61))
    assert sum(part["runs"][1::2]) == 30 * 41
    again = np.zeros_like(ids)
    put_patch(again, json.loads(json.dumps(part)))
    assert np.array_equal(again[10:40, 20:61], ids[10:40, 20:61])
    assert not again[:10].any()


@pytest.mark.parametrize(
    "patch",
    [
        {},
        {"left": 0, "top": 0, "width": 2, "height": 2, "runs": [1, 3]},
        {"left": 79, "top": 0, "width": 2, "height": 1, "runs": [1, 2]},
        {"left": -1, "top": 0, "width": 2, "height": 1, "runs": [1, 2]},
        {"left": 0, "top": 0, "width": 2, "height": 1, "runs": [-1, 2]},
        {"left": 0, "top": 0, "width": 2, "height": 1, "runs": [1.5, 2]},
        {"left": 0, "top": 0, "width": 2, "height": 1, "runs": [2**31, 2]},
        {"left": 0, "top": 0, "width": 2, "height": 1, "runs": [1, 3, 1, -1]},
        {"left": 0, "top": 0, "width": 2, "height": 1, "runs": [1, 2, 3]},
        {"left": 0, "top": 0, "width": 2, "height": 1, "runs": "ab"},
    ],
)
def test_an_edit_that_cannot_be_is_told_and_nothing_is_changed(folder, patch):
    who = begin(folder)
    ann = Person(who, "touching_discs")
    answer = ann.send({"patches": [patch], "classes": {}})
    assert (answer["kind"], answer["about"]) == ("problem", "edit")
    assert "edit" in answer["text"]
    assert np.array_equal(who.sheet("touching_discs").ids, pairs()[1][1].pixels)
    assert not folder.exists()


def test_drawing_gives_the_next_id_and_its_class(folder):
    ann = Person(begin(folder))
    number = ann.new(square(135, 5, 10), "mitosis")
    assert number == 7
    labels = stored(folder).labels
    assert (labels.pixels == 7).sum() == 100
    assert labels.objects["class"].to_dict() == dict.fromkeys(range(1, 7)) | {7: "mitosis"}


def test_brush_eraser_and_deleting_keep_the_other_ids(folder):
    ann = Person(begin(folder))
    ann.change(square(0, 0, 20) & (ann.ids == 0), 1)
    ann.change(ann.ids == 3, 0)
    ann.change(square(30, 30, 5), 0)
    labels = stored(folder).labels
    assert labels.ids.tolist() == [1, 2, 4, 5, 6]
    assert np.array_equal(labels.pixels, ann.ids)


def test_an_id_is_never_used_twice(folder):
    ann = Person(begin(folder))
    seventh = ann.new(square(135, 5, 10))
    ann.change(ann.ids == seventh, 0, {str(seventh): None})
    assert Person(begin(folder)).largest == 7
    assert Person(begin(folder)).new(square(135, 5, 10)) == 8


def test_split_and_merge(folder):
    ann = Person(begin(folder))
    half = (ann.ids == 1) & (np.arange(180) > 45)[None]
    ann.new(half & False | square(0, 0, 1))  # takes the id 7
    ann.change(half, 8, {"8": "nucleus"})
    assert {1, 8} <= set(stored(folder).labels.ids.tolist())
    ann.change(ann.ids == 8, 1, {"8": None})
    labels = stored(folder).labels
    assert 8 not in labels.ids
    assert (labels.pixels == 1).sum() == (toy.mixed_sizes()[1].pixels == 1).sum()


def test_undo_and_redo_are_edits_like_others(folder):
    ann = Person(begin(folder))
    before = ann.ids.copy()
    ann.new(square(135, 5, 10))
    after = ann.ids.copy()
    assert ann.undo()["revision"] == 2
    assert np.array_equal(stored(folder).ids, before)
    ann.change(square(135, 5, 10), 7, {"7": "nucleus"})
    assert np.array_equal(stored(folder).ids, after)


def test_a_class_is_given_and_taken(folder):
    ann = Person(begin(folder))
    assert ann.send({"patches": [], "classes": {"2": "mitosis"}})["kind"] == "saved"
    assert stored(folder).labels.objects.at[2, "class"] == "mitosis"
    ann.send({"patches": [], "classes": {"2": None}})
    assert stored(folder).classes == {}
    answer = ann.send({"patches": [], "classes": {"2": "cat"}})
    assert answer["text"] == "There is no class called 'cat'; there are nucleus, mitosis."


def test_classes_of_the_labels_and_of_an_earlier_time_are_there(folder):
    image, labels = toy.touching_discs()
    known = Labels.of(image, labels.pixels, Act("t", "t"), pd.DataFrame({"class": ["odd", None]}, index=[1, 2]))
    who = begin(folder, [(image, known)], classes=["a"])
    answer = who.to({"kind": "open", "image": "touching_discs"})
    assert (answer["names"], answer["classes"]) == (["a", "odd"], {"1": "odd"})
    Person(who, "touching_discs").send({"patches": [], "classes": {"2": "a"}})
    again = begin(folder, [(image, known)], classes=["b"])
    assert again.folder.classes == ["a", "odd", "b"]
    assert stored(folder, "touching_discs").labels.objects["class"].to_dict() == {1: "odd", 2: "a"}
    Person(again, "touching_discs").send({"patches": [], "classes": {"2": "b"}})
    assert annotations(folder).classes == ["a", "odd", "b"]


def test_other_columns_stay_with_their_objects(folder):
    image, labels = toy.touching_discs()
    scored = Labels.of(image, labels.pixels, Act("t", "t"), pd.DataFrame({"score": [0.25, 0.75]}, index=[1, 2]))
    ann = Person(begin(folder, [(image, scored)]), "touching_discs")
    ann.change(ann.ids == 1, 0)
    ann.new(square(2, 2, 4, (64, 80)))
    table = stored(folder, "touching_discs").labels.objects
    assert table["score"][2] == 0.75
    assert pd.isna(table["score"][3])
    assert table["class"][3] == "nucleus"


# --- stored at once, and the same afterwards --------------------------------------------------------------------


def test_nothing_is_written_before_the_first_edit(folder):
    who = begin(folder)
    Person(who)
    who.to({"kind": "leave", "image": "mixed_sizes", "seconds": 9})
    assert not folder.exists()


def test_after_a_restart_it_goes_on_where_it_stopped(folder):
    first = Person(begin(folder))
    first.new(square(135, 5, 10))
    again = Person(begin(folder), editor="other")
    assert np.array_equal(again.ids, first.ids)
    assert (again.revision, again.largest) == (1, 7)
    again.new(square(135, 25, 10))
    assert again.who.marks == "10"
    assert stored(folder).revision == 2
    assert not list(folder.rglob("*.part"))


def test_edits_may_be_sent_twice(folder):
    ann = Person(begin(folder))
    ann.new(square(135, 5, 10))
    step = {"patches": [patch_of(np.full((150, 180), 9, np.int32), slice(0, 2), slice(0, 2))], "classes": {}}
    ann.send(step)
    assert ann.send(step, revision=1)["revision"] == 2  # the answer was lost
    assert ann.send(step, step, revision=1)["revision"] == 3  # one of two is known
    restarted = Person(begin(folder))
    assert restarted.send(step, revision=2)["revision"] == 3
    assert stored(folder).revision == 3


def test_an_image_that_was_changed_elsewhere_is_not_overwritten(folder):
    who = begin(folder)
    ann, bob = Person(who, editor="ann"), Person(who, editor="bob")
    ann.new(square(135, 5, 10))
    before = who.sheet("mixed_sizes").ids
    answer = bob.change(square(0, 0, 3), 7)
    assert answer["stale"]
    assert "changed in another place" in answer["text"]
    assert np.array_equal(who.sheet("mixed_sizes").ids, before)
    assert ann.send({"patches": [], "classes": {}}, revision=9)["stale"]  # edits in between are missing
    fresh = Person(who, editor="bob")
    assert fresh.change(square(0, 0, 3), 8)["kind"] == "saved"


def test_what_could_not_be_stored_is_not_acknowledged(folder, monkeypatch):
    who = begin(folder)
    ann = Person(who)
    ann.new(square(135, 5, 10))
    before = stored(folder).ids

    def full(path, content, if_full=""):
        raise DiskFull(if_full)

    monkeypatch.setattr("opsef_core.widgets._annotator.folder.write_whole", full)
    answer = ann.change(square(0, 0, 9), 8)
    assert answer["kind"] == "problem"
    assert "disk is full" in answer["text"]
    monkeypatch.undo()
    assert np.array_equal(stored(folder).ids, before)
    assert np.array_equal(who.sheet("mixed_sizes").ids, before)


def test_a_crash_between_labels_and_note_loses_nothing(folder, monkeypatch):
    ann = Person(begin(folder))
    ann.new(square(135, 5, 10))
    put = AnnotationFolder._put

    def half(self, name, content):
        if name.endswith(".json"):
            raise DiskFull("now")
        put(self, name, content)

    monkeypatch.setattr(AnnotationFolder, "_put", half)
    mask = square(0, 0, 9) & (ann.ids == 0)
    ann.change(mask, 8, {"8": "mitosis"})
    step = {"patches": [patch_of(ann.ids, slice(0, 9), slice(0, 9))], "classes": {"8": "mitosis"}}
    monkeypatch.undo()
    again = Person(begin(folder))
    assert again.send(step, revision=1)["revision"] == 2
    assert np.array_equal(stored(folder).ids, ann.ids)


def test_two_images_and_their_marks(folder):
    who = begin(folder)
    Person(who).new(square(135, 5, 10))
    Person(who, "touching_discs").new(square(2, 2, 4, (64, 80)))
    assert who.marks == "11"
    answer = who.to({"kind": "finish", "image": "touching_discs", "finished": True, "seconds": 2})
    assert answer["marks"] == "12"
    assert begin(folder).marks == "12"
    assert who.to({"kind": "finish", "image": "touching_discs", "finished": False})["marks"] == "11"
    assert AnnotationFolder(folder).names == ["mixed_sizes", "touching_discs"]
    assert who.to({"kind": "open", "image": "mixed_sizes", "known": 1}) == {
        "kind": "opened",
        "image": "mixed_sizes",
        "revision": 1,
    }


def test_only_a_few_images_stay_in_memory(folder):
    images = [toy.one_disc(f"disc {n}") for n in range(6)]
    who = begin(folder, images)
    for image, _ in images:
        who.sheet(image.name)
    assert len(who._sheets) == 3


def test_the_log_has_a_row_a_sitting(folder):
    who = begin(folder, who="ann")
    ann = Person(who)
    ann.new(square(135, 5, 10))
    ann.send({"patches": [], "classes": {}}, seconds=12.34)
    who.to({"kind": "leave", "image": "mixed_sizes", "seconds": 20.0})
    who.to({"kind": "open", "image": "mixed_sizes", "known": 2})
    who.to({"kind": "leave", "image": "mixed_sizes", "seconds": 0.1})  # a glance
    lines = (folder / "annotation_log.csv").read_text().splitlines()
    assert lines[0] == "image,start,end,seconds,annotator"
    assert len(lines) == 2
    log = annotations(folder).log
    assert log.loc[0, ["image", "seconds", "annotator"]].tolist() == ["mixed_sizes", 20.0, "ann"]
    assert log["start"][0] <= log["end"][0]
    assert log["end"][0].endswith("+00:00")
    again = Person(begin(folder))
    again.send({"patches": [], "classes": {}}, seconds=3)
    assert len(annotations(folder).log) == 2
    (folder / "annotation_log.csv").write_text("image\n")
    assert "Move it away" in again.send({"patches": [], "classes": {}}, seconds=4)["text"]


# --- read again -------------------------------------------------------------------------------------------------


def test_what_was_drawn_is_read_again_as_images_and_truth(folder):
    ann = Person(begin(folder))
    ann.new(square(135, 5, 10), "mitosis")
    found = annotations(folder)
    assert [image.name for image in found.images] == ["mixed_sizes"]  # the other one was not touched
    truth = found.truth["mixed_sizes"]
    assert np.array_equal(truth.pixels, ann.ids)
    assert truth.history[-1].kind == "hand"
    assert truth.key != found.exported["mixed_sizes"].key
    image = toy.mixed_sizes()[0]
    assert (found.images[0].key, found.images[0].fingerprint) == (image.key, image.fingerprint)
    assert repr(found) == "Annotations(1 images, 7 objects, 0 finished)"
    assert [e.image.name for e in opsef.models.examples_of(found)] == ["mixed_sizes"]
    assert annotations(folder).truth["mixed_sizes"].key == truth.key


def test_the_changes_are_told_object_by_object(folder):
    ann = Person(begin(folder))
    ann.new(square(135, 5, 10), "mitosis")
    ann.change(ann.ids == 6, 0)
    ann.change((ann.ids == 2) & (np.arange(180) > 110)[None], 0)
    ann.send({"patches": [], "classes": {"3": "mitosis"}})
    found = annotations(folder)
    changes = found.changes.set_index(found.changes["id"].fillna(found.changes["exported_id"]))
    told = changes["kind"][changes["kind"] != "unchanged"].to_dict()
    assert told == {2: "reshaped", 3: "reclassified", 6: "deleted", 7: "added"}
    assert 0.4 < changes["iou"][2] < 0.6
    assert changes["returned_px"][7] == 100
    assert changes["returned_class"][3] == "mitosis"
    total = found.summary.iloc[-1]
    assert total[["exported", "returned", "unchanged", "added", "deleted"]].tolist() == [6, 6, 3, 1, 1]
    assert len(opsef.plots.changes(found)) == 1


def test_the_changes_keep_the_ids_a_person_gave(folder):
    ann = Person(begin(folder))
    ann.change((ann.ids == 1) & (np.arange(180) > 30)[None], 7, {"7": None})  # the larger part has the new id
    ann.change(ann.ids == 3, 2, {"3": None})  # merged, though they do not touch
    found = annotations(folder)
    changes = found.changes.set_index("exported_id")
    assert set(found.changes["id"].dropna()) == set(found.truth["mixed_sizes"].ids.tolist())
    assert changes.loc[[1, 2], "id"].tolist() == [1, 2]
    assert changes.loc[[1, 2, 3], "kind"].tolist() == ["split", "merged", "merged"]
    assert found.changes.set_index("id").loc[7, ["kind", "partners"]].tolist() == ["split", "1"]


def test_finished_alone_counts_and_can_be_asked_for(folder):
    who = begin(folder)
    Person(who).new(square(135, 5, 10))
    with pytest.raises(NothingToShow, match="None of the 1 images .* marked as finished"):
        annotations(folder, finished_only=True)
    who.to({"kind": "finish", "image": "touching_discs", "finished": True})
    assert annotations(folder).finished == ["touching_discs"]
    found = annotations(folder, finished_only=True)
    assert list(found.truth) == ["touching_discs"]
    assert found.truth["touching_discs"].key == toy.touching_discs()[1].key
    assert set(found.changes["kind"]) == {"unchanged"}


def test_colour_and_spacing_and_sixteen_bits_come_back(folder):
    rng = np.random.default_rng(0)
    colour = Image(
        rng.integers(0, 255, (3, 40, 50)).astype(np.uint8),
        "CYX",
        "c",
        spacing_um={"X": 0.5, "Y": 0.25},
        channels=("red", "green", "blue"),
    )
    deep = Image(rng.integers(0, 65535, (40, 50)).astype(np.uint16), "YX", "d")
    who = begin(folder, [colour, deep])
    for name in "cd":
        Person(who, name).new(square(5, 5, 10, (40, 50)))
    for given_one, again in zip((colour, deep), annotations(folder).images, strict=True):
        assert np.array_equal(again.array(), given_one.array())
        assert (again.axes, again.channels, again.key) == (given_one.axes, given_one.channels, given_one.key)
        assert again.spacing_um == given_one.spacing_um
        assert again.array().dtype == given_one.array().dtype
    assert annotations(folder).truth["c"].spacing_um == colour.spacing_um


@pytest.mark.parametrize(
    "file", ["labels/0001_mixed_sizes.ome.tif", "labels/0001_mixed_sizes.json", "annotations.json"]
)
def test_a_damaged_file_is_told(folder, file):
    Person(begin(folder)).new(square(135, 5, 10))
    (folder / file).write_bytes(b"{")
    with pytest.raises(UnreadableFile, match=r"annotations\.json|0001_mixed_sizes"):
        annotations(folder)


def test_folders_that_are_something_else_are_left_alone(folder, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(BadRunFolder, match="holds something else"):
        AnnotationFolder(tmp_path)
    with pytest.raises(BadRunFolder, match="is a file"):
        AnnotationFolder(tmp_path / "mine.txt")
    with pytest.raises(BadRunFolder, match="holds no annotations"):
        annotations(tmp_path)
    Person(begin(folder)).new(square(135, 5, 10))
    other = toy.pair("mixed_sizes", toy.discs((150, 180), (40, 40, 30)))
    answer = begin(folder, [other]).to({"kind": "open", "image": "mixed_sizes"})
    assert "annotations of another image that is called 'mixed_sizes'" in answer["text"]
    note = json.loads((folder / "annotations.json").read_text())
    for change in ({"version": 9}, {"images": {"a": "../../x"}}, {"images": []}, {"token": ""}):
        (folder / "annotations.json").write_text(json.dumps(note | change))
        with pytest.raises(BadRunFolder):
            AnnotationFolder(folder)


# --- what can be annotated --------------------------------------------------------------------------------------


def test_images_pairs_data_sets_and_labels_by_name():
    (image, labels), (other, _) = pairs()
    assert given(image).pair("mixed_sizes")[1].count == 0
    assert given((image, labels)).pair("mixed_sizes")[1].count == 6
    assert given([image, other], {"mixed_sizes": labels}).pair("mixed_sizes")[1].count == 6
    assert given([image, other], {"mixed_sizes": labels}).pair("touching_discs")[1].count == 0
    assert given(image, labels).pair("mixed_sizes")[1] is labels
    data = SimpleNamespace(images=[image, other], truth={"mixed_sizes": labels})
    assert [given(data).pair(n)[1].count for n in given(data).names] == [6, 0]
    chosen = SimpleNamespace(pairs=((image, labels),))
    assert given(chosen).pair("mixed_sizes")[1] is labels


def test_a_run_gives_its_best_results_or_those_asked_for(run):
    assert given(run).pair("many_discs")[1].count == run.truth_of("many_discs").count
    assert given(run, "plain -> broken").pair("mixed_sizes")[1].count == 0  # it failed there
    with pytest.raises(UnknownName, match="grid point"):
        given(run, "plain -> x")
    with pytest.raises(BadParameter, match="title of a grid point"):
        given(run, [1])


@pytest.mark.parametrize(
    ("images", "labels", "text"),
    [
        (np.zeros((5, 5)), None, "type ndarray cannot be annotated"),
        ("folder", None, "type str cannot be annotated"),
        ([1], None, "type int cannot be annotated"),
        ([(pairs()[0][0], np.zeros((5, 5)))], None, "for labels"),
        ([pairs()[0], pairs()[0]], None, "Two images are called 'mixed_sizes'"),
        (pairs()[0][0], [], "1 images and 0 labels"),
        (pairs()[0][0], {"mixed_sizes": 3}, "The labels of mixed_sizes"),
    ],
)
def test_what_cannot_be_annotated_is_told(images, labels, text):
    with pytest.raises(BadParameter, match=text):
        given(images, labels)


def test_stacks_large_images_and_labels_that_do_not_fit():
    with pytest.raises(NothingToShow, match="no image was given"):
        given([])
    with pytest.raises(UnknownName, match="no image called 'x'"):
        given(pairs()[0][0], {"x": pairs()[0][1]})
    stack = Image(np.zeros((2, 9, 9)), "ZYX", "stack")
    with pytest.raises(BadImage, match="planes are annotated"):
        given(stack).pair("stack")
    with pytest.raises(BadImage, match="Cut a larger one into tiles"):
        given(Image(np.zeros((5, 5000), np.uint8), "YX", "long")).pair("long")
    with pytest.raises(BadLabels, match="do not have|have the size"):
        given((pairs()[0][0], pairs()[1][1])).pair("mixed_sizes")


# --- contour assist ---------------------------------------------------------------------------------------------


class Seer:
    """A model that sees all bright pixels."""

    name, maps = "seer", frozenset({"probabilities"})

    def __init__(self, fails=0):
        self.fails, self.asked = fails, 0

    def ready(self, device):
        return self

    def pixels_of(self, image):
        return image.array()[None]

    def network(self, pixels):
        self.asked += 1
        if self.asked <= self.fails:
            raise NothingToShow("The model stumbled.")
        inside = (pixels[0] > 100).astype(np.float32)
        return {"probabilities": np.stack([1 - inside, inside, 0 * inside])}


def ask(who, **more):
    question = {"kind": "suggest", "image": "touching_discs", "number": 5, "method": "probability_map"}
    question |= {"points": [[28.5, 32.5]], "threshold": 0.5, "inverted": False} | more
    for _ in range(200):
        answer = who.to(question)
        if answer["kind"] != "wait":
            return answer
        assert answer == {"kind": "wait", "image": "touching_discs", "number": 5, "method": "probability_map"}
    raise AssertionError("it never came")


@pytest.fixture
def patient(monkeypatch):
    """Waits for the model in the background instead of asking again and again."""
    ready = Assistant.ready

    def waits(self, image, method):
        if not ready(self, image, method):
            self._maps[image.name].exception()
        return True

    monkeypatch.setattr(Assistant, "ready", waits)


def test_a_click_gives_the_contour_in_a_patch(folder, patient):
    image, labels = toy.touching_discs()
    who = begin(folder, [(image, None)], assistant=Assistant(Seer()))
    answer = ask(who)
    assert (answer["kind"], answer["number"], answer["threshold"]) == ("suggestion", 5, 0.5)
    mask = np.zeros(labels.pixels.shape, np.int32)
    put_patch(mask, answer["patch"])
    assert mask.sum() == answer["area"]
    assert ((mask > 0) & (labels.pixels == 1)).sum() / ((mask > 0) | (labels.pixels == 1)).sum() > 0.75
    assert answer["score"] == 1.0


def test_objects_that_are_there_are_not_suggested_again(folder, patient):
    answer = ask(begin(folder, assistant=Assistant(Seer())))
    assert (answer["kind"], answer["about"], answer["number"]) == ("problem", "suggest", 5)
    assert "Nothing stands out here" in answer["text"]


def test_while_the_model_looks_the_view_is_asked_to_wait(folder):
    import threading

    held = threading.Event()
    seer = Seer()
    plain = seer.network
    seer.network = lambda pixels: (held.wait(30), plain(pixels))[1]
    who = begin(folder, [(toy.touching_discs()[0], None)], assistant=Assistant(seer))
    question = {"kind": "suggest", "image": "touching_discs", "number": 1, "method": "probability_map"}
    question["points"] = [[28.5, 32.5]]
    assert who.to(question)["kind"] == "wait"
    assert who.to(question | {"method": "region_growing"})["kind"] == "suggestion"
    held.set()
    who.assistant._maps["touching_discs"].result(30)
    assert who.to(question)["kind"] == "suggestion"
    assert seer.asked == 1


def test_a_model_that_fails_is_told_and_tried_again(folder, patient):
    who = begin(folder, [(toy.touching_discs()[0], None)], assistant=Assistant(Seer(fails=1)))
    assert ask(who)["text"] == "The model stumbled."
    assert ask(who)["kind"] == "suggestion"


def test_without_a_model_the_image_alone_is_used(folder):
    assert next(m["name"] for m in Assistant().methods) == "region_growing"
    assert [m["name"] for m in Assistant(Seer()).methods] == ["probability_map", "region_growing", "active_contour"]
    answer = ask(
        begin(folder, [(toy.touching_discs()[0], None)]), method="active_contour", threshold=None, inverted=None
    )
    assert answer["kind"] == "suggestion"
    assert "needs the probability map" in ask(begin(folder))["text"]
    with pytest.raises(BadParameter, match="The model 'threshold' offers no probability map"):
        Assistant(opsef.model("threshold"))


def test_the_shipped_u_net_suggests(folder, patient):
    pytest.importorskip("torch")
    image, labels = toy.pair("discs", toy.discs((96, 96), (48, 48, 12)))
    who = begin(folder, [(image, None)], assistant=Assistant(opsef.model("unet"), "cpu"))
    answer = ask(who, image="discs", points=[[48.5, 48.5]])
    assert answer["kind"] == "suggestion"
    assert 0.6 < answer["area"] / labels.areas_px[0] < 1.5


# --- the widget -------------------------------------------------------------------------------------------------


def test_the_widget_begins_with_the_first_untouched_image(folder, monkeypatch):
    widget = annotate(pairs(), classes=CLASSES, folder=folder, annotator="ann")
    assert widget.first[0]["image"] == "mixed_sizes"
    assert widget.about["classes"] == list(CLASSES)
    assert [m["name"] for m in widget.about["methods"]] == ["region_growing", "active_contour"]
    sent = []
    monkeypatch.setattr(widget, "send", lambda message, buffers=None: sent.append(message))
    patch = patch_of(np.full((150, 180), 9, np.int32), slice(0, 2), slice(0, 2))
    step = {"patches": [patch], "classes": {"9": "nucleus"}}
    question = {"kind": "edit", "image": "mixed_sizes", "editor": "e", "revision": 0, "steps": [step], "seconds": 2}
    widget._handle_custom_msg(question, [])
    widget._handle_custom_msg("nonsense", [])
    assert [m["kind"] for m in sent] == ["saved"]
    assert widget.marks == "10"
    assert repr(widget) == "Annotator(2 images, 1 edited, 0 finished)"
    again = annotate(pairs(), folder=folder)
    assert again.first[0]["image"] == "touching_discs"
    assert again.about["token"] == widget.about["token"]
    assert annotate(pairs(), folder=folder, image="mixed_sizes").first[0]["largest"] == 9


def test_mistakes_are_told_before_anything_is_shown(folder):
    with pytest.raises(BadParameter, match="Name at least one class"):
        annotate(pairs(), classes=(), folder=folder)
    with pytest.raises(UnknownName, match="no image called 'x'"):
        annotate(pairs(), folder=folder, image="x")
    with pytest.raises(BadImage, match="planes are annotated"):
        annotate(Image(np.zeros((2, 9, 9)), "ZYX", "stack"), folder=folder)
    assert begin(folder).to({"kind": "dance", "image": "mixed_sizes"})["kind"] == "problem"
    assert "no image called 'x'" in begin(folder).to({"kind": "open", "image": "x"})["text"]
