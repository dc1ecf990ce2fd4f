# SPDX-License-Identifier: MIT
"""What a large catalogue costs: ``python -m bench.catalogue [--objects N]``.

* searching by box and time for some 10 coverages out of a million, beside the same out of a thousand;
* capabilities of 10,000 coverages: when they begin, what memory they take, and that they are not sent twice.
"""

from __future__ import annotations

import argparse
import http.client
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import shapely
from django.db import connection, transaction

from bench.load import Http
from bench.processes import memory, peak_memory
from bench.server import serving
from eoxserver.app import Instance, open_instance
from eoxserver.app.administration import make_instance
from eoxserver.core.fields import Field, RangeType
from eoxserver.resources.coverages.models import Coverage, EOObject, RectifiedDataset

FEW, MANY, LISTED = 1_000, 1_000_000, 10_000
MOST_TIMES = 2.0
"""As long as among few coverages a search among many may take."""
MOST_MEMORY = 64 << 20
"""By which a server may grow while it lists coverages [bytes]."""
START, DAYS = datetime(2015, 1, 1, tzinfo=UTC), 3650
WIDTH, HEIGHT = 34.0, 17.0
"""Of the boxes that are searched [degrees]: about a hundredth of the Earth."""
SEARCHES = 300
BATCH = 20_000


def main() -> int:
    """Measure, print, and answer 1 when a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--objects", type=int, default=MANY, help="coverages of the large catalogue (%(default)s)")
    objects = parser.parse_args().objects
    with tempfile.TemporaryDirectory(prefix="eoxserver-bench-") as folder:
        root = Path(folder)
        times = {count: searched(root / str(count), count) for count in (FEW, objects)}
        ratio = times[objects] / times[FEW]
        print(f"search among {objects:,} beside {FEW:,}: ratio {ratio:.2f}, at most {MOST_TIMES}")
        grown = listed(root / "listed")
    return 1 if ratio > MOST_TIMES or grown > MOST_MEMORY else 0


# -- searching ------------------------------------------------------------------------------------


def searched(root: Path, count: int) -> float:
    """The median time of a search [s]."""
    with filled(root, count) as instance:
        chance = random.Random(5)
        taken, hits = [], []
        before = time.process_time()
        for _ in range(SEARCHES):
            west, south = chance.uniform(-180, 180 - WIDTH), chance.uniform(-80, 80 - HEIGHT)
            span = DAYS * FEW / count
            begin = START + timedelta(days=chance.uniform(0, DAYS - span))
            started = time.perf_counter()
            found = list(
                instance.catalogue.search((west, south, west + WIDTH, south + HEIGHT), begin, begin + timedelta(span))
            )
            taken.append(time.perf_counter() - started)
            hits.append(len(found))
        processor = time.process_time() - before
    median = statistics.median(taken)
    print(
        f"{count:>9,} coverages: {median * 1e3:.2f} ms, {processor / SEARCHES * 1e3:.2f} ms of processor time, "
        f"for {statistics.mean(hits):.1f} found on average"
    )
    return median


@contextmanager
def filled(root: Path, count: int) -> Iterator[Instance]:
    """An instance with so many coverages, all over the Earth and ten years; there is no data behind them."""
    made = make_instance("bench", root)
    instance = open_instance(made.paths.root)
    try:
        started = time.perf_counter()
        fill(count)
        print(f"{count:>9,} coverages: made in {time.perf_counter() - started:.0f} s")
        yield instance
    finally:
        instance.close()


def fill(count: int) -> None:
    """Write coverages into the catalogue: rows of their own for what is searched, copies of one for the rest."""
    band = RangeType((Field("grey", np.dtype("uint16")),))
    first = RectifiedDataset(
        identifier="first", size_x=1024, size_y=1024, min_x=0.0, min_y=0.0, max_x=1.0, max_y=1.0, srid=4326,
        range_type=band,
    )  # fmt: skip
    first.save()
    chance = random.Random(11)
    with transaction.atomic():
        for low in range(0, count, BATCH):
            last = EOObject.objects.order_by("-pk").values_list("pk", flat=True)[0]
            EOObject.objects.bulk_create([scattered(chance, at) for at in range(low, min(low + BATCH, count))])
            with connection.cursor() as cursor:
                for model in (Coverage, RectifiedDataset):
                    key, *others = [field.column for field in model._meta.local_concrete_fields]
                    columns = "".join(f', "{column}"' for column in others)
                    copies = "".join(f', t."{column}"' for column in others)
                    table = model._meta.db_table
                    cursor.execute(
                        f'INSERT INTO {table} ("{key}"{columns}) SELECT o.id{copies}'
                        f" FROM {EOObject._meta.db_table} o, {table} t WHERE o.id > %s AND t.{key} = %s",
                        [last, first.pk],
                    )
        first.delete()


def scattered(chance: random.Random, number: int) -> EOObject:
    """A coverage somewhere, at some time."""
    west, south, side = chance.uniform(-180, 179), chance.uniform(-85, 84), chance.uniform(0.1, 1.0)
    begin = START + timedelta(days=chance.uniform(0, DAYS))
    return EOObject(
        identifier=f"scene_{number:07d}",
        real_type=RectifiedDataset._meta.label_lower,
        footprint=shapely.MultiPolygon([shapely.box(west, south, west + side, south + side)]),
        begin_time=begin,
        end_time=begin + timedelta(minutes=5),
    )


# -- listing --------------------------------------------------------------------------------------


def listed(root: Path) -> int:
    """How much a server grows while it lists many coverages [bytes]."""
    with filled(root, LISTED):
        pass
    grown = 0
    with serving(["--instance", str(root)], root / "logs", 1) as peer:
        assert isinstance(peer.wire, Http)
        for service in ("WCS", "WMS"):
            before = memory(peer.pids)
            connection = http.client.HTTPConnection(peer.wire.host, peer.wire.port)
            started = time.perf_counter()
            connection.request("GET", f"/ows?service={service}&request=GetCapabilities")
            answer = connection.getresponse()
            size = len(answer.read(1))
            begun = time.perf_counter() - started
            size += len(answer.read())
            whole = time.perf_counter() - started
            grown = max(grown, peak_memory(peer.pids) - before)
            tag = str(answer.headers["ETag"])
            connection.request("GET", f"/ows?service={service}&request=GetCapabilities", headers={"If-None-Match": tag})
            again = connection.getresponse()
            again.read()
            print(
                f"{service} capabilities of {LISTED:,} coverages: first byte after {begun * 1e3:.0f} ms, "
                f"{size / 1e6:.1f} MB after {whole * 1e3:.0f} ms; asked for again: {again.status}"
            )
    print(f"grown by {grown / 2**20:.0f} MiB, at most {MOST_MEMORY / 2**20:.0f}")
    return grown


if __name__ == "__main__":
    sys.exit(main())
