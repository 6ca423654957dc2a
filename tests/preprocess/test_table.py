from opsef_core.preprocess import STEPS, steps_table


def test_one_row_a_step_made_from_the_registry():
    table = steps_table()
    assert table["step"].tolist() == STEPS.names()
    assert table.columns.tolist() == ["step", "what it does", "parameters"]
    rows = table.set_index("step")
    assert rows.loc["median", "what it does"].startswith("Remove single bright and dark pixels")
    assert rows.loc["median", "parameters"] == "size_px = 3 (integer, 1 to 31)"
    assert rows.loc["edges", "parameters"] == "method = sobel (sobel, roberts)"
    assert rows.loc["grey", "parameters"] == ""
    assert rows.loc["invert", "parameters"] == ("white = None (number or null, > 0); channels = each (each, together)")
    assert (table["what it does"].str.len() > 20).all()


def test_every_step_the_first_version_promised_is_there():
    promised = "median mean gaussian subtract_background rolling_ball clahe normalize edges invert rescale"
    assert set(promised.split()) | {"colour_deconvolution"} <= set(STEPS.names())
