# SPDX-License-Identifier: MIT
"""What an axis measures."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["Role"]


class Role(StrEnum):
    """What an axis measures; told by the direction of the CRS axis, never by its label."""

    X = "x"
    Y = "y"
    Z = "z"
    T = "t"
    OTHER = "other"
