# SPDX-License-Identifier: MIT
"""``eoxserver demo``: a server with sample data, in one command."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import click

from eoxserver.app import Instance
from eoxserver.app.administration import make_instance
from eoxserver.backends.encoders.base import Workspace
from eoxserver.cli.console import Fault, note, progress, say
from eoxserver.cli.parameters import opened
from eoxserver.cli.samples import CUBE, SERIES, SERIES_TITLE, samples, write_sample
from eoxserver.cli.serve import server_options
from eoxserver.cli.serving import Address, interruptible, run_server
from eoxserver.conf.reader import SETTINGS_FILE
from eoxserver.resources.coverages.registration.proposals import Options, Outcome
from eoxserver.resources.coverages.stacking.rules import parse_rule
from eoxserver.resources.coverages.stacking.series import Series, SeriesOptions

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
        instance = opened(made.paths.root)
        try:
            make_samples(instance)
        finally:
            instance.close()
    run_server(directory, host, port, workers, _say_where)


def make_samples(instance: Instance) -> None:
    """Write the sample data into an instance and register it; raises Fault when some cannot be registered.

    The files of the time series are coverages each, and together a cube.
    """
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
                _check(registrar.register([path], options))
            steps.step(title)
        rule = parse_rule("ansi=AnsiDate", instance.crss.parse)
        series = Series(registrar, instance.stacks)
        _check(series.register([instance.paths.data / SERIES], SeriesOptions(CUBE, (rule,), Options())))
        steps.step("a cube of the twelve months")


def _check(outcomes: Iterable[Outcome]) -> None:
    for outcome in outcomes:
        if outcome.failed:
            raise Fault(f"{outcome.place}: {outcome.reason}")


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
WCPS      curl -o year.csv {ows}/wcps --data-urlencode 'query=for $c in ({CUBE}) \
return encode(coverage means over $m month(0:11) values avg($c[ansi:"CRS:1"($m)]), "csv")'
          curl -o greenest.png {ows}/wcps --data-urlencode 'query=for $c in ({CUBE}) \
return encode(condense max over $m month(0:11) using $c[ansi:"CRS:1"($m)], "png")'
"""
    )
