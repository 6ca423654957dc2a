import errno
import os
from pathlib import Path

import pytest

from opsef_core.atomic import make_folder, write_whole
from opsef_core.errors import CannotWrite, DiskFull


def test_a_file_is_replaced_whole(tmp_path):
    file = tmp_path / "a.txt"
    file.write_text("old")
    assert write_whole(file, b"new") == file
    assert file.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize(
    ("told", "said"),
    [("", "could not be written: the disk is full. Make room and try again."), ("Buy a disk.", "Buy a disk.")],
)
def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, told, said):
    file = tmp_path / "a.txt"
    file.write_text("old")

    def full(path, content):
        path.touch()
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(DiskFull) as caught:
        write_whole(file, b"new", told)
    assert str(caught.value).endswith(said)
    assert [(f, f.read_text()) for f in tmp_path.iterdir()] == [(file, "old")]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        (errno.EROFS, "a.txt cannot be written: Read-only file system. Choose a folder that exists and that you may"),
        (errno.EACCES, "Permission denied. If a program shows this file, close it there. Choose a folder"),
    ],
)
def test_a_read_only_folder_is_told_and_leaves_what_was_there(tmp_path, monkeypatch, code, said):
    file = tmp_path / "a.txt"
    file.write_text("old")

    def refuse(path, content):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(Path, "write_bytes", refuse)
    with pytest.raises(CannotWrite) as caught:
        write_whole(file, b"new")
    assert said in str(caught.value)
    assert not isinstance(caught.value, DiskFull)
    assert file.read_text() == "old"


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(CannotWrite, match="No such file or directory. Choose a folder that exists"):
        write_whole(tmp_path / "no folder" / "a.txt", b"")


def test_a_folder_is_made_with_those_above_it_or_it_is_said_why_not(tmp_path):
    assert make_folder(tmp_path / "a" / "b").is_dir()
    assert make_folder(tmp_path / "a" / "b").is_dir()
    (tmp_path / "file").touch()
    with pytest.raises(CannotWrite, match="file cannot be written: File exists. Choose a folder"):
        make_folder(tmp_path / "file")
