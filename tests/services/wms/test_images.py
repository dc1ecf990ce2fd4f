# SPDX-License-Identifier: MIT
"""Maps in every format of pictures, whatever their channels."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from eoxserver.services.engine import Engine
from eoxserver.services.wms.images import encode_error_image, encode_map, has_alpha
from eoxserver.services.wms.requests import ErrorForm
from tests.applications import Application, application, instance_template

__all__ = ["instance_template"]
