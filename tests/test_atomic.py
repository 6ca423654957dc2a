import errno
from pathlib import Path

import pytest

from opsef_core.atomic import write_whole
from opsef_core.errors import DiskFull


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


def test_other_trouble_is_told_as_it_is(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "no folder" / "a.txt", b"")
