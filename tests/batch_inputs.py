"""Small things a batch runs on: images, a data set, a notebook that needs no more than Python, a pipeline."""

import nbformat
import tifffile
import toy
import yaml

PIPELINE = """
dataset: bbbc038_sample
recipes: [[], [{step: median}]]
models: [{model: threshold}]
device: cpu
"""


def put_images(folder, *cases):
    folder.mkdir(parents=True, exist_ok=True)
    for image, _ in cases:
        tifffile.imwrite(folder / f"{image.name}.tif", image.pixels)
    return folder


def put_dataset(folder):
    image, truth = toy.touching_discs()
    put_images(folder, (image, truth))
    tifffile.imwrite(folder / "truth.tif", truth.pixels)
    files = [{"image": f"{image.name}.tif", "truth": "truth.tif"}]
    (folder / "dataset.yml").write_text(
        yaml.safe_dump({"title": "t", "licence": "CC0-1.0", "source": "s", "files": files})
    )
    return folder


def put_notebook(path, *cells):
    """A notebook that needs no more than Python."""
    head = nbformat.v4.new_code_cell("dataset = ''\nrun_folder = ''", metadata={"tags": ["parameters"]})
    nodes = nbformat.v4.new_notebook(cells=[head, *map(nbformat.v4.new_code_cell, cells)])
    nbformat.write(nodes, path)
    return path
