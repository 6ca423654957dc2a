"""A page that shows a widget without notebook or kernel, and a person's hands on it; run in a real browser."""

import base64
import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opsef_core.widgets._browser import module, style

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
QUIET += " --disable-breakpad --disable-dev-shm-usage --no-proxy-server"
# Where the system knows how: the browser ends with the test, also when that is killed.
GUARD = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []

HERE = Path(__file__).parent


def as_json(x):
    def told(value):
        if isinstance(value, bytes | memoryview):
            return {"__bytes__": base64.b64encode(bytes(value)).decode()}
        raise TypeError(type(value))

    return json.dumps(x, default=told).replace("</", "<\\/")


def write_page(path, name, widget, answers, hands):
    """The page of a widget. `answers`: (question, message, buffers), for a kernel; `hands`: file of the script."""
    state = {trait: getattr(widget, trait) for trait in widget.trait_names(sync=True) if not trait.startswith("_")}
    state = {trait: value for trait, value in state.items() if isinstance(value, str | list | dict | tuple)}
    parts = {
        "STYLE": style(name),
        "SCRIPT": (HERE / hands).read_text("utf8"),
        "MODULE": module(name),
        "STATE": as_json(state),
    }
    parts["ANSWERS"] = as_json(answers)
    path.write_text(
        re.sub("|".join(parts), lambda found: parts[found.group()], (HERE / "page.html").read_text("utf8")),
        encoding="utf8",
    )
    return path


class Host(ThreadingHTTPServer):
    """Gives the page to the browser of this machine, and takes what the page reports."""

    daemon_threads = True

    def __init__(self, page):
        super().__init__(("127.0.0.1", 0), Reception)
        self.page = page.read_bytes()
        self.reported = threading.Event()
        self.report = None
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def address(self):
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def handle_error(self, request, client_address):
        """A browser that is ended hangs up; that is no fault."""

    def __exit__(self, *_):
        self.reported.set()
        self.shutdown()
        self.server_close()


class Reception(BaseHTTPRequestHandler):
    """GET / is the page, GET /held is answered after the report, POST /outcome is the report."""

    def do_GET(self):
        if self.path == "/held":
            self.server.reported.wait()
        content = self.server.page if self.path == "/" else b""
        self.answer(content)

    def do_POST(self):
        self.server.report = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.answer()
        self.server.reported.set()

    def answer(self, content=b""):
        self.send_response(200 if content else 204)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Say nothing."""


def browse(page, folder, *flags, limit_s=240):
    """Open the page; what the script left behind, and all of the page.

    Time is real. With the flag `--screenshot=FILE` the page is also taken as a picture, after all of the script.

    Raises:
        RuntimeError: the browser did not start, ended early or left nothing behind within `limit_s`.
    """
    if shutil.which(CHROMIUM) is None:
        raise RuntimeError(f"The browser {CHROMIUM} cannot be started: there is no such program.")
    command = [*GUARD, CHROMIUM, *QUIET.split(), f"--user-data-dir={folder / 'profile'}", *flags]
    said = folder / "browser.log"
    with Host(page) as host, said.open("wb") as log:
        browser = subprocess.Popen([*command, host.address], stdout=log, stderr=log, start_new_session=True)
        try:
            until = time.monotonic() + limit_s
            while not host.reported.wait(0.1) and browser.poll() is None and time.monotonic() < until:
                pass
            if host.reported.is_set() and any(flag.startswith("--screenshot") for flag in flags):
                browser.wait(limit_s)  # it ends by itself when the picture is taken
            state = "ran on" if browser.poll() is None else f"ended with {browser.returncode}"
        finally:
            end(browser)
        if host.report is None:
            text = said.read_text("utf8", "replace")[-2000:]
            raise RuntimeError(f"The browser left nothing behind within {limit_s} s; it {state} and said:\n{text}")
        return host.report["outcome"], host.report["page"]


def end(browser):
    """End a browser and all of its processes: asked first, so that it takes its own along."""
    browser.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        browser.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(browser.pid, signal.SIGKILL)
    browser.wait(10)
