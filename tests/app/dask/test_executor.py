# SPDX-License-Identifier: MIT
"""The executor ``dask`` with worker processes: the same results as ``local``, and what happens when things break."""

from __future__ import annotations

import gc
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from distributed import Client, LocalCluster

from eoxserver.app.dask.executor import DaskExecutor
from eoxserver.app.queries import Queries
from eoxserver.conf.schema import default_settings
from eoxserver.core.axes import RegularAxis, Role
from eoxserver.core.coverage import CellBox, Cells, Coverage, MemorySource
from eoxserver.core.crs import parse_crs
from eoxserver.core.domain import Domain
from eoxserver.core.errors import DataUnavailable, EvaluationFailed, EvaluationStopped
from eoxserver.core.fields import Field, NilValue, RangeType
from eoxserver.query.executors import LocalExecutor
from eoxserver.query.plan import Constant, Given, Map, Read, Reduce
from eoxserver.services.engine import Engine
from tests.applications import Application, application, instance_template
from tests.services.wcps import samples

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

__all__ = ["instance_template"]

pytestmark = pytest.mark.integration

BLOCK = 4096
"""Cells of a block, so that there are many."""


def cube() -> Coverage:
    """12 days x 60 latitudes x 70 longitudes of two fields whose sums depend on the order of the cells."""
    time_, crs = parse_crs("OGC/0/AnsiDate"), parse_crs("EPSG:4326")
    axes = (
        RegularAxis("ansi", 150_000.5, 1.0, 12, time_, "d", Role.T),
        RegularAxis("Lat", 49.95, -0.1, 60, crs, "degree", Role.Y),
        RegularAxis("Long", 10.05, 0.1, 70, crs, "degree", Role.X),
    )
    rng = np.random.default_rng(1)
    values = rng.lognormal(sigma=5, size=(2, 12, 60, 70)).astype("f4")
    nil = rng.random(values.shape) < 0.01
    range_type = RangeType(tuple(Field(name, np.dtype("f4"), nil=(NilValue(-1),)) for name in ("a", "b")))
    return Coverage("cube", Domain(axes), range_type, MemorySource(np.where(nil, np.float32(-1), values), ~nil))


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Answer a scheduler and two worker processes on this machine."""
    with LocalCluster(
        n_workers=2, threads_per_worker=1, host="127.0.0.1", scheduler_port=0, dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
    ) as found:  # fmt: skip
        yield found


@pytest.fixture(scope="module")
def app(
    cluster: LocalCluster, instance_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Application]:
    """Answer an application that gives away all but the smallest work."""
    section = "EOXS_SERVICES_EVALUATION__"
    environ = {
        f"{section}EXECUTOR": "dask",
        f"{section}DASK_SCHEDULER": cluster.scheduler_address,
        f"{section}DASK_LEAST_BYTES": "4KiB",
        f"{section}BLOCK_CELLS": str(BLOCK),
    }
    with application(tmp_path_factory.mktemp("dask"), instance_template, environ) as found:
        for coverage in (cube(), *samples.samples()):
            found.instance.ingestion.insert(coverage)
        yield found


@pytest.fixture
def tasks(app: Application, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Answer the batches that are sent to the cluster from now on."""
    sent: list[bytes] = []
    cluster = executor(app)._cluster
    in_order = cluster.in_order

    def counted(header: bytes, batches: Iterable[bytes], proceed: Callable[[], None]) -> Iterator[list[Any]]:
        def noted() -> Iterator[bytes]:
            for batch in batches:
                sent.append(batch)
                yield batch

        return in_order(header, noted(), proceed)

    monkeypatch.setattr(cluster, "in_order", counted)
    return sent


def executor(app: Application) -> DaskExecutor:
    """The one of the application."""
    found = app.instance.context.engine.executor
    assert isinstance(found, DaskExecutor)
    return found


def local(engine: Engine) -> Engine:
    """The same engine, with threads of this process."""
    return replace(engine, executor=LocalExecutor(2, BLOCK))


def ask_local(app: Application, query: str) -> Any:
    """The result of a query that is evaluated here."""
    context = app.instance.context
    (result,) = Queries(replace(context, engine=local(context.engine))).results(query, {})
    return result


