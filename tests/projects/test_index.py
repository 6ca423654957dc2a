"""The page that leads to all runs of a batch."""

import re
from urllib.parse import unquote

import pytest

from opsef_core.errors import DiskFull
from opsef_core.projects._batch.shelf import write_record
from opsef_core.projects.index import write_index


def put(folder, name, files=(), **record):
    place = folder / name
    base = {
        "title": name,
        "given": name,
        "pipeline": "p.yml",
        "notebook": "n.ipynb",
        "status": "done",
        "reason": "",
        "seconds": 12.3,
    }
    write_record(place, {**base, **record})
    for file in files:
        (place / file).parent.mkdir(exist_ok=True)
        (place / file).write_bytes(b"x")


def scored(metric="dsb_score", **means):
    best = next(iter(means))
    return {"metric": metric, "metric_label": metric, "best": best, "score": means[best], "ranking": means, "images": 3}


@pytest.fixture
def folder(tmp_path):
    put(tmp_path, "a b", ["notebook.html", "run/report.html", "picture.png"], **scored(unet=0.8, otsu=0.5))
    put(tmp_path, "ä", ["notebook.html"], **scored(otsu=0.9, unet=0.7))
    put(tmp_path, "z", ["failed.html"], status="failed", reason="Too <dark>.")
    return tmp_path


def page(folder):
    return write_index(folder).read_text("utf8")


def test_failures_stand_on_top_with_their_reason(folder):
    text = page(folder)
    titles = re.findall(r"<h3>([^<]+)", text)
    assert titles == ["z", "a b", "ä"]
    assert "Too &lt;dark&gt;." in text


def test_links_are_relative_and_lead_somewhere(folder):
    found = re.findall(r'href="([^"]+)"', page(folder))
    assert {"z/failed.html", "a%20b/notebook.html", "a%20b/run/report.html", "a%20b/record.json"} <= set(found)
    assert all((folder / unquote(link)).is_file() for link in found)


def test_the_page_is_self_contained(folder):
    text = page(folder)
    assert "data:image/png;base64," in text
    assert "http" not in text.replace("http-equiv", "")
    assert str(folder) not in text


def test_the_best_of_each_and_of_all_together(folder):
    text = page(folder)
    assert re.search(r"<b>unet</b>.*dsb_score 0.800", text)
    table = text[text.index("All data sets together") :]
    assert table.index("<td>unet</td>") < table.index("<td>otsu</td>")  # 0.75 against 0.70
    assert table.count('class="n top"') == 2


def test_where_lower_is_better_the_lowest_is_best(tmp_path):
    for name, means in (("a", {"otsu": 0.1, "unet": 0.3}), ("b", {"otsu": 0.1, "unet": 0.0})):
        put(tmp_path, name, **scored("boundary_error", **means))
    table = page(tmp_path)
    table = table[table.index("All data sets together") :]
    assert table.index("<td>otsu</td>") < table.index("<td>unet</td>")
    assert 'class="n top">0.000' in table


def test_one_data_set_or_nothing_in_common_has_no_table(tmp_path):
    put(tmp_path, "a", **scored(otsu=0.9))
    put(tmp_path, "b", **scored(unet=0.7))
    assert "All data sets together" not in page(tmp_path)


def test_it_looks_again_only_while_something_runs(folder):
    assert "refresh" not in page(folder)
    put(folder, "now", status="running")
    assert 'http-equiv="refresh"' in page(folder)


def test_failed_results_and_training_images_are_told(tmp_path):
    put(tmp_path, "a", failed=2, results=8, why_failed="No weights.", warning="seen in training", **scored(otsu=0.9))
    assert "2 of 8 results failed, most of them so: No weights." in page(tmp_path)
    assert "seen in training" in page(tmp_path)


def test_it_says_what_ran(folder):
    assert "Batch of p.yml<" in page(folder)
    put(folder, "own grid", pipeline="")
    assert "Batch of n.ipynb, p.yml<" in page(folder)


def test_a_damaged_record_is_no_data_set(folder):
    (folder / "odd").mkdir()
    (folder / "odd" / "record.json").write_text("{")
    assert len(re.findall("<h3>", page(folder))) == 3


def test_a_full_disk_leaves_the_page_before(folder, monkeypatch):
    before = page(folder)

    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(DiskFull):
        write_index(folder)
    monkeypatch.undo()
    assert (folder / "index.html").read_text("utf8") == before
