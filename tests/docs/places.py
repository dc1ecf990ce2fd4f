# SPDX-License-Identifier: MIT
"""Servers that documents speak of: each name below is exchanged for a real server on the loopback.

* ``https://data.eo.example``, ``ftp://ftp.eo.example``: a web server and an FTP server of ``files()``;
* ``https://s3.eo.example``: an S3 server, where the buckets ``eo-data`` and (for everybody) ``open-data`` hold the same
  files; who names no server in the credentials gets there as well;
* ``https://arrays.eo.example/rasdaman/rasql``: a rasdaman server.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from eoxserver.testing.coverages import counted
from tests.backends.rasters import pattern, write
from tests.fileservers import FileServer
from tests.ftpservers import FtpServer
from tests.rasqueries import RasArray, RasCollection, stored
from tests.rasservers import RasServer
from tests.s3servers import S3Server

__all__ = ["Places"]


def files(folder: Path) -> Mapping[str, bytes]:
    """What is in a bucket or on a server, by location."""
    content = {}
    for number, name in enumerate(("a_20240601.tif", "b_20240602.tif", "c_20240603.tif")):
        bounds = (10 + number, 40, 12 + number, 41)
        write(folder / name, pattern((3, 256, 512)), bounds=bounds, driver="COG", blocksize=128, compress="deflate")
        content[name] = (folder / name).read_bytes()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as packed:
        packed.writestr("c/c_20240603.tif", content.pop("c_20240603.tif"))
        packed.writestr("c/readme.txt", b"a scene of June")
    return {**{f"2024/{name}": each for name, each in content.items()}, "2024/c.zip": archive.getvalue()}


def collections() -> Mapping[str, RasCollection]:
    """What is in the rasdaman server."""
    rgb = {name: counted((80, 40), "uint8") // number for number, name in enumerate(("red", "green", "blue"), 1)}
    mosaics = {1025: RasArray({"": counted((40, 80))}, (0, 0)), 2049: RasArray({"": counted((40, 80))}, (0, 0))}
    return {
        "rgb": stored(rgb, axes=("x", "y")),
        "mosaics": RasCollection(mosaics, axes=("y", "x")),
        "sst": stored(counted((80, 40, 12), "int16"), axes=("lon", "lat", "month"), nulls="0"),
    }


class Places:
    """The servers of one document; each is started when the document first speaks of it.

    Parameters
    ----------
    folder : Path
        An empty one, for what servers keep.
    """

    def __init__(self, folder: Path) -> None:
        self.environment: dict[str, str] = {}
        """What commands are to find."""
        self._folder = folder
        self._running = ExitStack()
        self._names: Mapping[str, Callable[[], str]] = {
            "https://data.eo.example": self._web,
            "ftp://ftp.eo.example": self._ftp,
            "https://s3.eo.example": self._s3,
            "s3://": self._bucket,
            "https://arrays.eo.example/rasdaman/rasql": self._arrays,
        }
        self._addresses: dict[str, str] = {}

    def known(self, text: str) -> str:
        """The text with addresses of real servers."""
        for name, start in self._names.items():
            if name in text:
                if name not in self._addresses:
                    self._addresses[name] = start()
                text = text.replace(name, self._addresses[name])
        return text

    def close(self) -> None:
        """Stop the servers."""
        self._running.close()

    @cached_property
    def _files(self) -> Mapping[str, bytes]:
        return files(self._folder)

    def _web(self) -> str:
        return self._running.enter_context(FileServer(self._files)).url

    def _ftp(self) -> str:
        for location, content in self._files.items():
            path = self._folder / "ftp" / location
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return self._running.enter_context(FtpServer(self._folder / "ftp")).url

    def _s3(self) -> str:
        server = self._running.enter_context(S3Server(self._files, "eo-data"))
        self._running.enter_context(S3Server(self._files, "open-data", public=True))
        self.environment["AWS_ENDPOINT_URL"] = server.url
        return server.url

    def _bucket(self) -> str:
        self.known("https://s3.eo.example")
        return "s3://"

    def _arrays(self) -> str:
        return self._running.enter_context(RasServer(collections())).url
