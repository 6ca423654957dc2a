"""What Zarr arrays may be packed by: common methods, at any depth, and nothing else."""

import pytest

from opsef_core.zarr_codecs import strange_codecs

BLOSC = {"id": "blosc", "cname": "lz4"}
SHARDS = {"name": "sharding_indexed", "configuration": {"codecs": [{"name": "bytes"}], "index_codecs": [{"name": "x"}]}}


@pytest.mark.parametrize(
    ("about", "strange"),
    [
        ({}, []),
        ({"compressor": BLOSC, "filters": None}, []),
        ({"compressor": None, "filters": [{"id": "delta"}]}, []),
        ({"compressor": {"id": "pickle"}}, ["pickle"]),
        ({"compressor": BLOSC, "filters": [{"id": "pickle"}]}, ["pickle"]),
        ({"codecs": [{"name": "bytes"}, {"name": "numcodecs.zstd"}]}, []),
        ({"codecs": [{"name": "numcodecs.pickle"}]}, ["pickle"]),
        ({"codecs": [SHARDS]}, ["x"]),
        ({"filters": ["pickle"]}, ["None"]),
    ],
)
def test_only_common_methods_are_let_through(about, strange):
    assert strange_codecs(about) == strange
