# SPDX-License-Identifier: MIT
"""GDAL's configuration options in queries: a few harmless ones."""

from __future__ import annotations

import numpy as np
import pytest

from eoxserver.core.errors import InvalidParameterValue
from eoxserver.services.wcps.encoding.config import HARMLESS, config_options
from eoxserver.testing.coverages import image
from tests.services.wcps.encoding.tools import Encoding


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY", "CPL_DEBUG", "CPL_LOG", "CPL_TMPDIR", "GDAL_CACHEMAX", "GDAL_DATA", "GDAL_DRIVER_PATH",
        "GDAL_HTTP_PROXY", "GDAL_NUM_THREADS", "GDAL_PAM_PROXY_DIR", "GDAL_VRT_ENABLE_PYTHON", "PROJ_DATA",
    ],
)  # fmt: skip
def test_what_reaches_files_or_the_process_is_refused(name: str) -> None:
    with pytest.raises(InvalidParameterValue, match=f"'{name}' is not accepted; .*available:") as caught:
        config_options({name: "1"})
    assert caught.value.locator == "configOptions"


@pytest.mark.parametrize("value", ["/etc/passwd", "a b", "x;y", "\n", "http://host"])
def test_values_are_words(value: str) -> None:
    with pytest.raises(InvalidParameterValue, match="accepted: a word or a number"):
        config_options({"GDAL_TIFF_ENDIANNESS": value})


def test_names_in_any_case() -> None:
    assert config_options({"gdal_tiff_endianness": "BIG"}) == {"GDAL_TIFF_ENDIANNESS": "BIG"}
    assert all(name == name.upper() for name in HARMLESS)


def test_they_hold_for_the_one_write(encoding: Encoding) -> None:
    coverage = image(np.zeros((1, 20, 20), np.uint8))
    extra = '{"configOptions": {"GDAL_TIFF_ENDIANNESS": "BIG"}}'
    assert encoding.bytes(coverage, "tiff", extra)[:2] == b"MM"
    assert encoding.bytes(coverage, "tiff")[:2] == b"II"
    assert encoding.bytes(coverage, "csv", extra) == encoding.bytes(coverage, "csv")
