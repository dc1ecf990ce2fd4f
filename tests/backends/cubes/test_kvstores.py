# SPDX-License-Identifier: MIT
"""URLs of stores of cubes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from eoxserver.backends.cubes.kvstores import below, kvstore_spec
from eoxserver.core.errors import ConfigurationError


@pytest.mark.parametrize(
    ("url", "spec"),
    [
        ("cubes", {"driver": "file", "path": "/instance/cubes/"}),
        ("/data/my cubes#1?", {"driver": "file", "path": "/data/my cubes#1?/"}),
        ("file:///data/my%20cubes", {"driver": "file", "path": "/data/my cubes/"}),
        ("memory://a/b", {"driver": "memory", "path": "a/b/"}),
        ("memory://", {"driver": "memory", "path": ""}),
        ("s3://bucket/a/b/", {"driver": "s3", "bucket": "bucket", "path": "a/b/"}),
        ("s3://bucket", {"driver": "s3", "bucket": "bucket", "path": ""}),
        ("gs://bucket/a", {"driver": "gcs", "bucket": "bucket", "path": "a/"}),
        (
            "s3://bucket/a?endpoint=http://127.0.0.1:9000&aws_region=x",
            {"driver": "s3", "bucket": "bucket", "path": "a/", "endpoint": "http://127.0.0.1:9000", "aws_region": "x"},
        ),
    ],
)
def test_places(url: str, spec: dict[str, Any]) -> None:
    assert kvstore_spec(url, Path("/instance")) == spec


@pytest.mark.parametrize("url", ["", "file://host/a", "http://host/a", "s3:///a", "ftp://host/a"])
def test_places_that_are_refused(url: str) -> None:
    with pytest.raises(ConfigurationError, match="accepted"):
        kvstore_spec(url, Path("/instance"))


def test_below() -> None:
    spec = kvstore_spec("s3://bucket/a", Path())
    assert below(below(spec, "b"), "c")["path"] == "a/b/c/"
    assert spec["path"] == "a/"
