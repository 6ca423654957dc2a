import numpy as np
import pandas as pd
import pytest

from opsef_core.errors import BadParameter, UnknownName
from opsef_core.measure import embed


def two_kinds(n=20, seed=0):
    """Small round objects and large long ones; the index has gaps."""
    rng = np.random.default_rng(seed)
    large = np.arange(2 * n) % 2 == 1
    size = np.where(large, 60, 10) + rng.normal(0, 2, 2 * n)
    columns = {"equivalent_diameter_px": size, "circularity": np.where(large, 0.4, 0.9) + rng.normal(0, 0.02, 2 * n)}
    table = pd.DataFrame(columns | {"solidity": 1.0, "centroid_x_px": rng.uniform(0, 1e6, 2 * n), "image": "a"})
    return table.set_axis(np.arange(2 * n) * 3), large


@pytest.mark.parametrize("method", ["pca", "tsne"])
def test_unlike_objects_lie_apart_and_the_same_seed_gives_the_same_places(method):
    table, large = two_kinds()
    places = embed(table, method)
    assert list(places.columns) == ["x", "y"]
    assert places.index.equals(table.index)
    middle = [places[large].mean(), places[~large].mean()]
    assert np.linalg.norm(middle[0] - middle[1]) > 2 * max(places[large].std().max(), places[~large].std().max())
    pd.testing.assert_frame_equal(places, embed(table, method))


def test_pca_is_that_of_scikit_learn():
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    columns = ["equivalent_diameter_px", "circularity", "centroid_x_px"]
    table = two_kinds()[0]
    theirs = PCA(2).fit_transform(StandardScaler().fit_transform(table[columns]))
    np.testing.assert_allclose(np.abs(embed(table, columns=columns)), np.abs(theirs), atol=1e-9)


def test_missing_numbers_and_a_single_column():
    table, _ = two_kinds()
    table.loc[0, "circularity"] = np.nan
    assert np.isfinite(embed(table)).all(axis=None)
    alone = embed(table, columns=["equivalent_diameter_px"])
    assert (alone["y"] == 0).all()
    assert alone["x"].corr(table["equivalent_diameter_px"]) == pytest.approx(1)


def test_what_cannot_be_embedded():
    table, _ = two_kinds()
    with pytest.raises(UnknownName, match="way to embed called 'umap'"):
        embed(table, "umap")
    with pytest.raises(UnknownName, match="Did you mean 'solidity'"):
        embed(table, columns=["solidty"])
    with pytest.raises(UnknownName, match="column of numbers called 'image'"):
        embed(table, columns=["image"])
    with pytest.raises(BadParameter, match="at least 4 objects; the table has 3"):
        embed(table.head(3))
    with pytest.raises(BadParameter, match="alike in all columns"):
        embed(table, columns=["solidity"])
