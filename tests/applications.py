# SPDX-License-Identifier: MIT
"""The whole application in this process, over an instance that a test makes: no socket, nothing replaced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy.typing as npt
import pytest
import rasterio
from werkzeug.test import Client, TestResponse

from eoxserver.app import Instance, build_app, open_instance
from eoxserver.app.administration import make_instance
from eoxserver.app.django_setup import close_connections, reconfigure
from eoxserver.conf.reader import load_settings
from eoxserver.resources.coverages.registration.proposals import Options

__all__ = ["Application", "application", "instance_template", "raster_cells"]


class Application:
    """An instance and its WSGI application."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self.client = Client(build_app(instance))

    def get(self, query: str, **headers: str) -> TestResponse:
        """Ask the OGC endpoint with a query that is encoded already."""
        return self.client.get(f"/ows?{query}", headers={key.replace("_", "-"): text for key, text in headers.items()})

    def wcs(self, request: str, **params: str | list[str]) -> TestResponse:
        """Ask WCS 2.0.1."""
        return self._ask({"service": "WCS", "version": "2.0.1", "request": request, **params})

    def wms(self, request: str, **params: str | list[str]) -> TestResponse:
        """Ask WMS 1.3.0."""
        return self._ask({"service": "WMS", "version": "1.3.0", "request": request, **params})

    def register(self, *paths: Path | str, **options: Any) -> list[str]:
        """Register files, none of which may be refused; answers their identifiers."""
        outcomes = list(self.instance.registrar().register(paths, Options(**options)))
        assert outcomes
        assert [f"{outcome.place}: {outcome.reason}" for outcome in outcomes if outcome.failed] == []
        return [str(outcome.identifier) for outcome in outcomes]

    def _ask(self, params: Mapping[str, str | list[str]]) -> TestResponse:
        return self.client.get("/ows", query_string=dict(params))


@pytest.fixture(scope="session")
def instance_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Answer the folder of an empty instance, to be copied."""
    root = make_instance("tests", tmp_path_factory.mktemp("template") / "instance").paths.root
    close_connections()
    return root


@contextmanager
def application(
    folder: Path, template: Path | None = None, environ: Mapping[str, str] | None = None
) -> Iterator[Application]:
    """Open an empty instance in ``folder``; this process must not work on another one meanwhile.

    Parameters
    ----------
    template : Path, optional
        An instance to copy, which takes less time than making one.
    environ : mapping, optional
        Settings beside those of the process.
    """
    root = folder / "instance"
    if template is None:
        make_instance("tests", root)
    else:
        shutil.copytree(template, root)
    effective = {**os.environ, **(environ or {})}
    reconfigure(load_settings(root, effective))
    opened = open_instance(root, effective)
    try:
        yield Application(opened)
    finally:
        opened.close()
        close_connections()


def raster_cells(body: bytes) -> npt.NDArray[Any]:
    """The cells of a raster in any format of GDAL, shape (field, row, column)."""
    with rasterio.MemoryFile(body) as file, file.open() as dataset:
        cells: npt.NDArray[Any] = dataset.read()
    return cells
