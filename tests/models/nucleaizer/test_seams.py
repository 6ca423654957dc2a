"""Objects at the seams of tiles, by their boxes."""

import numpy as np
import pytest

from opsef_core.models.nucleaizer.detections import Detections
from opsef_core.models.nucleaizer.seams import Tile, joined

SHAPE = (400, 1000)
ROWS = slice(0, 400)
LEFT = (slice(-500, 400), slice(-500, 500)), (ROWS, slice(0, 630))  # core, window
RIGHT = (slice(-500, 400), slice(500, 1500)), (ROWS, slice(370, 1000))


def seen(place, *boxes, scores=None):
    """A tile with full masks in these boxes (x1, y1, x2, y2)."""
    found = Detections(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores or [0.9] * len(boxes), np.float32),
        np.full((len(boxes), 28, 28), 255, np.uint8),
    )
    return Tile(found, *place)


def boxes_of(*tiles):
    return sorted(joined(list(tiles), SHAPE).boxes.tolist())


def test_an_object_belongs_to_the_tile_with_its_centre():
    both = [(450, 10, 490, 50), (520, 10, 560, 50)]
    assert boxes_of(seen(LEFT, *both), seen(RIGHT, *both)) == [[450, 10, 490, 50], [520, 10, 560, 50]]


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_an_object_centred_on_the_seam_is_there_once(shift):
    """Each tile may see the centre on the other one's side."""
    left, right = (480 + shift, 10, 520 + shift, 50), (480 - shift, 10, 520 - shift, 50)
    assert len(boxes_of(seen(LEFT, left), seen(RIGHT, right))) == 1


def test_parts_of_one_object_become_one_with_the_better_score():
    parts = seen(LEFT, (100, 100, 630, 160), scores=[0.7]), seen(RIGHT, (370, 101, 900, 160), scores=[0.8])
    made = joined(list(parts), SHAPE)
    assert made.boxes.tolist() == [[100, 100, 900, 160]]
    assert made.scores.tolist() == pytest.approx([0.8])
    assert made.masks.min() == 255


def test_a_part_is_joined_with_what_the_other_tile_saw_whole():
    """300 px wide, 30 px off the seam: whole on the right, cut off on the left."""
    assert boxes_of(seen(LEFT, (380, 50, 630, 150)), seen(RIGHT, (380, 50, 680, 150))) == [[380, 50, 680, 150]]


def test_what_only_a_margin_shows_is_the_other_tiles():
    assert boxes_of(seen(LEFT, (600, 50, 630, 90)), seen(RIGHT, (600, 50, 660, 90))) == [[600, 50, 660, 90]]


def test_other_objects_beside_a_part_stay_what_they_are():
    left = seen(LEFT, (100, 100, 630, 160), (420, 170, 460, 210))
    right = seen(RIGHT, (370, 100, 900, 160), (420, 170, 460, 210), (510, 170, 560, 210), (370, 250, 700, 300))
    assert boxes_of(left, right) == [
        [100, 100, 900, 160], [370, 250, 700, 300], [420, 170, 460, 210], [510, 170, 560, 210]
    ]  # fmt: skip


def test_masks_decide_not_boxes():
    """An L on its back: the left tile sees its foot, the right one its foot and its stem, in a much higher box."""
    left, right = seen(LEFT, (100, 200, 630, 260)), seen(RIGHT, (370, 0, 900, 260))
    right.found.masks[0, :21, :25] = 0
    made = joined([left, right], SHAPE)
    assert made.boxes.tolist() == [[100, 0, 900, 260]]
    assert made.masks[0, :20, :24].max() == 0
    assert made.masks[0, 23:].min() == 255
    assert made.masks[0, :, 27:].min() == 255


def test_the_edge_of_the_image_cuts_nothing_off():
    assert boxes_of(seen(LEFT, (0, 0, 480, 60)), seen(RIGHT)) == [[0, 0, 480, 60]]