SAME = [
    "avg($c.a)",
    "add($c.a * $c.b)",
    "avg(($c.a - avg($c.a)) * ($c.b - avg($c.b)))",
    "min($c)",
    "count($c.a > 1)",
    "(condense + over $t ansi(imageCrsDomain($c, ansi)) using ($c.a[ansi($t)] - $c.b[ansi($t)])) / 12",
    "condense max over $t ansi(imageCrsDomain($c, ansi)) where $c.a[ansi($t)] > 1 using $c.a[ansi($t)]",
    "coverage h over $b b(0:255) values count((unsigned char) $c.a = $b)",
    "coverage h over $b b(0:255) values count($c.a > $b)",
    "coverage s over $t ansi(imageCrsDomain($c, ansi)) values avg($c.a[ansi($t)])",
    "$c.a / add($c.a) - $c.b",
    "{x: $c.a; y: (unsigned short) ($c.b > 3)}",
    'crsTransform($c[ansi(150003)], "EPSG:3857", {cubic})',
    "scale($c.a, {Lat: \"CRS:1\"(0:99), Long: \"CRS:1\"(0:99)})",
    "clip($c.a[ansi(150003)], POLYGON((45 11, 49 11, 48 16, 45 11)))",
    "sort $c.a along ansi desc by avg($c.a)",
]  # fmt: skip


@pytest.mark.parametrize("expression", SAME)
def test_results_are_those_of_local_to_the_last_bit(app: Application, tasks: list[bytes], expression: str) -> None:
    query = f"for $c in (cube) return {expression}"
    ours, theirs = app.instance.wcps(query), ask_local(app, query)
    assert tasks
    if isinstance(ours, float | int | tuple):
        assert repr(ours) == repr(theirs)
    else:
        assert ours.identical(theirs)


def test_garbage_is_not_looked_for_in_what_stays_open(app: Application, cluster: LocalCluster) -> None:
    """The end of a worker would take so long that its nanny kills it."""
    app.instance.wcps("for $c in (cube) return avg($c.a)")
    with Client(cluster.scheduler_address, set_as_default=False) as client:
        workers = list(client.scheduler_info()["workers"])
        counts = [client.submit(gc.get_freeze_count, workers=[each], pure=False).result() for each in workers]
    assert max(counts) > 10_000


