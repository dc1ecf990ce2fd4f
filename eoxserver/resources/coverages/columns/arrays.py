# SPDX-License-Identifier: MIT
"""Arrays of numbers in one column: the coefficients of an irregular axis, the tie points of a referenceable grid."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.coverage import TiePoints
from eoxserver.core.crs import parse_stored
from eoxserver.core.errors import CrsUnknown
from eoxserver.resources.coverages.columns.values import ValueField
from eoxserver.resources.coverages.domains import crs_text

__all__ = ["CoefficientsField", "TiePointsField"]

_STORED = np.dtype("<f8")


class CoefficientsField(ValueField["npt.NDArray[np.float64] | None"]):
    """A one-dimensional array of 64-bit floats, kept as they are, little-endian."""

    description = "Coefficients"

    def get_internal_type(self) -> str:
        """Bytes."""
        return "BinaryField"

    def decode(self, stored: Any) -> npt.NDArray[np.float64]:
        """A read-only array over the stored bytes."""
        return np.frombuffer(bytes(stored), dtype=_STORED).astype(np.float64, copy=False)

    def convert(self, given: object) -> npt.NDArray[np.float64]:
        """An array of any numbers; text has them separated by blanks or commas."""
        if isinstance(given, str):
            given = given.replace(",", " ").split()
        try:
            values = np.array(given, dtype=np.float64)
        except (TypeError, ValueError) as error:
            raise ValueError(f"coefficients are numbers: {error}") from error
        if values.ndim != 1:
            raise ValueError(f"coefficients have one dimension, not {values.ndim}")
        values.setflags(write=False)
        return values

    def encode(self, value: npt.NDArray[np.float64] | None) -> bytes:
        """Eight bytes a number."""
        assert value is not None
        return value.astype(_STORED).tobytes()

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """The bytes as the database adapter wants them."""
        value = super().get_db_prep_value(value, connection, prepared)
        return connection.Database.Binary(value) if isinstance(value, bytes) else value

    def text(self, value: npt.NDArray[np.float64] | None) -> str:
        """The shortest decimals that give the same numbers."""
        return "" if value is None else " ".join(repr(float(number)) for number in value)


class TiePointsField(ValueField["TiePoints | None"]):
    """A ``core.coverage.TiePoints`` as JSON: CRS, rows, columns, x, y."""

    description = "Tie points"

    def get_internal_type(self) -> str:
        """Text."""
        return "TextField"

    def decode(self, stored: Any) -> TiePoints:
        """The tie points of a column's text."""
        return _tie_points(json.loads(stored))

    def convert(self, given: object) -> TiePoints:
        """Tie points, or JSON text of them."""
        if isinstance(given, TiePoints):
            return given
        return _tie_points(json.loads(given) if isinstance(given, str) else given)

    def encode(self, value: TiePoints | None) -> str:
        """JSON."""
        return self.text(value)

    def text(self, value: TiePoints | None) -> str:
        """JSON."""
        assert value is not None
        arrays = {name: getattr(value, name).tolist() for name in ("rows", "columns", "x", "y")}
        return json.dumps({"crs": crs_text(value.crs), **arrays}, allow_nan=False)


def _tie_points(value: object) -> TiePoints:
    if not isinstance(value, Mapping):
        raise ValueError("tie points have crs, rows, columns, x and y")
    try:
        crs = parse_stored(value["crs"])
        arrays = [np.array(value[name], dtype=np.float64) for name in ("rows", "columns", "x", "y")]
    except (KeyError, TypeError, CrsUnknown) as error:
        raise ValueError(f"tie points have crs, rows, columns, x and y: {error!r}") from error
    if len({array.shape for array in arrays}) != 1 or arrays[0].ndim != 1 or not arrays[0].size:
        raise ValueError("rows, columns, x and y of tie points have one dimension and the same length")
    return TiePoints(crs, *arrays)
