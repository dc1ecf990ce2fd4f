# SPDX-License-Identifier: MIT
"""Which data type a computed cell has (WCPS specification, section 4.4).

Types stand in one order, from truth values to complex numbers; where two meet, the more general one holds the result.
Integers of one width and different sign go to the next wider signed type, those of 32 bits to ``double``. Equal types
keep their type and wrap silently.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = ["BOOLEAN", "DOUBLE", "LONG", "arithmetic_type", "general_type", "real_type", "type_name", "wide_type"]

BOOLEAN, LONG, DOUBLE = np.dtype(np.bool_), np.dtype(np.int32), np.dtype(np.float64)
_CHAR, _FLOAT = np.dtype(np.uint8), np.dtype(np.float32)
_COMPLEX, _COMPLEXD = np.dtype(np.complex64), np.dtype(np.complex128)

_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "bool": "boolean",
        "int8": "octet",
        "uint8": "char",
        "int16": "short",
        "uint16": "unsigned short",
        "int32": "long",
        "uint32": "unsigned long",
        "float32": "float",
        "float64": "double",
        "complex64": "complex",
        "complex128": "complexd",
    }
)


def type_name(dtype: np.dtype[Any]) -> str:
    """The name a type has in the language; numpy's where it has none.

    >>> type_name(np.dtype("uint8")), type_name(np.dtype("int64"))
    ('char', 'int64')
    """
    return _NAMES.get(dtype.name, dtype.name)


def general_type(*dtypes: np.dtype[Any]) -> np.dtype[Any]:
    """The most general of some types, at least one.

    >>> general_type(np.dtype("uint8"), np.dtype("int8")), general_type(np.dtype("float32"), np.dtype("int32"))
    (dtype('int16'), dtype('float32'))
    """
    kinds = {dtype.kind for dtype in dtypes}
    if "c" in kinds:
        return _COMPLEXD if any(dtype in {_COMPLEXD, DOUBLE} for dtype in dtypes) else _COMPLEX
    if "f" in kinds:
        return DOUBLE if any(dtype.kind == "f" and dtype.itemsize > 4 for dtype in dtypes) else _FLOAT
    found: np.dtype[Any] = np.result_type(*dtypes)
    if found.itemsize == 8 and found not in dtypes:
        return DOUBLE
    return found


def arithmetic_type(*dtypes: np.dtype[Any]) -> np.dtype[Any]:
    """The most general type, where truth values count as the ``char`` numbers 0 and 1."""
    found = general_type(*dtypes)
    return _CHAR if found == BOOLEAN else found


def wide_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of a function that has no integers as values: ``float`` and complex types stay, others are ``double``.

    >>> wide_type(np.dtype("uint8")), wide_type(np.dtype("float32"))
    (dtype('float64'), dtype('float32'))
    """
    return _FLOAT if dtype.kind == "f" and dtype.itemsize <= 4 else dtype if dtype.kind == "c" else DOUBLE


def real_type(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """The type of the parts of a complex type; other types stay."""
    return _FLOAT if dtype == _COMPLEX else DOUBLE if dtype.kind == "c" else dtype
