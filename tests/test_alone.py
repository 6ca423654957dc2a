import os
import subprocess
import sys

import pytest

from opsef_core.alone import WORKING, alone, working
from opsef_core.errors import BadRunFolder

HOLD = """
import sys
from pathlib import Path
from opsef_core.alone import alone
with alone(Path(sys.argv[1]), "taken"):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds a file until it is ended."""
    file = tmp_path / "held"
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    yield file, process
    process.kill()
    process.communicate()


def test_another_process_is_refused_in_the_words_given(holder):
    with pytest.raises(BadRunFolder, match="Somebody works here"), alone(holder[0], "Somebody works here."):
        pass


def test_a_killed_process_holds_nothing(holder):
    file, process = holder
    process.kill()
    process.wait()
    with alone(file, "taken"):
        pass


def test_twice_in_one_process_is_refused_too_and_afterwards_it_is_free(tmp_path):
    with alone(tmp_path / "held", "taken"), pytest.raises(BadRunFolder), alone(tmp_path / "held", "taken"):
        pass
    with alone(tmp_path / "held", "taken"):
        pass


def test_what_is_in_the_file_stays(tmp_path):
    (tmp_path / "held").write_text("format: 1\n")
    with alone(tmp_path / "held", "taken"):
        pass
    assert (tmp_path / "held").read_text() == "format: 1\n"


def test_a_file_that_cannot_be_written(tmp_path):
    with pytest.raises(BadRunFolder, match="cannot be written"), alone(tmp_path / "nowhere" / "held", "taken"):
        pass


def test_who_works_in_a_folder_is_told(tmp_path):
    with working(tmp_path):
        said = rf"computes in {tmp_path} now \(process {os.getpid()} on .*, since .*\)\. Wait until it is done"
        with pytest.raises(BadRunFolder, match=said), working(tmp_path):
            pass
    with working(tmp_path):
        assert [f.name for f in tmp_path.iterdir()] == [WORKING]


def test_a_damaged_note_of_who_works_is_left_out(tmp_path):
    (tmp_path / WORKING).write_bytes(b"\xff")
    with (
        alone(tmp_path / WORKING, ""),
        pytest.raises(BadRunFolder, match=f"in {tmp_path} now. Wait"),
        working(tmp_path),
    ):
        pass
