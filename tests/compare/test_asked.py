"""Metrics asked for by name, with parameters."""

import pandas as pd
import pytest

from opsef_core.choices import either
from opsef_core.compare import METRICS, metric, metric_columns, metrics_asked, metrics_in_words, metrics_table
from opsef_core.errors import BadParameter, UnknownName


def titles(metrics):
    return [m.title for m in metrics]


def test_names_records_and_entries_of_a_file():
    asked = metrics_asked(["aji", metric("f1", iou_threshold=0.7), {"metric": "ap", "iou_threshold": 0.75}])
    assert titles(asked) == ["aji", "f1(iou_threshold=0.7)", "ap(iou_threshold=0.75)"]
    assert metrics_asked([m.entry for m in asked]) == asked
    assert [m.entry for m in asked][:2] == ["aji", {"metric": "f1", "iou_threshold": 0.7}]


def test_what_is_asked_for_twice_is_there_once():
    assert titles(metrics_asked(["f1", metric("f1"), {"metric": "f1", "iou_threshold": 0.5}])) == ["f1"]


def test_one_name_will_do():
    assert titles(metrics_asked("pq")) == ["pq"]


def test_a_parameter_may_have_alternatives():
    (one, two) = metrics_asked([metric("ap", iou_threshold=either(0.5, 0.75))])
    assert (one.iou_threshold, two.iou_threshold) == (0.5, 0.75)


def test_words_of_a_command_line():
    asked = metrics_in_words(["dsb_score", "ap", "iou_threshold=0.75", "ap", "iou_threshold=0.9", "seg"])
    assert titles(asked) == ["dsb_score", "ap(iou_threshold=0.75)", "ap(iou_threshold=0.9)", "seg"]


@pytest.mark.parametrize("name", METRICS.names())
def test_every_metric_can_be_asked_for_on_the_command_line(name):
    assert titles(metrics_in_words([name])) == [name]


@pytest.mark.parametrize(
    ("words", "error", "message"),
    [
        (["iou_threshold=0.5", "f1"], BadParameter, "iou_threshold=0.5 belongs behind the name of a metric"),
        (["f1", "iou=0.5"], BadParameter, "There is no parameter of metric 'f1' called 'iou'"),
        (["f1", "iou_threshold=half"], BadParameter, "metric 'f1': iou_threshold = 'half' is not possible"),
        (["f2"], UnknownName, "There is no metric called 'f2'. Did you mean 'f1'"),
    ],
)
def test_mistakes_in_words(words, error, message):
    with pytest.raises(error) as caught:
        metrics_in_words(words)
    assert message in str(caught.value)


@pytest.mark.parametrize("entry", [3, {"f1": 0.5}, {"metric": 1}])
def test_what_is_no_metric_is_refused_in_words(entry):
    with pytest.raises(BadParameter, match="is no metric. Give a name, metric"):
        metrics_asked([entry])


def test_columns_of_a_score_table():
    table = pd.DataFrame({"n_truth": [1], "f1(iou_threshold=0.7)": [0.2], "aji": [0.3], "seg": [None], "seconds": [1]})
    assert metric_columns(table) == ["f1(iou_threshold=0.7)", "aji"]


def test_the_table_has_every_metric_with_its_range():
    table = metrics_table().set_index("metric")
    assert list(table.index) == METRICS.names()
    assert table["what it does"].str.contains(r"0 .*to 1.* is better\.$").all()
    assert table.loc["ap", "parameters"] == "iou_threshold = 0.5 (number, >= 0 and < 1)"
