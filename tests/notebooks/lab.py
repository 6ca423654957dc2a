"""JupyterLab in a real browser: one notebook, run as a person would."""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += ["--disable-breakpad", "--disable-dev-shm-usage", "--no-proxy-server"]
# Where the system knows how: the server and its kernels end with the test, also when that is killed.
GUARD = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
TOKEN = "only-for-this-test"


@contextlib.contextmanager
def server(folder, home):
    """JupyterLab over a folder, with no settings but its own; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ip=127.0.0.1", f"--port={port}", "--ServerApp.port_retries=0"]
    options += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder}"]
    command = [*GUARD, sys.executable, "-m", "jupyterlab", *options]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=os.environ | _own(home), stdout=log, stderr=log)
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address, process, home / "server.log")
        yield address
    finally:
        process.terminate()
        process.wait(30)


def _own(home):
    """Everything Jupyter keeps lies in one folder, and it asks for no news."""
    settings = home / "settings"
    silent = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    silent.parent.mkdir(parents=True)
    silent.write_text('{"fetchNews": "false", "checkForUpdates": false}', encoding="utf8")
    places = {f"JUPYTER_{name}_DIR": str(home / name.lower()) for name in ("CONFIG", "RUNTIME", "DATA")}
    places |= {"JUPYTERLAB_SETTINGS_DIR": str(settings), "JUPYTERLAB_WORKSPACES_DIR": str(home / "spaces")}
    return places | {"IPYTHONDIR": str(home / "ipython")}


def _wait_for(address, process, log, seconds=120):
    until = time.monotonic() + seconds
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/api?token={TOKEN}", timeout=5):
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab did not answer: {log.read_text('utf8')[-2000:]}")


@contextlib.contextmanager
def opened(address, notebook, width=1400, height=1000):
    """The notebook in JupyterLab, its kernel chosen: a page of playwright's."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player, player.chromium.launch(executable_path=CHROMIUM, args=QUIET) as browser:
        page = browser.new_page(viewport={"width": width, "height": height})
        page.set_default_timeout(60_000)
        page.goto(f"{address}/lab/tree/{notebook}?token={TOKEN}")
        page.wait_for_selector(".jp-Notebook .jp-Cell")
        choose_kernel(page)
        yield page


def choose_kernel(page):
    """Answer the question for a kernel, if it is asked; then wait until the kernel is there and nothing asks."""
    ready = page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]")
    accept = page.locator(".jp-Dialog button.jp-mod-accept")
    quiet = 0
    for _ in range(600):
        if accept.count():
            accept.first.click()
        quiet = quiet + 1 if ready.count() and not accept.count() else 0
        if quiet > 10:
            return
        page.wait_for_timeout(100)
    raise RuntimeError("the kernel did not start")


def run_all(page, notebook, seconds):
    """Run all cells, save, and wait until the last one is through; raises with the first error a cell shows."""
    page.locator(".jp-Notebook .jp-Cell").first.click()
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Run All Cells")).first.click()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        page.wait_for_timeout(1000)
        page.keyboard.press("Control+s")
        cells = code_cells(notebook)
        failed = [(c, o) for c in cells for o in c["outputs"] if o["output_type"] == "error"]
        for cell, output in failed:
            raise AssertionError("".join(cell["source"]) + f"\n{output['ename']}: {output['evalue']}")
        if all(cell["execution_count"] for cell in cells):
            return
    page.screenshot(path=notebook.with_suffix(".png"))
    raise RuntimeError(f"the notebook was not through after {seconds} seconds; see {notebook.with_suffix('.png')}")


def code_cells(notebook):
    return [cell for cell in json.loads(notebook.read_text("utf8"))["cells"] if cell["cell_type"] == "code"]
