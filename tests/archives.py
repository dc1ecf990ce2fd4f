# SPDX-License-Identifier: MIT
"""Archives for tests, as Python makes them."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Iterable, Mapping

import zstandard

__all__ = ["COMPRESSIONS", "TarItem", "compressed", "tar_bytes", "tar_of", "zip_bytes"]

TarItem = tuple[tarfile.TarInfo, bytes]

COMPRESSIONS = ("", "gzip", "bzip2", "xz", "zstd")


def zip_bytes(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A ZIP archive."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return target.getvalue()


def tar_bytes(files: Mapping[str, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive of files."""
    items = []
    for name, content in files.items():
        info = tarfile.TarInfo(name)
        info.size = len(content)
        items.append((info, content))
    return tar_of(items, form)


def tar_of(items: Iterable[TarItem], form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar archive of anything."""
    target = io.BytesIO()
    with tarfile.TarFile(fileobj=target, mode="w", format=form) as made:
        for info, content in items:
            made.addfile(info, io.BytesIO(content))
    return target.getvalue()


def compressed(content: bytes, compression: str) -> bytes:
    """Bytes as one of the programs leaves them; "" leaves them alone."""
    match compression:
        case "gzip":
            return gzip.compress(content)
        case "bzip2":
            return bz2.compress(content)
        case "xz":
            return lzma.compress(content)
        case "zstd":
            return zstandard.ZstdCompressor().compress(content)
    return content
