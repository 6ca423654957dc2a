"""A data set of a few images of the sample, one after the other, for tests of what takes long on all twelve."""

import shutil

import yaml


def few_images(root, folder, which=slice(3)):
    """Written into `folder`, which is returned."""
    sample = root / "datasets" / "bbbc038_sample"
    about = yaml.safe_load((sample / "dataset.yml").read_text("utf8"))
    about["files"] = about["files"][which]
    for entry in about["files"]:
        for name in (entry["image"], entry["truth"]):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(sample / name, folder / name)
    (folder / "dataset.yml").write_text(yaml.safe_dump(about), encoding="utf8")
    return folder
