# SPDX-License-Identifier: MIT
"""Choosing an encoder."""

from __future__ import annotations

import pytest

from eoxserver.backends.encoders.base import Encoder, encoder_for
from eoxserver.backends.encoders.gdal import GdalEncoder
from eoxserver.backends.encoders.geotiff import GeoTiffEncoder
from eoxserver.conf.schema import default_settings
from eoxserver.core.errors import FormatNotSupported


def test_a_driver_has_its_own_encoder_or_the_generic_one() -> None:
    settings = default_settings()
    encoders: dict[str, Encoder] = {kind.key: kind(settings) for kind in (GeoTiffEncoder, GdalEncoder)}
    assert encoder_for(encoders, "GTiff") is encoders["GTiff"]
    assert encoder_for(encoders, "GIF") is encoders["GDAL"]


def test_without_either_the_driver_is_named() -> None:
    with pytest.raises(FormatNotSupported, match="no encoder writes GIF; available: GTiff"):
        encoder_for({"GTiff": GeoTiffEncoder(default_settings())}, "GIF")
