# SPDX-License-Identifier: MIT
"""The packages that come with the package."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import pytest

from eoxserver.backends.packages.base import PackageInterface
from eoxserver.backends.packages.tar import TarPackage
from eoxserver.backends.packages.zip import ZipPackage
from eoxserver.conf.schema import default_settings
from eoxserver.testing.contracts import PackageContract
from tests.archives import compressed, tar_bytes, zip_bytes

pytestmark = pytest.mark.contract


class TestZip(PackageContract):
    method: ClassVar[int] = zipfile.ZIP_STORED

    def make_package(self, files: Mapping[str, bytes], folder: Path) -> PackageInterface:
        path = folder / "files.zip"
        path.write_bytes(zip_bytes(files, self.method))
        return ZipPackage(str(path), default_settings())


class TestZipOfDeflate(TestZip):
    method = zipfile.ZIP_DEFLATED


class TestZipOfBzip2(TestZip):
    method = zipfile.ZIP_BZIP2


class TestZipOfLzma(TestZip):
    method = zipfile.ZIP_LZMA


class TestTar(PackageContract):
    form: ClassVar[int] = tarfile.PAX_FORMAT
    compression: ClassVar[str] = ""

    def make_package(self, files: Mapping[str, bytes], folder: Path) -> PackageInterface:
        path = folder / "files.tar"
        path.write_bytes(compressed(tar_bytes(files, self.form), self.compression))
        return TarPackage(str(path), default_settings())


class TestTarOfGnu(TestTar):
    form = tarfile.GNU_FORMAT


class TestTarOfUstar(TestTar):
    form = tarfile.USTAR_FORMAT


class TestTarGzip(TestTar):
    compression = "gzip"


class TestTarBzip2(TestTar):
    compression = "bzip2"


class TestTarXz(TestTar):
    compression = "xz"


class TestTarZstd(TestTar):
    compression = "zstd"
