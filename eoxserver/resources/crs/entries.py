# SPDX-License-Identifier: MIT
"""What the catalogue holds of a CRS that an administrator has defined, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from eoxserver.core.crs import Definition, Parameter

__all__ = ["CrsEntry", "decode_parameters"]


@dataclass(frozen=True, slots=True)
class CrsEntry:
    """A definition, and what people are told of it."""

    definition: Definition
    title: str = ""
    remarks: str = ""


def decode_parameters(given: Any) -> tuple[Parameter, ...]:
    """Parameters of a JSON list of pairs: a name, and a default which is text or None.

    Raises
    ------
    ValueError
        When it is no such list.

    >>> decode_parameters([["lon", None], ["lat", "0"]])
    (Parameter(name='lon', default=None), Parameter(name='lat', default='0'))
    """
    found = []
    for pair in given if isinstance(given, Sequence) and not isinstance(given, str) else [given]:
        match pair:
            case [str(name), None | str()]:
                found.append(Parameter(name, pair[1]))
            case _:
                raise ValueError(f'{pair!r} is no parameter; accepted: ["name", null] or ["name", "default"]')
    return tuple(found)
