# SPDX-License-Identifier: MIT
"""An encoder that writes cells as JSON, so that tests see values and not a format."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import ClassVar

from eoxserver.backends.encoders.base import Workspace
from eoxserver.conf.schema import Settings
from eoxserver.core.coverage import CellBox, Coverage


class ValuesEncoder:
    """Writes type, values and validity."""

    key: ClassVar[str] = "GTiff"

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def check(self, coverage: Coverage, driver: str, options: Mapping[str, str]) -> None:
        pass

    def encode(
        self, coverage: Coverage, driver: str, options: Mapping[str, str], workspace: Workspace
    ) -> Iterator[bytes]:
        cells = coverage.source.read(CellBox.whole(coverage.source.shape), range(len(coverage.range_type)))
        about = {
            "fields": coverage.range_type.names,
            "type": str(cells.values.dtype),
            "values": cells.values.tolist(),
            "valid": cells.mask().tolist(),
        }
        yield json.dumps(about).encode()
