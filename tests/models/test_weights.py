"""Where a name leads, and how a download goes."""

import socket

import pytest
from model_folder import write_folder

from opsef_core.errors import BadConfig, MissingWeights
from opsef_core.models import _card, _weights, model
from opsef_core.models._card import find_card, find_folder, is_path, names, weights_folder


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty weights folder; the current folder is another one."""
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "cache"))
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "cache" / "weights"


@pytest.mark.parametrize(
    ("name", "path"),
    [("nuclei", False), ("./nuclei", True), ("a/b", True), ("~/m", True), ("bioimageio:10.5281/zenodo.1", False)],
)
def test_what_is_a_path(name, path):
    assert is_path(name) == path


def test_names_are_looked_for_in_the_zoo_then_the_shared_folder_then_the_cache(home, tmp_path, monkeypatch):
    assert weights_folder() == home
    assert find_folder("mine") is None
    in_cache = write_folder(home / "mine", "unet", {"w": b"cache"})
    assert find_folder("mine") == in_cache
    shared = write_folder(tmp_path / "course" / "mine", "unet", {"w": b"shared"})
    monkeypatch.setenv("OPSEF_WEIGHTS", str(tmp_path / "course"))
    assert find_folder("mine") == shared
    write_folder(home / "unet-bbbc038", "unet", {"w": b"cache"})
    assert find_folder("unet-bbbc038") == _card.ZOO / "unet-bbbc038"


def test_nothing_in_the_current_folder_is_taken_by_accident(home):
    write_folder("mine", "unet", {"w": b"here"})
    assert find_folder("mine") is None
    assert find_folder("./mine").resolve() == (home.parents[1] / "here" / "mine")


def test_a_name_that_leads_out_is_a_path(home):
    outside = write_folder(home.parent / "outside", "unet", {"w": b"x"})
    home.mkdir()
    assert find_folder(f"{home}/../outside").resolve() == outside
    assert find_folder("..") is None


def test_an_id_of_bioimageio_is_a_folder_name(home):
    folder = write_folder(home / "bioimageio-10.5281-zenodo.1", "stardist", {"w": b"x"})
    assert find_folder("bioimageio:10.5281/zenodo.1") == folder


def test_another_familys_folder_is_refused(home):
    folder = write_folder(home / "mine", "stardist", {"w": b"x"})
    with pytest.raises(BadConfig) as error:
        find_card("unet", "mine")
    assert str(error.value) == f"{folder} holds weights for 'stardist', not for 'unet'."
    with pytest.raises(BadConfig):
        _weights.find("cellpose", "mine", home / "mine")


def test_unknown_names_are_answered_with_all_there_are(home):
    write_folder(home / "my-nuclei", "unet", {"w": b"x"})
    write_folder(home / "my-cells", "cellpose", {"w": b"x"})
    write_folder(home / "broken", "unet", {"w": b"x"})
    (home / "broken" / "model.yml").write_text("nonsense")
    assert names("unet") == ["unet-bbbc038", "unet-without-tissue", "my-nuclei"]
    with pytest.raises(MissingWeights) as error:
        find_card("unet", "my-nucleus")
    assert str(error.value) == (
        "There are no unet weights called 'my-nucleus'. Did you mean 'my-nuclei'? Known: unet-bbbc038, "
        "unet-without-tissue, my-nuclei. Or give a folder of yours by its path (./my-nucleus for one in this folder)."
    )
    with pytest.raises(MissingWeights) as error:
        find_card("unet", "./my-nuclei")
    assert str(error.value) == "There is no folder ./my-nuclei with unet weights."


@pytest.mark.parametrize("family", ["unet", "cellpose"])
def test_bioimageio_is_for_stardist(home, family):
    with pytest.raises(MissingWeights) as error:
        model(family, pretrained="bioimageio:affable-shark").ready("cpu")
    assert str(error.value) == (
        f"bioimageio:affable-shark cannot be used by {family}: of bioimage.io, opsef-core runs 2D StarDist models, "
        "model('stardist', pretrained='bioimageio:affable-shark')."
    )


def test_a_librarys_own_file_is_found_last_where_the_library_keeps_it(home, tmp_path, monkeypatch):
    own = tmp_path / "library" / "net"
    assert _weights.find("cellpose", "net", own) is None
    own.parent.mkdir()
    own.write_bytes(b"x")
    assert _weights.find("cellpose", "net", own) == own
    home.mkdir(parents=True)
    (home / "net").write_bytes(b"x")
    assert _weights.find("cellpose", "net", own) == home / "net"
    folder = write_folder(tmp_path / "course" / "net", "cellpose", {"w": b"x"})
    monkeypatch.setenv("OPSEF_WEIGHTS", str(tmp_path / "course"))
    assert _weights.find("cellpose", "net", own) == folder
    assert _weights.main_file(folder) == folder / "w"
    assert _weights.main_file(own) == own


def test_a_damaged_folder_is_not_found_but_told(home):
    write_folder(home / "mine", "unet", {"w": b"x", "config.json": b"{}"})
    (home / "mine" / "config.json").write_bytes(b"{1}")
    with pytest.raises(MissingWeights, match=r"config\.json of 'Toy' is damaged"):
        _weights.find("unet", "mine", home / "mine")


def test_a_download_is_there_whole_or_not_at_all(home):
    def half(folder):
        (folder / "net").write_bytes(b"half")
        raise OSError("connection lost")

    with pytest.raises(MissingWeights) as error:
        _weights.download("The toy weights", half, "https://example.org/net.zip", "net")
    assert str(error.value) == (
        "The toy weights are not on this machine and could not be downloaded (connection lost). Get the file "
        f"https://example.org/net.zip on a machine with internet and put it there: {home}/net (unpacked); or put it "
        "elsewhere and give its path as pretrained; or bring it over with `opsef bundle`."
    )
    assert list(home.iterdir()) == []

    def whole(folder):
        (folder / "net").write_bytes(b"whole")
        return folder / "net"

    assert _weights.download("The toy weights", whole, "https://example.org/net", "net") == home / "net"
    assert [f.name for f in home.iterdir()] == ["net"]
    assert (home / "net").read_bytes() == b"whole"


def test_who_comes_second_uses_what_is_there(home):
    def get(folder):
        (home / "net").write_bytes(b"first")
        (folder / "net").write_bytes(b"second")
        return folder / "net"

    _weights.download("The toy weights", get, "https://example.org/net", "net")
    assert (home / "net").read_bytes() == b"first"


def test_a_place_that_cannot_be_written(home):
    home.parent.write_text("a file where the folder should be")
    with pytest.raises(MissingWeights, match="could not be downloaded"):
        _weights.download("The toy weights", lambda folder: folder, "https://example.org/net", "net")


def test_offline_nothing_is_downloaded(home, monkeypatch, no_network):
    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    with pytest.raises(
        MissingWeights, match="The toy weights are not on this machine, and nothing is downloaded offline"
    ):
        _weights.download("The toy weights", lambda folder: pytest.fail("downloads"), "https://example.org/net", "net")
    assert not home.exists()


def test_the_guard_of_these_tests_sees_a_connection(no_network):
    with pytest.raises(pytest.fail.Exception):
        socket.create_connection(("localhost", 9))


def test_a_download_does_not_wait_for_ever_and_leaves_settings_alone(home):
    before = socket.getdefaulttimeout()

    def get(folder):
        assert socket.getdefaulttimeout() == _weights.PATIENCE_S
        (folder / "net").touch()
        return folder / "net"

    _weights.download("The toy weights", get, "https://example.org/net", "net")
    assert socket.getdefaulttimeout() == before


def test_a_card_is_read_again_when_it_changed(home):
    folder = write_folder(home / "mine", "unet", {"w": b"x"}, title="one")
    assert find_card("unet", "mine")[0].title == "one"
    write_folder(home / "other", "unet", {"w": b"x"}, title="two")
    (home / "other" / "model.yml").replace(folder / "model.yml")
    assert find_card("unet", "mine")[0].title == "two"
