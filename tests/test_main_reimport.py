"""`opsef reimport` says what was changed."""

import numpy as np
import pandas as pd
import tifffile
import toy

import opsef_core as opsef
from opsef_core import model
from opsef_core.__main__ import main


def test_reimport(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    for n in range(2):
        tifffile.imwrite(tmp_path / f"images/{n}.tif", toy.many_discs(seed=n, shape=(96, 120))[0].array())
    run = opsef.Run(tmp_path / "run", opsef.images(str(tmp_path / "images/*.tif")), None, [model("threshold")])
    run.go(progress=False)
    folder = opsef.export(run.chosen("raw -> threshold"), to="label_tiff")
    first = sorted(folder.glob("0001*.tif"))[0]
    pixels = tifffile.imread(first)
    tifffile.imwrite(first, np.where(pixels == pixels.max(), 0, pixels))
    assert main(["reimport", str(folder), "--out", str(tmp_path / "changes.csv")]) == 0
    said = capsys.readouterr().out
    assert "1 of 2 images were worked on." in said
    table = pd.read_csv(tmp_path / "changes.csv")
    assert table["kind"].value_counts()["deleted"] == 1
    assert main(["reimport", str(tmp_path / "nowhere")]) == 2
    assert "holds no export of opsef-core" in capsys.readouterr().err
    assert main(["reimport", str(folder), "--run", str(tmp_path / "run")]) == 0
