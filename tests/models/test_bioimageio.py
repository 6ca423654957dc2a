"""StarDist models of bioimage.io: their description is read by its own library, here from a package on disk."""

import hashlib
import json
import shutil
import zipfile

import numpy as np
import pytest
import toy
import yaml

from opsef_core.errors import MissingPackage, MissingWeights
from opsef_core.models import _bioimageio, bundle, install, model
from opsef_core.models._card import read_card, weights_folder
from opsef_core.registry import Need

NAME = "bioimageio:chatty-frog"


def hashed(file):
    return hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.fixture(scope="module")
def package(stardist_folder, tmp_path_factory):
    """A folder like those StarDist exports: description, StarDist's weights attached, and files nobody needs here."""
    pytest.importorskip("bioimageio.spec")
    folder = tmp_path_factory.mktemp("package")
    shutil.copy(stardist_folder / "weights_best.h5", folder / "stardist_weights.h5")
    np.save(folder / "test_input.npy", np.zeros((1, 64, 64, 1), np.float32))
    np.save(folder / "test_output.npy", np.zeros((1, 64, 64, 9), np.float32))
    (folder / "README.md").write_text("# Toy")
    with zipfile.ZipFile(folder / "TF_SavedModel.zip", "w") as archive:
        archive.writestr("saved_model.pb", b"")
    image, _ = toy.one_disc()
    import imageio.v3 as iio

    iio.imwrite(folder / "cover.png", image.array().astype(np.uint8))
    about = {
        "type": "model", "format_version": "0.4.10", "name": "Toy StarDist", "description": "discs", "version": "0.1.0",
        "authors": [{"name": "A Person"}], "cite": [{"text": "StarDist", "doi": "10.1007/978-3-030-00934-2_30"}],
        "license": "BSD-3-Clause", "documentation": "README.md", "covers": ["cover.png"], "tags": ["stardist"],
        "training_data": {"id": "discs"}, "timestamp": "2024-01-01T00:00:00",
        "attachments": {"files": ["stardist_weights.h5"]},
        "test_inputs": ["test_input.npy"], "test_outputs": ["test_output.npy"],
        "inputs": [{"name": "input", "axes": "byxc", "data_type": "float32",
                    "shape": {"min": [1, 64, 64, 1], "step": [0, 16, 16, 0]}}],
        "outputs": [{"name": "output", "axes": "byxc", "data_type": "float32", "shape": {"reference_tensor": "input",
                     "scale": [1, 1, 1, 0], "offset": [0, 0, 0, 4.5]}}],
        "weights": {"tensorflow_saved_model_bundle": {"source": "TF_SavedModel.zip", "tensorflow_version": "2.16.1",
                    "sha256": hashed(folder / "TF_SavedModel.zip")}},
        "config": {"stardist": {"python_version": "0.9.2", "weights": "stardist_weights.h5",
                   "thresholds": json.loads((stardist_folder / "thresholds.json").read_text()),
                   "config": json.loads((stardist_folder / "config.json").read_text())}},
    }  # fmt: skip
    (folder / "rdf.yaml").write_text(yaml.safe_dump(about))
    return folder


def changed(package, folder, change):
    """A copy of the package with another description."""
    shutil.copytree(package, folder)
    about = yaml.safe_load((folder / "rdf.yaml").read_text())
    change(about)
    (folder / "rdf.yaml").write_text(yaml.safe_dump(about))
    return folder / "rdf.yaml"


def test_it_becomes_a_model_folder_that_gives_the_same_labels(package, stardist_folder, tmp_path):
    folder = _bioimageio.unpack(package / "rdf.yaml", tmp_path / "model")
    card = read_card(folder)
    card.check(folder)
    assert (card.family, card.title, card.version, card.licence) == (
        "stardist",
        "Toy StarDist",
        "0.1.0",
        "BSD-3-Clause",
    )
    assert card.trained_on["dataset"] == "discs"
    assert card.training == {"authors": ["A Person"]}
    assert card.input == {"channels": 1}
    assert sorted(card.files) == ["config.json", "thresholds.json"]
    image, _ = toy.many_discs(seed=9, shape=(96, 96))
    labels = model("stardist", pretrained=str(folder))(image)
    assert labels.count > 0
    assert np.array_equal(labels.pixels, model("stardist", pretrained=str(stardist_folder))(image).pixels)


