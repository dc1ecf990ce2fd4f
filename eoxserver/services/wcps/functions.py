# SPDX-License-Identifier: MIT
"""The functions that are called by name with plain arguments (WCPS specification, section 3, ``fn`` and ``metaFn``)."""

from __future__ import annotations

__all__ = ["CONDENSERS", "FUNCTIONS", "METADATA", "SPECIAL", "TIME_UNITS", "every_function"]

_ONE = (1, 1)

FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys(
        (
            "abs", "sqrt", "re", "im", "round", "exp", "log", "ln", "sin", "cos", "tan", "sinh", "cosh", "tanh",
            "arcsin", "arccos", "arctan", "ceil", "floor",
        ),
        _ONE,
    ),
    **dict.fromkeys(("pow", "mod", "bit", "atan2", "arctan2", "min", "max"), (2, 2)),
}  # fmt: skip
"""Functions of cells, with the least and the greatest number of arguments."""

CONDENSERS = {"count": "count", "add": "add", "sum": "add", "avg": "avg", "min": "min", "max": "max",
              "some": "some", "all": "all"}  # fmt: skip
"""Short condensers, with the name they have in the tree."""

METADATA = {"identifier": "identifier", "crsset": "crsSet", "imagecrs": "imageCrs", "cellcount": "cellCount",
            "nilset": "nilSet", "nullset": "nilSet"}  # fmt: skip
"""Metadata functions, with the name they have in the tree."""

_UNITS = ("years", "months", "days", "hours", "minutes", "seconds")
TIME_UNITS = {unit: (unit, False) for unit in _UNITS} | {f"all{unit}": (unit, True) for unit in _UNITS}
"""Functions of time intervals: the unit, and whether every instant is meant."""

SPECIAL = (
    "clip", "crsTransform", "decode", "describe", "domain", "encode", "extend", "imageCrsDomain", "scale",
    "scaleaxes", "scaleextent", "scalefactor", "scalesize", "slice", "trim", "polygonize", "not",
)  # fmt: skip
"""Functions with arguments of their own form."""


def every_function() -> tuple[str, ...]:
    """The names of all functions, as they are written."""
    return (*FUNCTIONS, *CONDENSERS, *METADATA.values(), "nullSet", *TIME_UNITS, *SPECIAL)
