"""Start here in JupyterLab, in a real browser: all cells run, and the explorer answers a person's hands."""

import importlib.util
import json

import lab
import pytest
from few_images import few_images
from imageio.v3 import imread

pytestmark = [
    pytest.mark.skipif(lab.CHROMIUM is None, reason="there is no chromium on this machine"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="playwright is not installed"),
]
FEW = slice(3, 6)  # crowded ones: the picture of the README is made here, too (start_here.png)


@pytest.fixture(scope="module")
def seen(root, tmp_path_factory):
    """What was seen on the way; one start of everything."""
    folder, home = tmp_path_factory.mktemp("my notebooks"), tmp_path_factory.mktemp("home")
    notebook = folder / "0_start_here.ipynb"
    write_short(root / "notebooks" / notebook.name, notebook, few_images(root, folder / "few images", FEW))
    found = {"screenshot": folder / "start_here.png", "problems": []}
    with lab.server(folder, home) as address, lab.opened(address, notebook.name) as page:
        page.on("pageerror", lambda error: found["problems"].append(str(error)))
        lab.run_all(page, notebook, seconds=240)
        explorer = page.locator(".opsef-explorer").first
        explorer.scroll_into_view_if_needed()
        place = explorer.locator(".opsef-place")
        found["before"] = place.inner_text()
        explorer.get_by_label("Next image (right arrow)").click()
        page.wait_for_function(
            "(e) => e.querySelector('.opsef-message').textContent === ''", arg=explorer.element_handle()
        )
        found["after"] = place.inner_text()
        page.screenshot(path=found["screenshot"])
        found["bright"] = [brightness(explorer)]
        explorer.get_by_label("White level").fill("40")
        page.wait_for_timeout(500)
        found["bright"].append(brightness(explorer))
    found["cells"] = lab.code_cells(notebook)
    found["folder"] = folder
    return found


def brightness(explorer):
    """Mean grey value of what the first panel draws."""
    return float(imread(explorer.locator("canvas").first.screenshot(), extension=".png")[..., :3].mean())


def write_short(notebook, copy, dataset):
    """The notebook, with its parameters as papermill would set them."""
    text = json.loads(notebook.read_text("utf8"))
    (cell,) = [c for c in text["cells"] if "parameters" in c["metadata"].get("tags", [])]
    cell["source"] += f"\ndataset = {str(dataset)!r}\ndevice = 'cpu'\n"
    copy.write_text(json.dumps(text), encoding="utf8")


def test_all_cells_run(seen):
    assert [c["execution_count"] for c in seen["cells"]] == list(range(1, len(seen["cells"]) + 1))
    assert (seen["folder"] / "runs" / "start_here" / "report.html").is_file()


def test_the_explorer_answers(seen):
    assert seen["before"] == "1 of 3"
    assert seen["after"] == "2 of 3"


def test_a_slider_changes_the_picture(seen):
    before, after = seen["bright"]
    assert after > 1.2 * before


def test_nothing_throws(seen):
    assert seen["problems"] == []


def test_there_is_something_to_see(seen):
    shown = imread(seen["screenshot"])
    assert shown.shape[:2] == (1000, 1400)
    assert shown[..., :3].std() > 20
