import importlib.util

import pandas as pd
import pytest

from opsef_core.errors import BadParameter
from opsef_core.run import write_table

TABLE = pd.DataFrame({"image": ["a", "ö"], "value": [0.5, None], "seen": pd.array([True, None], "boolean")})


def test_csv(tmp_path):
    path = write_table(TABLE, tmp_path / "t.CSV")
    assert path.read_text("utf8").splitlines() == ["image,value,seen", "a,0.5,True", "ö,,"]


def test_parquet_keeps_types(tmp_path):
    pytest.importorskip("pyarrow")
    assert pd.read_parquet(write_table(TABLE, tmp_path / "t.parquet")).equals(TABLE)


def test_parquet_without_its_package_is_told_in_words(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadParameter, match=r"pyarrow, which is not installed. .* pip install pyarrow - or write t.csv"):
        write_table(TABLE, tmp_path / "t.parquet")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "message"), [("t.xlsx", "written as .csv or .parquet"), ("no/t.csv", "There is no folder .*no for the")]
)
def test_mistakes(tmp_path, name, message):
    with pytest.raises(BadParameter, match=message):
        write_table(TABLE, tmp_path / name)
