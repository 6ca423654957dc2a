"""A page that shows a widget without notebook or kernel, and a person's hands on it; run in a real browser."""

import base64
import html
import json
import re
import shutil
import subprocess
from pathlib import Path

from opsef_core.widgets._browser import module, style

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
QUIET = "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"

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


def browse(page, folder, *flags, budget_ms=20000):
    """Open the page; what the script left behind, and all of the page."""
    command = [CHROMIUM, *QUIET.split(), f"--user-data-dir={folder / 'profile'}", f"--virtual-time-budget={budget_ms}"]
    command += [*flags, *([] if flags and flags[0].startswith("--screenshot") else ["--dump-dom"]), page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
    found = re.search(r'<pre id="outcome" hidden="">(.*?)</pre>', done.stdout, re.DOTALL)
    return (json.loads(html.unescape(found.group(1))) if found and found.group(1) else None), done.stdout
