# SPDX-License-Identifier: MIT
"""MapServer as the peer: Debian's ``cgi-mapserver``, FastCGI processes on one socket as ``spawn-fcgi`` starts them."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.load import FastCgi, Peer, fetch

__all__ = ["missing", "started", "version"]

PROGRAM = "/usr/lib/cgi-bin/mapserv"

MAPFILE = """MAP
  NAME "bench"
  SIZE 256 256
  EXTENT -180 -90 180 90
  UNITS DD
  PROJECTION "init=epsg:4326" END
  WEB
    METADATA
      "ows_title" "bench"
      "ows_enable_request" "*"
      "ows_srs" "EPSG:4326 EPSG:3857"
      "ows_onlineresource" "http://localhost/ows?"
      "wcs_label" "bench"
    END
  END
  OUTPUTFORMAT
    NAME "png"
    DRIVER AGG/PNG
    MIMETYPE "image/png"
    IMAGEMODE RGB
    EXTENSION "png"
{png_options}  END
  OUTPUTFORMAT
    NAME "GTiff"
    DRIVER "GDAL/GTiff"
    MIMETYPE "image/tiff"
    IMAGEMODE BYTE
    EXTENSION "tif"
  END
  LAYER
    NAME "world"
    TYPE RASTER
    STATUS ON
    DATA "{data}"
    PROJECTION "init=epsg:4326" END
    PROCESSING "CLOSE_CONNECTION=DEFER"
    METADATA
      "ows_title" "world"
      "wcs_label" "world"
      "wcs_rangeset_name" "bands"
      "wcs_rangeset_label" "bands"
      "wcs_formats" "GTiff"
    END
  END
END
"""
"""The raster stays open between requests (CLOSE_CONNECTION=DEFER), as befits a FastCGI process."""


def missing() -> str | None:
    """What lacks, and how to get it; None when all is there."""
    if Path(PROGRAM).exists():
        return None
    return f"nothing to compare with: {PROGRAM} is not installed; apt-get install cgi-mapserver"


def version() -> str:
    """The version that MapServer gives of itself."""
    output = subprocess.run([PROGRAM, "-v"], capture_output=True, text=True, check=False)
    return " ".join((output.stdout + output.stderr).split()[:3])


@contextmanager
def started(data: Path, processes: int, png_options: str = "") -> Iterator[Peer]:
    """Run MapServer on a raster, and stop it afterwards."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-mapserver-") as folder,
        _running(data, Path(folder), processes, png_options) as peer,
    ):
        yield peer


@contextmanager
def _running(data: Path, folder: Path, processes: int, png_options: str) -> Iterator[Peer]:
    mapfile, config, path = folder / "bench.map", folder / "mapserver.conf", folder / "mapserver.sock"
    mapfile.write_text(MAPFILE.format(data=data, png_options=png_options))
    config.write_text(f'CONFIG\n  ENV\n    MS_MAPFILE "{mapfile}"\n  END\nEND\n')
    environment = os.environ | {"MAPSERVER_CONFIG_FILE": str(config)}
    running: list[subprocess.Popen[bytes]] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(128)
        try:
            while len(running) < processes:  # a FastCGI process listens on its standard input
                running.append(
                    subprocess.Popen([PROGRAM], env=environment, stdin=listener.fileno(), stdout=subprocess.DEVNULL)
                )
            wire = FastCgi(str(path), (("SERVER_NAME", "localhost"), ("SERVER_PORT", "80"), ("SCRIPT_NAME", "/ows")))
            _check(wire)
            yield Peer(wire, [process.pid for process in running])
        finally:
            for process in running:
                process.kill()  # it takes SIGTERM only with the next request
                process.wait()


def _check(wire: FastCgi) -> None:
    answer = fetch(wire, "service=WMS&version=1.3.0&request=GetCapabilities")
    if answer.status != 200 or b"<Name>world</Name>" not in answer.body:
        raise RuntimeError(f"MapServer does not serve the raster: {answer.status} {answer.body[:2000]!r}")
