# SPDX-License-Identifier: MIT
"""The place of cubes as tensorstore names it: a folder, a bucket of an object store, or memory.

``memory://`` lives as long as the store object, for tests. ``s3://bucket/prefix`` and ``gs://bucket/prefix`` take their
credentials from the environment as Amazon's and Google's own tools do; parameters of a query become members of
tensorstore's specification: ``s3://bucket/cubes?endpoint=http://127.0.0.1:9000&aws_region=eu-central-1``.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from eoxserver.backends.cubes.celltypes import Json
from eoxserver.core.errors import ConfigurationError

__all__ = ["below", "kvstore_spec"]


def kvstore_spec(url: str, folder: Path) -> Json:
    """The specification of the key-value store of a URL; its path ends with ``/``.

    Parameters
    ----------
    url : str
        A URL, or the path of a folder.
    folder : Path
        Where relative paths begin.

    Raises
    ------
    ConfigurationError
        When it is none that can hold cubes.
    """
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    path = unquote(parts.path).strip("/")
    if parts.scheme in {"", "file"}:
        if parts.netloc:
            raise ConfigurationError(f"'{url}' names a host; accepted: file:///absolute/path", locator="url")
        plain = unquote(parts.path) if parts.scheme else url
        if not plain:
            raise ConfigurationError("no place for cubes is given; accepted: a folder, or a URL", locator="url")
        return {"driver": "file", "path": f"{folder.joinpath(plain).absolute()}/"}
    if parts.scheme == "memory":
        return {"driver": "memory", "path": f"{parts.netloc}/{path}/".lstrip("/")}
    if parts.scheme in {"s3", "gs"} and parts.netloc:
        driver = {"s3": "s3", "gs": "gcs"}[parts.scheme]
        return {"driver": driver, "bucket": parts.netloc, "path": f"{path}/".lstrip("/"), **options}
    raise ConfigurationError(
        f"cubes cannot be kept at '{url}'; accepted: a folder, file:///path, s3://bucket/prefix, gs://bucket/prefix",
        locator="url",
    )


def below(spec: Json, path: str) -> Json:
    """The specification of what lies below a path of a store; ends with ``/``."""
    return {**spec, "path": f"{spec['path']}{path}/"}
