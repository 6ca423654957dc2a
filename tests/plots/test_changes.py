"""Each kind of change has its colour, on the object it belongs to."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
import toy
from skimage.draw import line

from opsef_core import plots
from opsef_core.data import Act, Labels
from opsef_core.errors import NothingToShow, UnknownName
from opsef_core.plots._changes import COLOURS
from opsef_core.refine import KINDS, match, summary


def corrected(names=("a", "b")):
    """In every image one object deleted, one made smaller; in b another one, too."""
    labels, exported, tables, images = {}, {}, [], {}
    for name in names:
        image, before = toy.many_discs(name)
        ids = np.where(before.pixels == 2, 0, before.pixels)
        ids[:, :14][ids[:, :14] == 1] = 0
        after = Labels.of(image, np.where(ids == 5, 0, ids) if name == "b" else ids, Act("hand", "toy"))
        matched = match(before, after)
        labels[name], exported[name], images[name] = matched.labels, before, image
        tables.append(matched.table)
    changes = pd.concat(tables, ignore_index=True)
    return SimpleNamespace(labels=labels, exported=exported, changes=changes, found_images=images)


def drawn(ax):
    (shown,) = ax.get_images()
    return np.asarray(shown.get_array())


def has(picture, place, colour):
    """Whether a colour is drawn in a part of a picture."""
    return bool((picture[place] == colour).all(-1).any())


def test_every_kind_has_a_colour():
    assert set(COLOURS) == set(KINDS)


def test_most_changed_first_and_each_kind_in_its_colour():
    axes = plots.changes(corrected())
    assert [ax.get_title() for ax in axes] == ["b", "a"]
    picture = drawn(axes[1])
    zoom = picture.shape[0] // 200
    column = slice(0, 26 * zoom), slice(0, 26 * zoom)
    second = slice(0, 26 * zoom), slice(27 * zoom, 50 * zoom)
    third = slice(0, 26 * zoom), slice(51 * zoom, 74 * zoom)
    assert has(picture, column, COLOURS["reshaped"])
    assert has(picture, second, COLOURS["deleted"])
    assert has(picture, third, COLOURS["unchanged"])
    assert not has(picture, third, COLOURS["deleted"])
    legend = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    assert "deleted (3)" in legend
    assert "reshaped (2)" in legend


def test_a_split_and_a_merge_are_counted_once_as_in_the_summary():
    image, before = toy.many_discs("a")
    ids = before.pixels.copy()
    middle = int(np.nonzero(ids == 2)[0].mean())
    ids[:middle][ids[:middle] == 2] = before.ids.max() + 1
    there = line(*(int(v) for i in (4, 5) for v in np.argwhere(before.pixels == i).mean(0)))
    ids[there] = 4
    ids[before.pixels == 5] = 4  # with a bridge between them
    after = Labels.of(image, ids, Act("hand", "toy"))
    matched = match(before, after)
    given = {"labels": {"a": matched.labels}, "exported": {"a": before}, "found_images": {"a": image}}
    axes = plots.changes(SimpleNamespace(changes=matched.table, **given))
    legend = [text.get_text() for text in axes[0].figure.legends[0].get_texts()]
    counts = summary(matched.table).iloc[0]
    assert (counts["split"], counts["merged"]) == (1, 1)
    assert {"split (1)", "merged (1)"} <= set(legend)


def test_images_may_be_chosen():
    axes = plots.changes(corrected(), images=["a"])
    assert [ax.get_title() for ax in axes] == ["a"]
    with pytest.raises(UnknownName):
        plots.changes(corrected(), images=["c"])


def test_nothing_to_show():
    one = corrected()
    one.changes = one.changes[one.changes["kind"] == "unchanged"]
    with pytest.raises(NothingToShow, match="Nothing was changed"):
        plots.changes(one)
    other = corrected()
    other.found_images = {}
    with pytest.raises(NothingToShow, match="The images were not found"):
        plots.changes(other)
