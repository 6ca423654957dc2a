import numpy as np
from arrays import after, noise
from skimage.morphology import disk, white_tophat
from toy import discs


def test_keeps_what_is_smaller_than_the_disc_and_removes_what_is_larger():
    ids = discs((80, 120), (40, 25, 5), (40, 80, 20))
    flat = after("tophat", np.where(ids > 0, 100, 10), radius_px=10)
    assert flat[40, 25] == 90
    assert flat[40, 80] == 0
    assert flat[0, 0] == 0


def test_it_is_the_textbook_top_hat():
    x = noise((30, 41), "uint8")
    assert np.array_equal(after("tophat", x, radius_px=4), white_tophat(x, disk(4), mode="ignore"))


def test_a_disc_larger_than_the_image_leaves_the_height_over_the_lowest_pixel():
    assert after("tophat", [[3, 8], [5, 4]], radius_px=50).tolist() == [[0, 5], [2, 1]]
