"""The page the widgets are tried on: time is real, and a browser that does not work is told, not waited for."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import imageio.v3 as iio
import pytest
import widget_page

import opsef_core as opsef

chromium = pytest.mark.skipif(widget_page.CHROMIUM is None, reason="there is no chromium on this machine")

EMPTY = SimpleNamespace(
    trait_names=lambda sync: ["about", "first", "marks"],
    about={"title": "x", "rater": "x", "words": [], "colours": {}, "blind": True, "summary": []},
    first=[],
    marks="0",
)


def page_with(folder, script):
    (folder / "hands.js").write_text(script)
    return widget_page.write_page(folder / "page.html", "rater", EMPTY, [], folder / "hands.js")


def program(path, text):
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return str(path)


@chromium
def test_waiting_lasts_until_all_that_is_under_way_is_done(tmp_path):
    script = """
    const steps = [];
    counted(later(700)).then(() => { steps.push("one"); counted(later(400)).then(() => steps.push("two")); });
    const began = performance.now();
    await wait(10);
    outcome.steps = steps;
    outcome.ms = performance.now() - began;
    document.body.style.background = "#f00";
    document.body.replaceChildren();
    """
    shot = tmp_path / "shot.png"
    outcome, text = widget_page.browse(page_with(tmp_path, script), tmp_path, f"--screenshot={shot}")
    assert outcome["errors"] == []
    assert outcome["steps"] == ["one", "two"]
    assert outcome["ms"] > 1090
    assert "<body" in text
    assert iio.imread(shot)[100, 100, :3].tolist() == [255, 0, 0]  # taken after the script


@chromium
@pytest.mark.parametrize("script", ["this is no script", "throw new Error('this is no script')"])
def test_a_script_with_a_fault_is_told_at_once(tmp_path, script):
    outcome, _ = widget_page.browse(page_with(tmp_path, script), tmp_path, limit_s=60)
    assert outcome["errors"]


@chromium
def test_a_page_that_says_nothing_is_ended(tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<!doctype html>")
    with pytest.raises(RuntimeError, match="nothing behind within 3 s; it ran on"):
        widget_page.browse(page, tmp_path, limit_s=3)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (lambda path: program(path, "echo no display >&2; exit 7"), "(?s)it ended with 7 and said.*no display"),
        (lambda path: program(path, "sleep 300"), "it ran on"),
        (lambda path: str(path), "cannot be started"),
    ],
)
def test_a_browser_that_does_not_work_is_told(tmp_path, monkeypatch, made, text):
    monkeypatch.setattr(widget_page, "CHROMIUM", made(tmp_path / "browser"))
    (tmp_path / "page.html").write_text("")
    began = time.monotonic()
    with pytest.raises(RuntimeError, match=text):
        widget_page.browse(tmp_path / "page.html", tmp_path, limit_s=1)
    assert time.monotonic() - began < 100  # not the 300 of the one that sleeps


@pytest.mark.skipif(not widget_page.GUARD, reason="this system has no setpriv")
def test_a_browser_ends_with_a_test_that_is_killed(tmp_path):
    sleeper = program(tmp_path / "browser", "echo $$ > " + str(tmp_path / "id") + "; exec sleep 300")
    (tmp_path / "page.html").write_text("")
    code = f"""
import sys; sys.path[:0] = {[str(Path(widget_page.__file__).parent), str(Path(opsef.__file__).parents[1])]!r}
import pathlib, widget_page
widget_page.CHROMIUM = {sleeper!r}
widget_page.browse(pathlib.Path({str(tmp_path / "page.html")!r}), pathlib.Path({str(tmp_path)!r}))
"""
    test = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 120
    while not (tmp_path / "id").exists() or not (tmp_path / "id").read_text():
        assert time.monotonic() < until
        time.sleep(0.1)
    test.send_signal(signal.SIGKILL)
    test.wait()
    browser = int((tmp_path / "id").read_text())
    while runs(browser):
        assert time.monotonic() < until
        time.sleep(0.1)


def runs(process):
    try:
        os.kill(process, 0)
        return "\nState:\tZ" not in Path(f"/proc/{process}/status").read_text()
    except (ProcessLookupError, FileNotFoundError):
        return False
