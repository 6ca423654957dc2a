import numpy as np
import pytest
import toy
from perfect_detections import detections

from opsef_core.data import overlaps

torch = pytest.importorskip("torch")
pytest.importorskip("torchvision")

from opsef_core.models.nucleaizer import detect as detecting  # noqa: E402
from opsef_core.models.nucleaizer.detect import MARGIN_PX, detect, tiles  # noqa: E402
from opsef_core.models.nucleaizer.detections import paint, suppress  # noqa: E402


class Seer(torch.nn.Module):
    """Finds exactly what is brighter than a half, each connected piece an object; notes the sizes it sees."""

    stride = 32

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        from scipy import ndimage

        self.seen.append(tuple(x.shape[-2:]))
        found = detections(ndimage.label(x[0, 0].numpy() > 0.5)[0])
        return [
            {
                "boxes": torch.from_numpy(found.boxes),
                "scores": torch.from_numpy(found.scores),
                "masks": torch.from_numpy(found.masks) / 255,
            }
        ]


def picture(ids):
    return np.repeat((ids > 0)[None], 3, axis=0).astype(np.float32)


def labels_of(found, shape):
    return paint(suppress(found, 0.35), shape, 0.5)[0]


def test_an_image_is_mirrored_out_to_the_stride_and_what_lies_there_is_forgotten():
    ids = toy.discs((50, 70), (20, 20, 8), (44, 60, 5))
    net = Seer()
    found = detect(net, picture(ids), 1.0, "cpu")
    assert net.seen == [(64, 96)]
    assert len(found) == 2
    assert (labels_of(found, ids.shape) > 0).sum() == pytest.approx((ids > 0).sum(), rel=0.1)


@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7, 3.0])
def test_boxes_are_in_the_images_pixels(scale):
    _, truth = toy.mixed_sizes()
    labels = labels_of(detect(Seer(), picture(truth.pixels), scale, "cpu"), truth.pixels.shape)
    assert labels.max() == truth.count
    assert ((labels > 0) & (truth.pixels > 0)).sum() > 0.85 * ((labels > 0) | (truth.pixels > 0)).sum()


def test_tiles_cover_the_image_once():
    count = np.zeros((1300, 700), int)
    for core, window in tiles(count.shape, 512):
        count[core[0].start if core[0].start > 0 else 0 : core[0].stop, max(core[1].start, 0) : core[1].stop] += 1
        assert all(w.stop - w.start <= 512 + 1 for w in window)
        assert window[0].stop == min(1300, core[0].stop + MARGIN_PX) or window[0].stop == 1300
    assert (count == 1).all()


def test_objects_at_seams_are_found_once_and_whole(monkeypatch):
    monkeypatch.setattr(detecting, "TILE_PX", 512)
    rng = np.random.default_rng(0)
    places = [(r, c) for r in range(40, 960, 64) for c in range(40, 760, 64)]
    circles = [(r + rng.integers(-6, 7), c + rng.integers(-6, 7), 20) for r, c in places]
    circles += [(1040, 256, 50), (1040, 512, 60)]
    ids = toy.discs((1120, 800), *circles)
    net = Seer()
    found = detect(net, picture(ids), 1.0, "cpu")
    assert len(net.seen) > 4
    assert max(map(max, net.seen)) <= 544
    assert len(found) == len(circles)
    assert ((labels_of(found, ids.shape) > 0) != (ids > 0)).mean() < 0.01


def test_objects_wider_than_the_margin_are_put_together(monkeypatch):
    """No tile sees one of these whole; taken from the tile with the centre they would be cut or in pieces."""
    monkeypatch.setattr(detecting, "TILE_PX", 512)
    ids = toy.discs((1120, 1120), (460, 440, 240), (460, 800, 30), (80, 80, 20))
    ids[760:820, 60:1060] = 4  # over five tiles
    ids[900:1120, 600:1120] = 5  # at two borders of the image
    ids[840:860, 100:130] = 6
    labels = labels_of(detect(Seer(), picture(ids), 1.0, "cpu"), ids.shape)
    assert labels.max() == ids.max() == 6
    overlap = overlaps(ids, labels)
    assert len(overlap.matches) == 6
    assert overlap.iou.min() > 0.9


def test_out_of_memory_makes_tiles_smaller(monkeypatch):
    ids = toy.discs((900, 900), (100, 100, 20), (700, 700, 20))
    net, real = Seer(), Seer.forward

    def little_memory(self, x):
        if x.numel() > 3 * 700 * 700:
            raise RuntimeError("CUDA out of memory")
        return real(self, x)

    monkeypatch.setattr(Seer, "forward", little_memory)
    assert len(detect(net, picture(ids), 1.0, "cpu")) == 2


def test_one_pixel_is_fine():
    assert len(detect(Seer(), np.zeros((3, 1, 1), np.float32), 1.0, "cpu")) == 0
    assert len(detect(Seer(), np.zeros((3, 5, 1), np.float32), 0.1, "cpu")) == 0
