# SPDX-License-Identifier: MIT
"""Slices through WCS-T over HTTP, beside the same arrays written to the store by hand.

    python -m bench.transactions [--size CELLS] [--slices N]

The server is one of its own process, as anybody starts it. Each slice is an update of its own that refers to a GeoTIFF
below the instance. In turn with it the same array is put into another cube of a store by ``CubeStore.update``,
and into an array of tensorstore of the same chunks and codecs; neither reads a file, nor has a catalogue.
"""

from __future__ import annotations

import argparse
import base64
import http.client
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import numpy.typing as npt
import rasterio

from bench.__main__ import about
from bench.cubes import by_hand, layout, put, scene
from bench.load import Http
from bench.server import serving
from eoxserver.app.administration import make_instance
from eoxserver.backends.cubes.ocdbt import OcdbtCubeStore

SCENES = 4
GML = """<gmlcov:{kind} gml:id="cube" xmlns:gml="http://www.opengis.net/gml/3.2"
  xmlns:gmlcov="http://www.opengis.net/gmlcov/1.0" xmlns:swe="http://www.opengis.net/swe/2.0"
  xmlns:gmlrgrid="http://www.opengis.net/gml/3.3/rgrid">
 <gml:boundedBy><gml:Envelope srsName="OGC/0/AnsiDate@EPSG/0/32633" axisLabels="ansi E N" srsDimension="3">
   <gml:lowerCorner>{time} 0 0</gml:lowerCorner><gml:upperCorner>{time} {size} {size}</gml:upperCorner>
 </gml:Envelope></gml:boundedBy>
 <gml:domainSet><gmlrgrid:ReferenceableGridByVectors dimension="3" gml:id="grid">
  <gml:limits><gml:GridEnvelope><gml:low>0 0 0</gml:low><gml:high>0 {last} {last}</gml:high></gml:GridEnvelope>
  </gml:limits><gml:axisLabels>ansi N E</gml:axisLabels>
  <gmlrgrid:origin><gml:Point gml:id="origin"><gml:pos>{time} 0.5 {first}</gml:pos></gml:Point></gmlrgrid:origin>
  <gmlrgrid:generalGridAxis><gmlrgrid:GeneralGridAxis><gmlrgrid:offsetVector>1 0 0</gmlrgrid:offsetVector>
   <gmlrgrid:coefficients>{time}</gmlrgrid:coefficients></gmlrgrid:GeneralGridAxis></gmlrgrid:generalGridAxis>
  <gmlrgrid:generalGridAxis><gmlrgrid:GeneralGridAxis><gmlrgrid:offsetVector>0 0 -1</gmlrgrid:offsetVector>
   <gmlrgrid:coefficients/></gmlrgrid:GeneralGridAxis></gmlrgrid:generalGridAxis>
  <gmlrgrid:generalGridAxis><gmlrgrid:GeneralGridAxis><gmlrgrid:offsetVector>0 1 0</gmlrgrid:offsetVector>
   <gmlrgrid:coefficients/></gmlrgrid:GeneralGridAxis></gmlrgrid:generalGridAxis>
 </gmlrgrid:ReferenceableGridByVectors></gml:domainSet>
 <gml:rangeSet><gml:File><gml:rangeParameters/><gml:fileReference>file://{path}</gml:fileReference>
  <gml:fileStructure/><gml:mimeType>image/tiff</gml:mimeType></gml:File></gml:rangeSet>
 <gmlcov:rangeType><swe:DataRecord><swe:field name="b0"><swe:Quantity><swe:nilValues><swe:NilValues>
  <swe:nilValue reason="">-9999</swe:nilValue></swe:NilValues></swe:nilValues><swe:uom code="10^0"/></swe:Quantity>
 </swe:field></swe:DataRecord></gmlcov:rangeType>
</gmlcov:{kind}>"""


class Writer:
    """Sends slices to the server, over one connection."""

    def __init__(self, wire: Http, login: str, size: int, files: list[Path]) -> None:
        self._connection = http.client.HTTPConnection(wire.host, wire.port)
        self._size = size
        self._files = files
        token = base64.b64encode(login.encode()).decode()
        self._headers = {"Authorization": f"Basic {token}", "Content-Type": "application/x-www-form-urlencoded"}

    def send(self, number: int) -> None:
        """The slice of a number; the first one is an insertion."""
        document = GML.format(
            kind="ReferenceableGridCoverage",
            time=150000 + number,
            size=self._size,
            last=self._size - 1,
            first=self._size - 0.5,
            path=self._files[number % SCENES],
        )
        request = "UpdateCoverage" if number else "InsertCoverage"
        form = {"service": "WCS", "version": "2.0.1", "request": request, "inputCoverage": document}
        if number:
            form["coverageId"] = "cube"
        self._connection.request("POST", "/ows", urlencode(form).encode(), self._headers)
        response = self._connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(body.decode())


def files(folder: Path, scenes: list[npt.NDArray[Any]]) -> list[Path]:
    """The scenes as plain GeoTIFFs."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for number, values in enumerate(scenes):
        path = folder / f"{number}.tif"
        size = values.shape[-1]
        profile = {"driver": "GTiff", "width": size, "height": size, "count": 1, "dtype": "int16"}
        with rasterio.open(path, "w", **profile, crs="EPSG:32633") as file:
            file.write(values[0, 0], 1)
        found.append(path.resolve())
    return found


def compare(folder: Path, size: int, many: int) -> dict[str, list[float]]:
    """Seconds of each slice, in each way."""
    root = folder / "instance"
    login = ":".join(make_instance("bench", root).paths.credentials.read_text().split())
    scenes = [scene(number, size) for number in range(SCENES)]
    paths = files(root / "data", scenes)
    store = OcdbtCubeStore(str(folder / "store"))
    put(store, [-1.0], scenes[0], layout())
    array = by_hand(folder / "ocdbt", "ocdbt", size, many)
    taken: dict[str, list[float]] = {}
    with serving(["--instance", str(root)], folder, 1) as peer:
        assert isinstance(peer.wire, Http)
        writer = Writer(peer.wire, login, size, paths)
        writer.send(0)
        for number in range(1, many):
            works: dict[str, Callable[[], object]] = {
                "WCS-T": lambda n=number: writer.send(n),
                "store": lambda n=number: put(store, [float(n)], scenes[n % SCENES]),
                "tensorstore": lambda n=number: array[n].write(scenes[n % SCENES][0, 0]).result(),
            }
            for name, work in works.items():
                begin = time.perf_counter()
                work()
                taken.setdefault(name, []).append(time.perf_counter() - begin)
    return taken


def main() -> None:
    """Print throughput and ratios."""
    parser = argparse.ArgumentParser(prog="python -m bench.transactions", description=__doc__)
    parser.add_argument("--size", type=int, nargs="*", default=[512, 1024, 2048])
    parser.add_argument("--slices", type=int, default=200)
    given = parser.parse_args()
    print(about())
    for size in given.size:
        with tempfile.TemporaryDirectory(dir=Path("bench/work"), prefix="transactions-") as folder:
            taken = compare(Path(folder), size, given.slices)
        total = {name: sum(each) for name, each in taken.items()}
        print(f"\n{given.slices} slices of {size} x {size} x 16 bits")
        for name, each in taken.items():
            speed = 2 * size * size * len(each) / 1e6 / total[name]
            ratio = total[name] / total["WCS-T"]
            median = 1000 * statistics.median(each)
            print(f"{name}: {speed:.0f} MB/s, median {median:.1f} ms; WCS-T reaches {ratio:.2f} of it")


if __name__ == "__main__":
    main()
