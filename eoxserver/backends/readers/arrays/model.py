# SPDX-License-Identifier: MIT
"""What a file of arrays holds, whatever its format: variables with named dimensions, and their attributes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["ArrayFile", "ArrayVariable", "is_coordinate", "plain_attribute"]


@dataclass(frozen=True)
class ArrayVariable:
    """A variable, without its cells unless they are coordinates."""

    name: str
    """Those in groups as ``group/name``."""
    dims: tuple[str, ...]
    """Names of the dimensions, with the groups they are defined in."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    """None for what are no numbers."""
    attributes: Mapping[str, Any]
    """Texts, numbers, and arrays of numbers."""
    values: npt.NDArray[Any] | None = None
    """The cells of coordinate variables and of their bounds."""

    def text(self, name: str) -> str:
        """An attribute as text without blanks around it; empty when there is none."""
        value = self.attributes.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    @property
    def label(self) -> str:
        """The name without groups."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True)
class ArrayFile:
    """The variables of a file, in its order."""

    driver: str
    """Name of the format as GDAL calls it."""
    variables: Mapping[str, ArrayVariable]
    attributes: Mapping[str, Any]


def is_coordinate(name: str, dims: tuple[str, ...]) -> bool:
    """Whether a variable of these dimensions is that of coordinates along one (CF 1.8 clause 1.2)."""
    return dims == (name,)


def plain_attribute(value: Any) -> Any:
    """An attribute as text, number, or array of numbers.

    >>> plain_attribute(np.float32(2)), plain_attribute(b"m"), plain_attribute(np.array([3]))
    (2.0, 'm', 3)
    """
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.ravel()[0].item() if value.size == 1 else value
    return value
