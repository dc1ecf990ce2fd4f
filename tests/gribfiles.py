# SPDX-License-Identifier: MIT
"""GRIB files for tests, written by eccodes in a process of its own (with GDAL in one process it crashes)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

__all__ = ["write_grib"]

_WRITER = """
import json, sys
import eccodes, numpy as np

with open(sys.argv[1], "wb") as file:
    for message in json.load(sys.stdin):
        handle = eccodes.codes_grib_new_from_samples(f"regular_ll_sfc_grib{message['edition']}")
        for name, value in message["keys"].items():
            eccodes.codes_set(handle, name, value)
        values = np.array([9999.0 if value is None else value for value in message["values"]])
        eccodes.codes_set(handle, "bitsPerValue", 24)
        eccodes.codes_set(handle, "missingValue", 9999)
        eccodes.codes_set(handle, "bitmapPresent", int(None in message["values"]))
        eccodes.codes_set_values(handle, values)
        eccodes.codes_write(handle, file)
        eccodes.codes_release(handle)
"""


def write_grib(path: Path, messages: Sequence[Mapping[str, Any]]) -> Path:
    """Write messages: ``values`` in the order of the file, ``keys``, ``edition`` (2), ``shape`` (rows, columns).

    The grid has one degree between cells, its first row at 50 degrees north (or the ``north`` of the message), its
    first column at 10 degrees east.
    """
    prepared = []
    for message in messages:
        rows, columns = message["shape"]
        north = message.get("north", 50)
        grid = {
            "Ni": columns, "Nj": rows,
            "latitudeOfFirstGridPointInDegrees": north, "latitudeOfLastGridPointInDegrees": north - (rows - 1),
            "longitudeOfFirstGridPointInDegrees": 10, "longitudeOfLastGridPointInDegrees": 10 + columns - 1,
            "iDirectionIncrementInDegrees": 1, "jDirectionIncrementInDegrees": 1,
        }  # fmt: skip
        prepared.append(
            {
                "edition": message.get("edition", 2),
                "keys": {**grid, **message.get("keys", {})},
                "values": list(message["values"]),
            }
        )
    subprocess.run([sys.executable, "-c", _WRITER, str(path)], input=json.dumps(prepared), text=True, check=True)
    return path
