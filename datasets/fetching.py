"""What the scripts that fetch data sets share: download, look into archives, trust nothing, say what to do by hand.

A set whose files are listed beside its dataset.yml compares each with its checksum (bbbc038). Of the others only the
source is known; `main` takes the images it finds there, reads each one to see that it is an image, and writes files.csv
with their checksums beside them, so that a later change is noticed.
"""

from __future__ import annotations

import argparse
import csv
import fnmatch
import hashlib
import io
import re
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from opsef_core.atomic import write_whole
from opsef_core.errors import OpsefError, UnreadableFile
from opsef_core.ingest import dataset, images
from opsef_core.ingest._dataset_file import DatasetFile
from opsef_core.places import offline

PATIENCE_S = 60  # how long a silent server is waited for
LARGEST = 2**29  # bytes: what claims more is not unpacked
TABLE = "files.csv"

Read = Callable[[], bytes]


@dataclass(frozen=True)
class Source:
    """A file to download.

    Attributes:
        url: where it is.
        sha256: its checksum; None: not known to us.
    """

    url: str
    sha256: str | None = None

    @property
    def name(self) -> str:
        """Of the file."""
        return self.url.rpartition("/")[2]


@dataclass(frozen=True)
class Way:
    """How a set is fetched.

    Attributes:
        sources: what is downloaded; none: it is only to be had by hand.
        wanted: patterns of the names of image files, whatever folder they lie in.
        by_hand: a sentence: how a person gets it.
        prepare: from the name and content of a wanted file to those of the image that is kept.
        columns: from the name of an image to what is known about it.
        largest: bytes; a longer file is not unpacked.
    """

    by_hand: str
    sources: Sequence[Source] = ()
    wanted: Sequence[str] = ("*.tif", "*.tiff", "*.png", "*.jpg", "*.jpeg")
    prepare: Callable[[str, bytes], tuple[str, bytes]] = lambda name, content: (name, content)
    columns: Callable[[str], Mapping[str, str]] = lambda name: {}
    largest: int = LARGEST


def main(home: Path, way: Way, arguments: list[str] | None = None) -> int:
    """Fetch a set into its folder; 0 if it is there then.

    Args:
        home: folder of its dataset.yml.
        way: how.
        arguments: of the command line; those of the process if left out.
    """
    parser = argparse.ArgumentParser(description=f"Get the data set {home.name}: {way.by_hand}")
    parser.add_argument("--from", dest="given", action="append", type=Path, help="file, zip or folder, no download")
    parser.add_argument("--to", type=Path, help="folder to fill (the data folder)")
    asked = parser.parse_args(arguments)
    data = dataset(home, folder=asked.to)
    rows = {f.image: row_of(f) for f in data.files if (data.folder / f.image).is_file()}
    if rows and len(rows) == len(data.files) and not asked.given:
        print(f"{len(rows)} images are in {data.folder} already.")
        return 0
    downloads = data.folder / "download"
    lacking = []
    for source in asked.given or way.sources:
        try:
            path = checked(source, way) if isinstance(source, Path) else download(source, downloads)
            found = taken(path, data.folder, way) if path is not None else {}
        except OpsefError as error:
            print(error)
            found = {}
        rows |= found
        if not found:
            lacking.append(str(source) if isinstance(source, Path) else source.url)
    if rows:
        write_table(data.folder, rows)
        print(f"{len(rows)} images are in {data.folder}.")
    if lacking or not rows:
        print("".join(f"Nothing came from {source}.\n" for source in lacking) + f"By hand: {way.by_hand}")
        print(f"Then: python {home / 'fetch.py'} --from FILE_OR_FOLDER")
        return 1
    clear(downloads, [s.name for s in way.sources])
    return 0


def row_of(file: DatasetFile) -> dict[str, str]:
    """What the table says about an image that is there already."""
    return {"image_sha256": file.image_sha256 or "", **{k: str(v) for k, v in file.columns.items()}}


def checked(path: Path, way: Way) -> Path:
    """A path of the user's.

    Raises:
        UnreadableFile: it is not there, or has the name of a source and another checksum.
    """
    if not path.exists():
        raise UnreadableFile(f"There is no file or folder {path}.")
    wanted = {s.name: s.sha256 for s in way.sources if s.sha256}.get(path.name)
    if wanted and path.is_file():
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != wanted:
                raise UnreadableFile(f"{path} is not the file its name says: its sha256 is not {wanted}.")
    return path


