import os

import pytest
import yaml

from opsef_core.backslashes import quoting_hint, windows_hint


@pytest.mark.parametrize("path", ["data/my images", "/größe/細", "C:/data", "", "bbbc038_sample"])
def test_a_path_with_slashes_needs_no_hint(path):
    assert windows_hint(path) == ""


@pytest.mark.parametrize("path", ["C:\new", "data\table.csv", "C:\x07lpha"])
def test_a_backslash_that_became_another_sign_is_told_everywhere(path, monkeypatch):
    monkeypatch.setattr(os, "sep", "\\")
    assert "separated by a slash" in windows_hint(path)


def test_backslashes_are_fine_on_windows_alone(monkeypatch):
    monkeypatch.setattr(os, "sep", "/")
    assert "separated by a slash" in windows_hint("C:\\data")
    monkeypatch.setattr(os, "sep", "\\")
    assert windows_hint("C:\\data") == ""


@pytest.mark.parametrize(
    ("text", "told"), [(r'"C:\Users"', True), (r'"C:\data"', True), ("[", False), ("a: b: c", False)]
)
def test_only_broken_escapes_get_the_hint_about_quotes(text, told):
    with pytest.raises(yaml.YAMLError) as caught:
        yaml.safe_load(text)
    assert ("single quotes" in quoting_hint(caught.value)) == told
