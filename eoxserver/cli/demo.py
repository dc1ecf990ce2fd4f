# SPDX-License-Identifier: MIT
"""``eoxserver demo``: a server with sample data, in one command."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from eoxserver.app import Instance, open_instance
from eoxserver.app.administration import make_instance
from eoxserver.backends.encoders.base import Workspace
from eoxserver.cli.console import Fault, note, progress, say
from eoxserver.cli.samples import SERIES, SERIES_TITLE, samples, write_sample
from eoxserver.cli.serve import server_options
from eoxserver.cli.serving import Address, interruptible, run_server
from eoxserver.conf.reader import SETTINGS_FILE
from eoxserver.resources.coverages.registration.proposals import Options

__all__ = ["demo", "make_samples"]


@click.command()
@click.option(
    "--instance",
    "directory",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Keep the instance in this folder, and use it again the next time; by default it is gone at the end.",
)
@server_options
def demo(directory: Path | None, host: str, port: int, workers: int) -> None:
    """Serve sample data: an instance is made, filled, and served until Ctrl-C."""
    with interruptible():
        if directory is not None:
            _serve(directory, host, port, workers)
            return
        with tempfile.TemporaryDirectory(prefix="eoxserver-demo-") as folder:
            _serve(Path(folder) / "demo", host, port, workers)


def _serve(directory: Path, host: str, port: int, workers: int) -> None:
    if (directory / SETTINGS_FILE).is_file():
        note(f"the instance in {directory} is used as it is")
    else:
        made = make_instance("demo", directory)
        instance = open_instance(made.paths.root)
        try:
            make_samples(instance)
        finally:
            instance.close()
    run_server(directory, host, port, workers, _say_where)


def make_samples(instance: Instance) -> None:
    """Write the sample data into an instance and register it; raises Fault when some cannot be registered."""
    encoder = instance.plugins.encoders["COG"](instance.settings)
    workspace = Workspace(instance.paths.cache)
    registrar = instance.registrar()
    registrar.collections.create(SERIES, SERIES_TITLE)
    with progress("making sample data") as steps:
        for title, make in samples():
            for sample in make():
                folder = instance.paths.data / sample.collection
                folder.mkdir(exist_ok=True)
                path = write_sample(sample, folder, encoder, workspace)
                options = Options(collection=sample.collection or None, values=sample.shown)
                for outcome in registrar.register([path], options):
                    if outcome.failed:
                        raise Fault(f"{outcome.place}: {outcome.reason}")
            steps.step(title)


def _say_where(address: Address) -> None:
    """URLs and commands that work as they stand."""
    url = address.url
    ows = f"{url}/ows"
    say(
        f"""
The demo is at {url}/   (Ctrl-C stops it)

Browser   {url}/
QGIS      maps: Layer > Add Layer > Add WMS/WMTS Layer, URL {ows}
          coverages: Layer > Add Layer > Add Raster Layer, dataset WCS:{ows}?version=2.0.1&coverage=coast
GDAL      gdalinfo "WMS:{ows}?service=WMS&version=1.3.0&request=GetCapabilities"
          gdal_translate -of PNG "WCS:{ows}?version=2.0.1&coverage=coast" coast.png
curl      curl -o storm.png "{ows}?service=WMS&version=1.3.0&request=GetMap&layers=storm&styles=&crs=CRS:84\
&bbox=165,-29,205,-9&width=800&height=400&format=image/png"
          curl -o months.xml "{ows}?service=WCS&version=2.0.1&request=DescribeCoverage&coverageId={SERIES}_2024_07"
          curl -o elevation.tif "{ows}?service=WCS&version=2.0.1&request=GetCoverage&coverageId=elevation\
&subset=Lat(30,60)&subset=Long(-20,40)"
"""
    )
