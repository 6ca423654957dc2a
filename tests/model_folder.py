"""Model folders with a card, made of files that are at hand."""

import shutil
from pathlib import Path

from opsef_core.models._card import Card, sha256_of, write_card


def write_folder(folder, family, files, **said):
    """A model folder: files by name, the first of them the weights; each a path to copy from, or bytes."""
    folder = Path(folder)
    folder.mkdir(parents=True)
    for name, content in files.items():
        if isinstance(content, bytes):
            (folder / name).write_bytes(content)
        else:
            shutil.copy(content, folder / name)
    weights, *others = files
    facts = {"title": "Toy", "licence": "CC0-1.0", "trained_on": {"dataset": "toys", "images": 4}, "training": {}}
    hashes = {name: sha256_of(folder / name) for name in others}
    write_card(
        Card(family=family, weights=weights, sha256=sha256_of(folder / weights), files=hashes, **facts | said), folder
    )
    return folder
