import numpy as np
import pytest
import tifffile
import yaml

from opsef_core.errors import UnreadableFile
from opsef_core.ingest._dataset import dataset
from opsef_core.ingest._dataset_truth import objects_sha256

IDS = np.zeros((6, 8), np.uint16)
IDS[0:2, 5:8], IDS[3:5, 0:4] = 9, 2


def test_the_checksum_of_objects_is_that_of_the_documented_bytes():
    import hashlib

    expected = np.where(IDS == 9, 1, np.where(IDS == 2, 2, 0)).astype("<i4")
    assert objects_sha256(IDS) == hashlib.sha256(b"6x8:" + expected.tobytes()).hexdigest()


def test_numbers_and_types_do_not_count():
    other = np.select([IDS == 9, IDS == 2], [4, 70000]).astype(np.int64)
    assert objects_sha256(other) == objects_sha256(IDS) == objects_sha256(np.asfortranarray(IDS))


@pytest.mark.parametrize("change", ["pixel", "merged", "background", "shape"])
def test_every_change_of_an_object_counts(change):
    other = IDS.copy()
    if change == "pixel":
        other[5, 0] = 2
    elif change == "merged":
        other[other == 2] = 9
    elif change == "background":
        other[other == 2] = 0
    else:
        other = other.reshape(8, 6)
    assert objects_sha256(other) != objects_sha256(IDS)


def test_no_object_at_all():
    assert objects_sha256(np.zeros((2, 2), np.uint8)) != objects_sha256(np.ones((2, 2), np.uint8))


def test_truth_is_compared_by_its_objects(tmp_path):
    tifffile.imwrite(tmp_path / "i.tif", np.zeros((6, 8), np.uint8))
    tifffile.imwrite(tmp_path / "t.tif", IDS, compression="zlib")
    entry = {"image": "i.tif", "truth": "t.tif", "truth_objects_sha256": objects_sha256(IDS)}
    said = {"title": "t", "licence": "l", "source": "s", "files": [entry]}
    (tmp_path / "dataset.yml").write_text(yaml.safe_dump(said))
    assert dataset(tmp_path).truth["i.tif"].ids.tolist() == [2, 9]
    tifffile.imwrite(tmp_path / "t.tif", IDS)  # other bytes, same objects
    assert dataset(tmp_path).truth["i.tif"].ids.tolist() == [2, 9]
    tifffile.imwrite(tmp_path / "t.tif", IDS[::-1])
    with pytest.raises(UnreadableFile) as error:
        dataset(tmp_path).truth["i.tif"]
    assert str(error.value) == (
        f"t.tif of the data set {tmp_path} in {tmp_path} has other objects than its description says. "
        "Get these files again, or correct dataset.yml if the change was meant."
    )