def same_answer(app: Application, answer: Callable[[], TestResponse], monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer is what it is without a cluster."""
    ours = answer()
    assert ours.status_code == 200, ours.get_data(as_text=True)
    monkeypatch.setattr(executor(app), "_least", 1 << 60)
    assert answer().get_data() == ours.get_data()


def test_maps_and_coverages_are_the_same(app: Application, tasks: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    def coverage() -> TestResponse:
        crs = "http://www.opengis.net/def/crs/EPSG/0/3857"
        return app.wcs("GetCoverage", coverageId="airtemp", format="image/tiff", outputCrs=crs, scaleFactor="0.7")

    same_answer(app, coverage, monkeypatch)
    assert tasks
    monkeypatch.undo()
    box = {"crs": "CRS:84", "bbox": "112,-44,156,-9", "width": "256", "height": "256"}

    def picture() -> TestResponse:
        return app.wms("GetMap", layers="airtemp", styles="", format="image/png", **box)

    same_answer(app, picture, monkeypatch)


def test_small_work_is_done_here(app: Application, tasks: list[bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executor(app), "_least", 1 << 20)
    assert app.instance.wcps("for $c in (cube) return avg($c.a)") == ask_local(app, "for $c in (cube) return avg($c.a)")
    assert tasks == []


def test_what_is_computed_once_is_not_computed_by_each_task(app: Application, tasks: list[bytes]) -> None:
    app.instance.wcps("for $c in (cube) return avg($c.a)")
    alone = len(tasks)
    tasks.clear()
    app.instance.wcps("for $c in (cube) return $c.a / avg($c.a)")
    boxes = len(tasks) - alone
    assert alone > 0 and boxes > 1


def test_a_coverage_in_memory_goes_with_the_plan(app: Application, tasks: list[bytes]) -> None:
    values = np.random.default_rng(2).lognormal(sigma=5, size=(1, 300, 400)).astype("f4")
    coverage = replace(samples.mr(), domain=_plane(300, 400), source=MemorySource(values))
    plan = Reduce("add", Given(replace(coverage, range_type=RangeType((Field("v", np.dtype("f4")),)))))
    engine = app.instance.context.engine
    found = _cells(engine.evaluate(plan))
    assert tasks
    np.testing.assert_array_equal(found.values, _cells(local(engine).evaluate(plan)).values)


class Odd(MemorySource):
    """A source that only this process has."""

    __slots__ = ()

    def __reduce__(self) -> str:
        raise TypeError("not to be sent")


def test_what_only_this_process_has_is_done_here(app: Application, tasks: list[bytes]) -> None:
    coverage = replace(samples.mr(), source=Odd(np.ones((1, 256, 211), "u1")))
    assert _cells(app.instance.context.engine.evaluate(Reduce("add", Given(coverage)))).values == 256 * 211
    assert tasks == []


def test_errors_of_workers_are_those_of_the_server(app: Application, tasks: list[bytes]) -> None:
    query = "for $c in (mr) return 1 / ((short) $c - 255)"
    with pytest.raises(EvaluationFailed) as theirs:
        ask_local(app, query)
    with pytest.raises(EvaluationFailed) as ours:
        app.instance.wcps(query)
    assert ours.value.message == theirs.value.message
    assert tasks


def test_a_coverage_that_was_changed_meanwhile_is_told(app: Application) -> None:
    ingestion, engine = app.instance.ingestion, app.instance.context.engine
    ingestion.insert(replace(cube(), identifier="changing"))
    before = engine.evaluate(Map("+", (Read("changing"), Constant(1, np.dtype("i4")))))
    ingestion.delete(["changing"])
    ingestion.insert(replace(cube(), identifier="changing"))
    ingestion.insert(replace(cube(), identifier="other"))
    with pytest.raises(DataUnavailable, match="coverage 'changing' was changed while it was read; ask again"):
        _cells(before)


def test_work_that_is_not_wanted_any_more_is_cancelled(app: Application, cluster: LocalCluster) -> None:
    calls = threading.Semaphore(3)

    def proceed() -> None:
        if not calls.acquire(blocking=False):
            raise EvaluationStopped("the time is over")

    engine = replace(app.instance.context.engine, proceed=proceed)
    with pytest.raises(EvaluationStopped):
        list(engine.executor.blocks(engine.evaluate(Map("+", (Read("cube"), Constant(1, np.dtype("i4")))))))
    scheduler = cluster.scheduler
    assert scheduler is not None
    while scheduler.tasks:
        time.sleep(0.05)


def test_a_worker_that_dies_is_done_without(app: Application, cluster: LocalCluster, tasks: list[bytes]) -> None:
    engine = app.instance.context.engine
    plan = Map("+", (Read("cube"), Constant(1, np.dtype("i4"))))
    whole = _cells(local(engine).evaluate(plan)).values
    made = engine.evaluate(plan)
    for number, (box, cells) in enumerate(engine.executor.blocks(made)):
        if number == 0:
            os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
        np.testing.assert_array_equal(cells.values, whole[(slice(None), *box.slices)])
    assert len(tasks) > 3


def test_a_scheduler_that_does_not_answer_is_named(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
        made = _alone(tmp_path, address)
        large = Reduce("add", Given(replace(samples.mr(), source=MemorySource(np.ones((1, 256, 211), "u1")))))
        with pytest.raises(DataUnavailable, match=f"the Dask scheduler at {address} does not answer"):
            _cells(made.evaluate(large, samples.catalogue()))
        small = Reduce("add", Constant(1, np.dtype("i4")))
        assert _cells(made.evaluate(small, samples.catalogue())).values == 1
        made.close()


def test_a_scheduler_without_workers_is_told(tmp_path: Path) -> None:
    with LocalCluster(
        n_workers=0,
        host="127.0.0.1",
        scheduler_port=0,
        dashboard_address="127.0.0.1:0",
        worker_dashboard_address="127.0.0.1:0",
    ) as empty:
        made = _alone(tmp_path, empty.scheduler_address)
        with pytest.raises(DataUnavailable, match="has no workers"):
            _cells(made.evaluate(Reduce("add", Given(samples.mr())), samples.catalogue()))
        made.close()


def test_a_folder_that_is_no_instance_for_workers_is_named(cluster: LocalCluster, tmp_path: Path) -> None:
    made = _alone(tmp_path / "nowhere", cluster.scheduler_address)
    with pytest.raises(DataUnavailable, match=f"a Dask worker cannot open the instance {tmp_path / 'nowhere'}"):
        _cells(made.evaluate(Reduce("add", Given(samples.mr())), samples.catalogue()))
    made.close()


def _alone(folder: Path, address: str) -> DaskExecutor:
    """An executor for an instance of which there is no more than the folder."""
    settings = default_settings()
    chosen = replace(settings.evaluation, dask_scheduler=address, dask_least_bytes=4096, dask_timeout=1)
    return DaskExecutor.configured(replace(settings, evaluation=chosen, instance=folder))


def _plane(height: int, width: int) -> Domain:
    crs = parse_crs("EPSG:4326")
    return Domain(
        (
            RegularAxis("Lat", 50, -0.1, height, crs, "degree", Role.Y),
            RegularAxis("Long", 10, 0.1, width, crs, "degree", Role.X),
        )
    )


def _cells(coverage: Coverage) -> Cells:
    return coverage.source.read(CellBox.whole(coverage.domain.shape), tuple(range(len(coverage.range_type))))
