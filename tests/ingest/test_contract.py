"""What every reader promises."""

import pytest

from opsef_core.errors import OpsefError, UnreadableFile
from opsef_core.ingest import READERS, Reader, read
from opsef_core.ingest._reader import in_turn

ALL = sorted(READERS.all())


@pytest.fixture(params=ALL)
def reader(request):
    return READERS.get(request.param)


def test_the_readers_are_all_there():
    assert {"tiff", "ome_zarr", "lif", "czi", "nd2", "picture", "other"} <= set(ALL)


def test_a_reader_says_what_it_is_for(reader):
    assert isinstance(reader, Reader)
    assert reader.name in ALL
    assert reader.__doc__
    assert reader.suffixes
    assert all(s == s.lower() and s.startswith(".") for s in reader.suffixes)
    assert all(need.extra == "formats" for need in reader.needs)


def test_no_two_readers_want_the_same_file():
    suffixes = [s for name in ALL for s in READERS.get(name).suffixes]
    assert len(suffixes) == len(set(suffixes))


def test_the_last_resort_is_asked_last():
    assert [reader.name for reader in in_turn()] == [*(name for name in ALL if name != "other"), "other"]


def test_a_reader_declines_other_files_in_words(reader, tmp_path):
    (tmp_path / "a.other").write_bytes(b"something else")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "a.other", tmp_path / "folder"):
        why = reader.refusal(path)
        assert why
        assert not why.endswith(".")


def test_a_reader_declines_text_that_has_its_suffix(reader, tmp_path):
    for suffix in reader.suffixes:
        path = tmp_path / f"a{suffix}"
        path.write_text("no image at all")
        assert reader.refusal(path)
        with pytest.raises(UnreadableFile, match=rf"^a\{suffix} cannot be read\. "):
            read(path)


@pytest.mark.parametrize("length", [1, 3, 8, 40, 200])
def test_whatever_the_bytes_there_is_an_error_in_words(reader, tmp_path, length):
    heads = (
        b"II*\0",
        b"MM\0*",
        b"II+\0",
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff",
        b"BM",
        b"ZISRAWFILE",
        b"\xda\xce\xbe\n",
        b"\x70\0\0\0",
    )
    for suffix in reader.suffixes:
        for head in heads:
            path = tmp_path / f"a{suffix}"
            path.write_bytes((head + b"\1\2\3\4" * 50)[:length])
            with pytest.raises(OpsefError) as caught:
                read(path)
            assert str(caught.value).startswith(f"a{suffix} ")
