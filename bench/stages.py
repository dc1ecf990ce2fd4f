# SPDX-License-Identifier: MIT
"""Where the time of a map goes: ``python -m bench.stages`` times each stage in one process, without a server."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from urllib.parse import parse_qsl

from werkzeug.test import EnvironBuilder, run_wsgi_app

from bench.data import world
from bench.requests import maps
from eoxserver.app import Instance, build_app, open_instance
from eoxserver.app.administration import make_instance
from eoxserver.app.assembly import assemble_engine
from eoxserver.backends.encoders.png import encode_png
from eoxserver.core.coverage import CellBox
from eoxserver.resources.coverages.registration.proposals import Options
from eoxserver.services.ows.kvp import Params
from eoxserver.services.wms.plan import coverage_plans
from eoxserver.services.wms.render import draw, picture
from eoxserver.services.wms.v13.decode import decode_get_map

WARM, TIMED = 2000, 1000
"""Maps that fill the caches, and maps that are timed."""


class Clock:
    """Adds up the time of stages."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time a block."""
        began = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began


def main() -> None:
    """Serve the raster of the benchmarks in this process and time its maps."""
    os.environ.setdefault("EOXS_CORE_SYSTEM__LOGGING_LEVEL", "WARNING")
    with tempfile.TemporaryDirectory() as folder:
        instance = open_instance(make_instance("stages", Path(folder) / "instance").paths.root)
        outcomes = list(instance.registrar().register([world()], Options()))
        assert [one for one in outcomes if one.failed] == []
        report(instance)
        instance.close()


def report(instance: Instance) -> None:
    """Print the time of whole requests, and of the stages of the same requests."""
    clock, app = Clock(), build_app(instance)
    for query in islice(maps(1), WARM):
        run_wsgi_app(app, EnvironBuilder("/ows", query_string=query).get_environ())
    for query in islice(maps(2), TIMED):
        environ = EnvironBuilder("/ows", query_string=query).get_environ()
        with clock.stage("whole request, in process"):
            run_wsgi_app(app, environ)
    stages = Clock()
    run_stages(instance, stages)
    whole = clock.seconds["whole request, in process"]
    rest = whole - sum(stages.seconds.values())
    for name, seconds in {**clock.seconds, **stages.seconds, "HTTP, routing, log, metrics, and the rest": rest}.items():
        print(f"{1e3 * seconds / TIMED:7.3f} ms {100 * seconds / whole:4.0f} %  {name}")


def run_stages(instance: Instance, clock: Clock) -> None:
    """Make maps stage by stage."""
    engine, limits = assemble_engine(instance), instance.settings.limits
    media_types = [known.mime for known in instance.formats.wms_formats]
    for query in islice(maps(3), TIMED):
        with clock.stage("read the parameters"):
            params = Params(parse_qsl(query, keep_blank_values=True))
            request = decode_get_map(params, media_types, limits.max_map_width, limits.max_map_height)
        with clock.stage("look the coverage up, make the plan"):
            coverage = instance.catalogue.coverage("world")
            style = picture(coverage.range_type)
            plan = next(coverage_plans(coverage, request, style))
        with clock.stage("check the plan: grid, overview, price"):
            checked = engine.executor.check(plan, instance.catalogue.coverage, engine.limits)
        with clock.stage("read, decode, reproject cells"):
            source = checked.coverage.source
            cells = source.read(CellBox.whole(source.shape), style.fields)
        with clock.stage("draw"):
            sheet = draw(style, cells, zero_matters=False)
        with clock.stage("write the PNG"):
            encode_png(sheet.pixels)


if __name__ == "__main__":
    main()