def test_a_zip_does_as_well(package, tmp_path):
    archive = shutil.make_archive(str(tmp_path / "package"), "zip", package)
    assert read_card(_bioimageio.unpack(archive, tmp_path / "model")).title == "Toy StarDist"


def test_by_id_it_is_fetched_once_and_kept_in_the_cache(package, monkeypatch, tmp_path):
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path))
    asked = []
    real = _bioimageio.unpack
    monkeypatch.setattr(
        _bioimageio, "unpack", lambda source, to: asked.append(source) or real(package / "rdf.yaml", to)
    )
    segment = model("stardist", pretrained=NAME)
    assert segment.weights_checksum is None
    segment.fetch()
    segment.fetch()
    assert asked == ["chatty-frog"]
    assert [f.name for f in weights_folder().iterdir()] == ["bioimageio-chatty-frog"]
    assert model("stardist", pretrained=NAME).weights_checksum == segment.weights_checksum is not None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda about: about["config"].pop("stardist"),
            "was not exported by StarDist; of bioimage.io, opsef-core runs 2D",
        ),
        (lambda about: about["config"]["stardist"].pop("thresholds"), "was not exported by StarDist"),
        (
            lambda about: about["config"]["stardist"]["config"].update(n_dim=3),
            "is a StarDist model, but not for 2D images",
        ),
        (
            lambda about: about["attachments"].update(files=[]),
            "lacks its file stardist_weights.h5 with StarDist's weights",
        ),
        (lambda about: about["config"]["stardist"].update(weights="../x.h5"), r"lacks its file \.\./x\.h5"),
        (lambda about: about.pop("weights"), "is not valid, so the model is not used"),
    ],
)
def test_what_stardist_cannot_run_is_refused_in_words(package, tmp_path, change, message):
    with pytest.raises(MissingWeights, match=message):
        _bioimageio.unpack(changed(package, tmp_path / "other", change), tmp_path / "model")
    assert not (tmp_path / "model").exists()


def test_without_network(monkeypatch, tmp_path):
    pytest.importorskip("bioimageio.spec")
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path))

    def offline(source, to):
        raise OSError("Name or service not known")

    monkeypatch.setattr(_bioimageio, "unpack", offline)
    with pytest.raises(MissingWeights) as error:
        model("stardist", pretrained=NAME).ready("cpu")
    assert str(error.value) == (
        f"The StarDist weights {NAME!r} are not on this machine and could not be downloaded (Name or service not "
        f"known). On a machine with internet, `opsef bundle FILE {NAME}` packs them for this one."
    )


def test_a_bundle_brings_it_to_another_machine(package, monkeypatch, tmp_path):
    real = _bioimageio.unpack
    monkeypatch.setattr(_bioimageio, "unpack", lambda source, to: real(package / "rdf.yaml", to))
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "one"))
    bundle(tmp_path / "b.zip", [NAME])
    before = model("stardist", pretrained=NAME).weights_checksum
    monkeypatch.setenv("OPSEF_CACHE", str(tmp_path / "two"))
    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    install(tmp_path / "b.zip")
    model("stardist", pretrained=NAME).fetch()
    assert model("stardist", pretrained=NAME).weights_checksum == before


def test_offline_nothing_is_asked_of_the_network(monkeypatch, no_network):
    pytest.importorskip("bioimageio.spec")
    monkeypatch.setenv("OPSEF_OFFLINE", "1")
    with pytest.raises(MissingWeights, match="nothing is downloaded offline"):
        model("stardist", pretrained=NAME).fetch()


def test_without_its_library(monkeypatch):
    monkeypatch.setattr(_bioimageio, "NEED", Need("bioimageio_is_not_here", "bioimageio"))
    with pytest.raises(
        MissingPackage, match=r"Getting the model bioimageio:chatty-frog needs .*opsef-core\[bioimageio\]"
    ):
        model("stardist", pretrained=NAME).fetch()
