"""How a Zarr array may be packed to be read: some methods of Zarr 2 run code that lies in the file (pickles)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

CODECS = {"blosc", "zstd", "gzip", "zlib", "bz2", "lz4", "lzma", "bytes", "transpose", "crc32c", "sharding_indexed",
          "delta", "shuffle", "bitround", "fixedscaleoffset", "adler32", "crc32"}  # fmt: skip


def strange_codecs(about: Mapping[str, Any]) -> list[str]:
    """Names of the methods by which an array is packed and which are not let through.

    Args:
        about: its metadata as it lies on disk: .zarray (Zarr 2) or zarr.json (Zarr 3).
    """
    return sorted(set(_names(about)) - CODECS)


def _names(about: Mapping[str, Any]) -> Iterator[str]:
    """Names of all methods, inner ones too."""
    for codec in (*_list(about.get("codecs")), *_list(about.get("filters")), about.get("compressor")):
        if codec is None:
            continue
        told = codec if isinstance(codec, Mapping) else {}
        inner = told.get("configuration")
        inner = inner if isinstance(inner, Mapping) else {}
        yield str(told.get("id", told.get("name"))).removeprefix("numcodecs.")
        yield from _names(inner)
        yield from _names({"codecs": inner.get("index_codecs")})


def _list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else []
