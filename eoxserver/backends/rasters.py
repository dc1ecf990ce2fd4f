# SPDX-License-Identifier: MIT
"""Opening rasters with GDAL, and GDAL's errors in our words.

GDAL keeps state of the process. What this package changes of it is changed here, in ``prepare_gdal``. Options of one
data set (``connections.RasterPath``) hold in one thread while it calls GDAL, in ``with_options``.

GDAL keeps what it has read of remote files for the process, by their names, and does not ask whether they changed. It
is therefore told another name for each state of a file (``gdal_name``), or made to forget (``forget``).
"""

from __future__ import annotations

import hashlib
import os
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TypeVar

import rasterio
from rasterio import env
from rasterio._err import CPLE_BaseError
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader
from rasterio.session import DummySession

from eoxserver.backends.connections import RasterPath
from eoxserver.backends.hdf5 import hdf5_guard, is_hdf5
from eoxserver.backends.locations import data_file, split_dataset_name
from eoxserver.core.errors import DataUnavailable

__all__ = [
    "GDAL_ERRORS",
    "forget",
    "found_by_name",
    "gdal_name",
    "lasting_name",
    "open_raster",
    "prepare_gdal",
    "unavailable",
    "with_options",
]

Result = TypeVar("Result")

GDAL_ERRORS: tuple[type[Exception], ...] = (RasterioError, CPLE_BaseError, OSError)
"""What rasterio raises when data is missing, broken or not what it says it is."""

_LISTING = "GDAL_DISABLE_READDIR_ON_OPEN"

GDAL_CACHE_BYTES = 64 << 20
"""GDAL's own block cache: room for what is being decoded or written; decoded blocks are kept by our own cache."""


def prepare_gdal() -> None:
    """Set what GDAL and rasterio keep per process; may be called any number of times.

    GDAL's block cache is bounded (unless the environment has GDAL_CACHEMAX), and a raster without georeference is
    nothing to warn about: it is a coverage with index axes.
    """
    warnings.filterwarnings("ignore", category=NotGeoreferencedWarning)
    if "GDAL_CACHEMAX" not in os.environ:
        env.set_gdal_config("GDAL_CACHEMAX", GDAL_CACHE_BYTES)


@contextmanager
def found_by_name() -> Iterator[None]:
    """Have GDAL ask for the few files that may lie beside a raster by their names, and not list its folder.

    It does so for the whole process, while this lasts: for those who open many files of a folder, each once.
    """
    given = _LISTING in os.environ
    if not given:
        env.set_gdal_config(_LISTING, "TRUE")
    try:
        yield
    finally:
        if not given:
            env.set_gdal_config(_LISTING, "FALSE")  # as GDAL does by itself


def open_raster(path: str, level: int = 0) -> DatasetReader:
    """Open a raster for reading.

    Parameters
    ----------
    path : str
        A local file, or anything else that GDAL opens.
    level : int
        0 is the full resolution, 1 the first overview.

    Raises
    ------
    DataUnavailable
        When it is missing, unreadable or not a raster.
    """
    if isinstance(path, RasterPath):
        return with_options(path, partial(_open, gdal_name(path), str(path), level))
    file = data_file(path)
    if file is None and _is_plain(path):
        raise DataUnavailable(f"{path}: no such file", locator=path)
    with hdf5_guard(is_hdf5(file or path)):
        return _open(path, path, level)


def _open(name: str, path: str, level: int) -> DatasetReader:
    try:
        if level:
            return rasterio.open(name, sharing=False, overview_level=level - 1)
        return rasterio.open(name, sharing=False)
    except GDAL_ERRORS as error:
        raise unavailable(path, error) from error


def with_options(path: str, call: Callable[[], Result]) -> Result:
    """Call something that uses GDAL, with the options of a path; other paths have none.

    rasterio sets options for the thread, but for the whole process when it is called in the main thread. There, another
    thread makes the call, so that nobody else's request has them: they may be credentials.
    """
    options = path.options if isinstance(path, RasterPath) else None
    if not options:
        return call()
    if threading.current_thread() is threading.main_thread():
        with ThreadPoolExecutor(1, "gdal") as pool:
            return pool.submit(_with_options, options, call).result()
    return _with_options(options, call)


def _with_options(options: Mapping[str, str], call: Callable[[], Result]) -> Result:
    # Not as arguments of Env, which refuses credentials of S3 there; without the AWS session that it would make of
    # the environment's.
    with env.Env(session=DummySession()):
        env.setenv(**options)
        return call()


def gdal_name(path: str) -> str:
    """What GDAL is told to open for a path: another name for each state of a file on a web server.

    The fragment of a URL is not sent to the server; GDAL takes it for a part of the name.

    >>> gdal_name(RasterPath("/vsicurl/http://host/a.tif", validator="1"))
    '/vsicurl/http://host/a.tif#6b86b273ff34fce1'
    >>> gdal_name(RasterPath("/vsis3/bucket/a.tif", validator="1")), gdal_name("/data/a.tif")
    ('/vsis3/bucket/a.tif', '/data/a.tif')
    """
    if isinstance(path, RasterPath) and path.identity and "/vsicurl/" in path:
        return f"{path}#{hashlib.sha256(path.identity.encode()).hexdigest()[:16]}"
    return str(path)


def lasting_name(path: str) -> str:
    """Answer GDAL's name of the remote file behind a path that has one name in all its states; empty for others.

    >>> lasting_name(RasterPath("/vsisubfile/100_200,/vsis3/bucket/a.zip")), lasting_name(RasterPath("/vsicurl/http://h/a"))
    ('/vsis3/bucket/a.zip', '')
    """
    if not isinstance(path, RasterPath) or path.file or "/vsicurl/" in path:
        return ""
    return path.partition(",")[2] if path.startswith("/vsisubfile/") else str(path)


def forget(path: RasterPath) -> None:
    """Make GDAL forget what it has read of the remote file behind a path; nobody may be reading it."""
    name = lasting_name(path)
    fresh = path.pinned(path.validator, {"CPL_VSIL_CURL_NON_CACHED": name})
    with suppress(DataUnavailable):  # no raster, or none any more: it is forgotten all the same
        with_options(fresh, partial(_open, name, name, 0)).close()


def unavailable(path: str, error: Exception) -> DataUnavailable:
    """Answer the error for data that could not be opened or read, with GDAL's own reason in one line."""
    if Path(path).is_dir():
        return DataUnavailable(f"{path}: is a folder, not a raster", locator=path)
    cause = error.__cause__ or error.__context__ or error
    text = " ".join(str(getattr(cause, "errmsg", "") or cause).split())
    if state := gdal_name(path).removeprefix(path):  # GDAL alone was told
        text = text.replace(state, "")
    for name in (f"'{path}'", path, Path(path).name):
        text = text.removeprefix(name).lstrip(":, ")
    return DataUnavailable(f"{path}: {text or 'cannot be read'}", locator=path)


def _is_plain(path: str) -> bool:
    """Whether the text can only be the path of a file."""
    return not path.startswith("/vsi") and "://" not in path and not split_dataset_name(path).prefix
