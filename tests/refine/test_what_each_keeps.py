"""The table of the documentation says of each format what it keeps; here it is held to it."""

import re

import pytest
from refine.objects_of_all_kinds import pair, stack

from opsef_core.errors import BadImage, BadLabels
from opsef_core.refine import FORMATS, file_format

LESS = {"label_tiff": {"single_masks": False}}  # options a cell of the table names


@pytest.fixture(scope="module")
def rows(root):
    """The cells of each row, by format and column."""
    text = (root / "docs/file-formats.md").read_text("utf8").split("### What each format keeps")[1].split("###")[0]
    head, _, *lines = re.findall(r"^\|(.*)\|$", text, re.MULTILINE)
    names = [cell.strip() for cell in head.split(" | ")]
    cells = [[cell.strip() for cell in line.split(" | ")] for line in lines]
    return {re.findall("`(.*?)`", row[0])[0]: dict(zip(names, row, strict=True)) for row in cells}


def test_every_format_has_a_row(rows):
    assert set(rows) == set(FORMATS.names())


@pytest.mark.parametrize("name", FORMATS.names())
def test_stacks_go_out_where_the_table_says_so(rows, name, tmp_path):
    made = file_format(name, **LESS.get(name, {}))
    if rows[name]["stacks"] != "no":
        made.out(tmp_path, [stack()])
        assert made.back(tmp_path).labels[0].axes == "ZYX"
        return
    with pytest.raises((BadImage, BadLabels), match=r"stack|plane"):
        made.out(tmp_path, [stack()])


@pytest.mark.parametrize("name", FORMATS.names())
def test_classes_are_in_the_files_where_the_table_says_so(rows, name, tmp_path):
    made = file_format(name)
    made.out(tmp_path, [pair(classes={1: "a", 7: "b"})])
    without = rows[name]["classes"] == "no"
    said = made.back(tmp_path)
    assert said.labels[0].objects["class"].dropna().to_dict() == {1: "a", 7: "b"}
    if name != "annotatorj":  # there it is AnnotatorJ that writes them
        assert bool(said.unclassed) == without
