import pandas as pd
import pytest
import toy

from opsef_core.models import model
from opsef_core.run import Run, export


@pytest.fixture
def run(tmp_path):
    """nucleaizer's first look at two images; on one there is nothing."""
    images = [toy.many_discs()[0], toy.empty()[0]]
    run = Run(tmp_path / "run", images, models=model("nucleaizer", fast=True, correct_with=None), device="cpu")
    run.go(progress=False)
    return run


def test_the_table_of_an_export_has_size_and_score_of_every_object(run):
    title = run.cells["grid_point"].iloc[0]
    folder = export(run.chosen(title), "label_tiff", outlines=True)
    table = pd.read_csv(folder / "objects.csv")
    found = {image.name: labels for image, labels in run.chosen(title).pairs}
    assert table["image"].unique().tolist() == ["many_discs"]
    labels = found["many_discs"]
    assert table["label"].tolist() == labels.ids.tolist()
    assert table["area_px"].tolist() == labels.areas_px.tolist()
    assert table["score"].tolist() == pytest.approx(labels.objects["score"].tolist(), abs=1e-6)
    assert table["score"].between(0.5, 1).all()
    assert len(list((folder / "outlines").glob("*.png"))) == 2
