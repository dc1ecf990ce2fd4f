# SPDX-License-Identifier: MIT
"""Maps, and errors as pictures, in every format of pictures and with any channels."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from eoxserver.backends.encoders.base import Encoder, Workspace
from eoxserver.backends.encoders.gdal import GdalEncoder
from eoxserver.backends.encoders.image import WebpEncoder
from eoxserver.conf.schema import default_settings
from eoxserver.core.coverage import Coverage
from eoxserver.query.check import Limits
from eoxserver.query.executors import LocalExecutor
from eoxserver.services.engine import Engine
from eoxserver.services.wms.images import encode_error_image, encode_map, has_alpha
from eoxserver.services.wms.render import Bytes
from eoxserver.services.wms.requests import ErrorForm
from eoxserver.services.wms.service import COLOUR_DRIVERS


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    """Answer an engine with the encoders of pictures."""
    settings = default_settings()
    encoders: dict[str, Encoder] = {"WEBP": WebpEncoder(settings), "GDAL": GdalEncoder(settings)}
    return Engine(no_coverage, LocalExecutor(1), Limits(), encoders, Workspace(tmp_path))


def no_coverage(identifier: str) -> Coverage:
    raise AssertionError(f"{identifier} is not needed")


def decoded(body: bytes, driver: str, mode: str) -> Bytes:
    with Image.open(io.BytesIO(body)) as image:
        assert image.format == driver
        return np.asarray(image.convert(mode))


MAPS = [(driver, count) for driver in COLOUR_DRIVERS for count in (1, 2, 3, 4) if count in (1, 3) or has_alpha(driver)]


@pytest.mark.parametrize(("driver", "channels"), MAPS)
def test_every_format_takes_every_map_it_is_given(engine: Engine, driver: str, channels: int) -> None:
    pixels = np.full((20, 30, channels), 200, np.uint8)
    pixels[:, 15:] = 40
    if channels in (2, 4):
        pixels[..., -1] = 255
        pixels[:, 15:, -1] = 0
    shown = decoded(encode_map(pixels, driver, engine), driver, "RGBA")
    assert shown.shape == (20, 30, 4)
    assert (np.abs(shown[:, :14, :3].astype(int) - 200) < 12).all()
    assert (shown[:, :14, 3] == 255).all()
    assert (shown[:, 16:, 3] == (0 if channels in (2, 4) else 255)).all()


@pytest.mark.parametrize("driver", COLOUR_DRIVERS)
@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("kind", ["inimage", "blank"])
def test_errors_in_every_format(engine: Engine, driver: str, transparent: bool, kind: str) -> None:
    form = ErrorForm(kind, 120, 50, "", transparent, (255, 255, 255))
    shown = decoded(encode_error_image(form, "no such layer", driver, engine), driver, "RGBA")
    assert shown.shape == (50, 120, 4)
    painted = (shown[..., 3] > 0) & (shown[..., 1] < 128)
    assert painted.any() == (kind == "inimage")
