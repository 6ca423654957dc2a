"""StarDist models of bioimage.io, by id: fetched with its library, kept as a model folder like any other.

StarDist's own `import_bioimageio` does the same with the bioimageio.core of 2022 and fails with today's; so the few
files are taken here: the description holds the network's configuration and thresholds, its attachments the weights.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from ..errors import MissingWeights
from ..places import cache_folder
from ..registry import Need
from . import _weights
from ._card import BIOIMAGEIO, Card, folder_name, sha256_of, write_card

NEED = Need("bioimageio", "bioimageio")
PAGE = "https://bioimage.io/#/?id="
WEIGHTS = "weights_bioimageio.h5"


def fetch_stardist(name: str) -> Path:
    """Download a 2D StarDist model of bioimage.io and return its folder in the cache.

    Args:
        name: "bioimageio:" and the model's id, nickname or doi ("chatty-frog", "10.5281/zenodo.6338614").

    Raises:
        MissingPackage: bioimage.io's library is not installed.
        MissingWeights: no network, no such model, or a model that StarDist cannot run in 2D.
    """
    asked = name.removeprefix(BIOIMAGEIO)
    NEED.check(f"Getting the model {name}")
    what = f"The StarDist weights {name!r}"
    advice = f"On a machine with internet, `opsef bundle FILE {name}` packs them for this one."
    return _weights.download(what, lambda part: unpack(asked, part / "model"), PAGE + asked, folder_name(name), advice)


def unpack(source: str | Path, folder: Path) -> Path:
    """Write the model folder of a bioimage.io model, with its card; returns the folder.

    Args:
        source: id, nickname, doi or address; or the path of a package (zip, rdf.yaml).
        folder: does not exist yet.

    Raises:
        MissingWeights: it is no 2D StarDist model, or its weights are not among its files.
    """
    from bioimageio.spec import InvalidDescr, dump_description, get_package_content, load_description, settings
    from loguru import logger

    logger.disable("bioimageio")  # it has its own logging, to the terminal
    settings.cache_path = cache_folder() / "bioimageio"
    described = load_description(source, perform_io_checks=False, progressbar=False)
    if isinstance(described, InvalidDescr):
        raise MissingWeights(f"The description of {source} on bioimage.io is not valid, so the model is not used.")
    facts = dump_description(described)
    own = _stardist_facts(source, facts)
    weights = get_package_content(described).get(own["weights"])
    if weights is None or isinstance(weights, dict):
        raise MissingWeights(
            f"The model {source} of bioimage.io lacks its file {own['weights']} with StarDist's weights."
        )
    folder.mkdir()
    (folder / WEIGHTS).write_bytes(weights.get_reader().read())
    for part in ("config", "thresholds"):
        (folder / f"{part}.json").write_text(json.dumps(own[part]), encoding="utf8")
    write_card(_card(source, facts, own, folder), folder)
    return folder


def _stardist_facts(source: str | Path, facts: dict[str, Any]) -> dict[str, Any]:
    """What StarDist's export wrote into the description: config, thresholds, name of the weights file."""
    own = (facts.get("config") or {}).get("stardist")
    if not isinstance(own, dict) or not {"config", "thresholds", "weights"} <= set(own):
        raise MissingWeights(
            f"The model {source} of bioimage.io was not exported by StarDist; of bioimage.io, opsef-core runs 2D "
            "StarDist models only."
        )
    if own["config"].get("n_dim") != 2:
        raise MissingWeights(f"The model {source} of bioimage.io is a StarDist model, but not for 2D images.")
    return own


def _card(source: str | Path, facts: dict[str, Any], own: dict[str, Any], folder: Path) -> Card:
    config = own["config"]
    data = facts.get("training_data") or {}
    return Card(
        family="stardist",
        title=str(facts.get("name", source)),
        version=str(facts.get("version") or "1"),
        architecture=f"StarDist 2D, {config.get('n_rays')} rays, grid {config.get('grid')}",
        input={"channels": config.get("n_channel_in")},
        weights=WEIGHTS,
        sha256=sha256_of(folder / WEIGHTS),
        files={f"{part}.json": sha256_of(folder / f"{part}.json") for part in ("config", "thresholds")},
        licence=str(facts.get("license") or "not stated by its authors"),
        trained_on={"dataset": str(data.get("id") or data.get("name") or "see its page"), "page": f"{PAGE}{source}"},
        training={"authors": [str(author.get("name")) for author in facts.get("authors") or []]},
        notes=str(facts.get("description") or ""),
    )
