"""The report opened by double click, without network, in a real browser."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
from fake_run import FakeRun, eroded
from toy import many_discs, pair

from opsef_core.data import Act
from opsef_core.report import write_report

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
QUIET = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking --disable-dev-shm-usage"
NASTY = "<script>document.title='mine'</script> \"ümlaut\" & 細胞 '%s'"
LONG = "nucleaizer(pretrained=nucleaizer-light-bbbc038, score_threshold=0.45, foreground_threshold=0.875)"
LOOK = """<script>addEventListener("load", () => {
  const links = [...document.querySelectorAll("a[href^='#']")];
  const goals = links.map(a => document.getElementById(a.getAttribute("href").slice(1)));
  const found = {
    broken: [...document.images].filter(i => !i.naturalWidth).length,
    images: document.images.length,
    scripts: document.scripts.length - 1,
    fetched: performance.getEntriesByType("resource").map(e => e.name).filter(n => !n.startsWith("data:")),
    links: links.length,
    astray: goals.filter(g => !g || !g.nextElementSibling.querySelector("img")).length,
    beyond: [...document.querySelectorAll("main *")].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
      .map(e => e.outerHTML.slice(0, 80)),
    first: document.querySelector("main").innerText.slice(0, 200),
    title: document.title,
  };
  const said = document.createElement("pre");
  said.id = "found";
  said.textContent = JSON.stringify(found);
  document.body.append(said);
})</script>"""


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two recipes x three models with long names on four images with names that are hard on a page."""
    made = FakeRun(tmp_path_factory.mktemp("run"), title=NASTY)
    for number in range(4):
        image, truth = many_discs(seed=number, shape=(90, 120))
        image, truth = pair(f"{number} {NASTY}", truth.pixels, seed=number)
        made.image_with(image, truth)
        fewer = truth.keep(truth.ids[::2], Act("toy", "half"))
        everything = truth.then(Act("toy", "one"), np.ones_like(truth.pixels))
        for recipe in ("median + subtract_background", NASTY):
            made.result(image.name, recipe, LONG, eroded(truth, number % 2), **{"nucleaizer.nms_iou": 0.35})
            made.result(image.name, recipe, "unet", fewer, **{"unet.min_area_px": 15})
            made.result(image.name, recipe, "threshold", None if number == 3 else everything, reason=NASTY)
    return made


def opened(path, width):
    """What the browser finds on a page, and what it writes to its console."""
    text = path.read_text("utf8")
    assert "</body>" in text
    page = path.with_name(f"looked_at_{width}.html")
    page.write_text(text.replace("</body>", LOOK + "</body>"), "utf8")
    asked = [CHROMIUM, *QUIET.split(), f"--user-data-dir={path.parent / 'profile'}", f"--window-size={width},900"]
    asked += ["--enable-logging=stderr", "--virtual-time-budget=4000", "--dump-dom", page.as_uri()]
    done = subprocess.run(asked, capture_output=True, text=True, timeout=120, check=False, encoding="utf8")
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr[-2000:]
    text = found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return json.loads(text), [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.fixture(scope="module")
def desktop(run):
    return opened(write_report(run), 1280)


def test_nothing_is_fetched_broken_or_complained_of(desktop):
    found, console = desktop
    assert console == []
    assert found["fetched"] == []
    assert found["broken"] == 0
    assert found["images"] > 40


def test_names_stay_text(desktop):
    found, _ = desktop
    assert found["scripts"] == 0
    assert found["title"] == NASTY


def test_the_verdict_is_what_one_sees_first(desktop):
    found, _ = desktop
    assert found["first"].split("\n")[0] == NASTY
    assert re.match(r"Best( mean)?: .* -> nucleaizer", found["first"].split("\n", 1)[1].strip())


def test_every_part_of_a_bar_leads_to_pictures(desktop):
    found, _ = desktop
    assert found["links"] >= 3
    assert found["astray"] == 0


def test_nothing_reaches_beyond_the_window(desktop):
    found, _ = desktop
    assert found["beyond"] == []