def download(source: Source, folder: Path) -> Path | None:
    """The file at an address, whole; None, and the reason printed, if it cannot be had."""
    import pooch

    if offline():
        print(f"{source.url} is not downloaded: OPSEF_OFFLINE is set.")
        return None
    print(f"Downloading {source.url} ...")
    known = source.sha256 and f"sha256:{source.sha256}"
    try:
        loader = pooch.HTTPDownloader(progressbar=True, timeout=PATIENCE_S)
        path = Path(pooch.retrieve(source.url, known_hash=known, fname=source.name, path=folder, downloader=loader))
    except Exception as error:  # whatever the network does
        print(f"It could not be downloaded ({(str(error).splitlines() or [type(error).__name__])[0]}).")
        return None
    if source.name.endswith(".zip") and not zipfile.is_zipfile(path):
        path.unlink()
        print("What came is no zip archive; it was thrown away.")
        return None
    return path


def clear(folder: Path, names: Iterable[str]) -> None:
    """Throw away downloads that are not needed any more, and their folder if nothing else is in it."""
    for name in names:
        (folder / name).unlink(missing_ok=True)
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def taken(source: Path, folder: Path, way: Way) -> dict[str, dict[str, str]]:
    """Keep every wanted image of a source; a row of the table for each, by its path in the folder."""
    rows: dict[str, dict[str, str]] = {}
    print(f"Looking through {source} ...")
    with opened(source, way.largest) as members:
        for member, read in members:
            name = PurePosixPath(member).name
            if name.startswith(".") or not any(fnmatch.fnmatch(name.lower(), w.lower()) for w in way.wanted):
                continue
            try:
                name, content = way.prepare(name, read())
            except Exception as error:  # whatever a library says about a broken file
                print(f"  {member} is not used: {error}")
                continue
            image = f"images/{safe(name)}"
            if image in rows:
                print(f"  {member} is not used: another file is called {name}")
                continue
            write_whole(ready(folder / image), content)
            if reason := no_image(folder / image):
                (folder / image).unlink()
                print(f"  {member} is not used: {reason}")
                continue
            rows[image] = {"image_sha256": hashlib.sha256(content).hexdigest(), **way.columns(name)}
    return rows


def safe(name: str) -> str:
    """A file name of plain characters, however strange the one in the archive is."""
    return re.sub(r"[^\w.() +-]", "_", name).strip() or "image"


def no_image(path: Path) -> str | None:
    """Why a file is no image; None if it is one."""
    try:
        failed = images(path).failed
    except OpsefError as error:
        return str(error)
    return failed[0].reason if failed else None


def write_table(folder: Path, rows: Mapping[str, Mapping[str, str]]) -> None:
    """Write files.csv."""
    text = io.StringIO()
    columns = dict.fromkeys(c for row in rows.values() for c in row)
    table = csv.DictWriter(text, ["image", *columns], lineterminator="\n")
    table.writeheader()
    table.writerows({"image": image, **row} for image, row in sorted(rows.items()))
    write_whole(folder / TABLE, text.getvalue().encode())


@contextmanager
def opened(source: Path, largest: int) -> Iterator[Iterable[tuple[str, Read]]]:
    """The members of a folder or zip archive, or the one file: relative path, and how to read it.

    Raises:
        UnreadableFile: neither is there, or a zip archive cannot be read.
    """
    if source.is_dir():
        files = (p for p in sorted(source.rglob("*")) if p.is_file())
        yield ((p.relative_to(source).as_posix(), reader(p.open, "rb", p.stat().st_size, largest)) for p in files)
        return
    if source.is_file() and source.suffix.lower() != ".zip":
        yield [(source.name, reader(source.open, "rb", source.stat().st_size, largest))]
        return
    try:
        archive = zipfile.ZipFile(source)
    except Exception as error:  # whatever the library says about a broken file
        raise UnreadableFile(f"{source} is neither a folder nor a zip archive that can be read: {error}") from None
    with archive:
        infos = (i for i in archive.infolist() if not i.is_dir())
        yield ((i.filename, reader(archive.open, i, i.file_size, largest)) for i in infos)


def reader(opener: Callable[..., IO[bytes]], what: object, size: int, largest: int) -> Read:
    """A function that reads a member, and no more than `largest` bytes, whatever its header says."""

    def read() -> bytes:
        if size > largest:
            raise ValueError(f"{size} bytes are too many")
        with opener(what) as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            raise ValueError("it unpacks to more than it says")
        return content

    return read


def ready(path: Path) -> Path:
    """A path whose folder is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


if __name__ == "__main__":
    sys.exit("Call the fetch.py of a data set: python datasets/NAME/fetch.py")
