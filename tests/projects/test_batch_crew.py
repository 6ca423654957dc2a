"""The processes that run notebooks: stopped, killed, or dead, they leave nothing behind, and the batch goes on."""

import json
import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
import toy
from batch_inputs import PIPELINE, put_images, put_notebook

from opsef_core.projects import batch
from opsef_core.projects._batch import crew
from opsef_core.projects._batch.task import Task


@pytest.fixture
def pipeline(tmp_path, monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    file = tmp_path / "p.yml"
    file.write_text(PIPELINE)
    return file


SLOW = "import os, pathlib, time\nhere = pathlib.Path(run_folder).parent / 'pid'\nslow = not here.exists()"
SLOW += "\nhere.write_text(str(os.getpid()))\ntime.sleep(600 * slow)"


# The command line, listening to Ctrl-C also where the tests run in the background and their children would not.
HEARING = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
HEARING += "from opsef_core.__main__ import main; sys.exit(main())"


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_stopped_or_killed_nothing_outlives_it_and_it_goes_on(pipeline, tmp_path, sign):
    put_images(tmp_path / "one", toy.one_disc())
    notebook = put_notebook(tmp_path / "slow.ipynb", SLOW)
    command = [sys.executable, "-c", HEARING, "batch", str(pipeline), "--data", str(tmp_path / "one")]
    command += ["--notebook", str(notebook), "--out", str(tmp_path / "out")]
    process = subprocess.Popen(
        command,
    )
    pid = tmp_path / "out" / "one" / "pid"
    wait_for(lambda: pid.exists() and pid.read_text())
    kernel = int(pid.read_text())
    started = [p.pid for p in psutil.Process(process.pid).children(recursive=True)]
    assert kernel in started
    process.send_signal(sign)
    assert process.wait(120) in (130, -signal.SIGKILL)
    wait_for(lambda: not any(psutil.pid_exists(p) and alive(p) for p in started))
    record = json.loads((tmp_path / "out" / "one" / "record.json").read_text("utf8"))
    assert record["status"] == ("stopped" if sign == signal.SIGINT else "running")
    if sign == signal.SIGKILL:
        made = batch(pipeline, tmp_path / "one", tmp_path / "out", notebook, progress=False)
        assert list(made.table["status"]) == ["done"]


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def wait_for(what, seconds=120):
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("import os; os.kill(os.getpid(), 9)", "ended from outside, or the memory was full"),
        ("raise OSError('no space')", "OSError: no space"),
        ("pass", ""),
    ],
)
def test_a_process_that_dies_is_a_reason(program, reason, tmp_path, monkeypatch):
    monkeypatch.setattr(crew, "COMMAND", [sys.executable, "-c", program])
    ends = []
    crew.work([Task("n", str(tmp_path), {}, {})] * 2, 2, lambda task: None, lambda task, said: ends.append(said))
    assert len(ends) == 2
    assert all((reason in said) if reason else said == "" for said in ends)
