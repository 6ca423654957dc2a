"""Label images any program reads, and single masks."""

import imageio.v3 as imageio
import numpy as np
import pytest
import tifffile
import toy

from opsef_core.data import Act, Image, Labels
from opsef_core.errors import BadLabels, BadRunFolder
from opsef_core.refine import file_format


def relabelled(ids):
    image, labels = toy.touching_discs()
    table = np.array([0, *ids], np.int64)
    return image, labels.then(Act("filter", "toy"), table[labels.pixels].astype(np.int32))


@pytest.mark.parametrize(("ids", "kind"), [((3, 65535), np.uint16), ((3, 65536), np.uint32)])
def test_sixteen_bits_where_they_suffice_and_ids_stay(tmp_path, ids, kind):
    image, labels = relabelled(ids)
    path = file_format("label_tiff", single_masks=False).out(tmp_path, [(image, labels)])
    assert path.name == "0001_touching_discs.tif"
    found = tifffile.imread(path)
    assert found.dtype == kind
    assert np.array_equal(found, labels.pixels)
    assert not (tmp_path / "masks").exists()


def test_a_mask_an_object(tmp_path):
    image, labels = relabelled((3, 12))
    file_format("label_tiff").out(tmp_path, [(image, labels), toy.empty()])
    masks = sorted(p.relative_to(tmp_path).as_posix() for p in tmp_path.glob("masks/*/*.png"))
    assert masks == ["masks/0001_touching_discs/00003.png", "masks/0001_touching_discs/00012.png"]
    for name, number in zip(masks, (3, 12), strict=True):
        mask = imageio.imread(tmp_path / name)
        assert mask.dtype == np.uint8
        assert np.array_equal(mask, np.where(labels.pixels == number, 255, 0))


def test_a_person_changes_the_label_image(tmp_path):
    image, labels = toy.touching_discs()
    path = file_format("label_tiff").out(tmp_path, [(image, labels)])
    tifffile.imwrite(path, np.where(labels.pixels == 2, 0, labels.pixels).astype(np.uint16))
    (again,) = file_format("label_tiff").back(tmp_path).labels
    assert again.ids.tolist() == [1]
    assert again.history[-1].kind == "hand"
    assert again.history[-1].name == "label_tiff"
    with pytest.raises(BadRunFolder, match="Somebody has worked in"):
        file_format("label_tiff").out(tmp_path, [(image, labels)])


def test_single_masks_are_of_planes(tmp_path):
    image = Image(np.zeros((2, 8, 9), np.uint8), "ZYX", "stack")
    labels = Labels.of(image, np.ones((2, 8, 9), np.int32), Act("truth", "toy"))
    with pytest.raises(BadLabels, match=r"single masks are of planes\. Export it with single_masks=F"):
        file_format("label_tiff").out(tmp_path / "a", [(image, labels)])
    assert not (tmp_path / "a").exists()
    file_format("label_tiff", single_masks=False).out(tmp_path / "a", [(image, labels)])
    assert np.array_equal(file_format("label_tiff").back(tmp_path / "a").labels[0].pixels, labels.pixels)
