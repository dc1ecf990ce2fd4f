# SPDX-License-Identifier: MIT
"""Whether a slice goes with a coverage that exists already, known before anything is written."""

from __future__ import annotations

from typing import Any

import numpy as np

from eoxserver.core.axes import IrregularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.errors import InconsistentChange, InvalidSubsetting
from eoxserver.resources.coverages.ingestion.cells import check_fields
from eoxserver.resources.coverages.placement import place
from eoxserver.wcst_import.errors import FileRefused
from eoxserver.wcst_import.slices import Slice

__all__ = ["check_fits"]


def check_fits(one: Slice, there: Coverage) -> None:
    """Refuse a slice with other axes, CRSs, resolution, bands or types than a coverage has, or off its grid.

    Raises
    ------
    FileRefused
        The message names the file, what is different, and what would help.
    """
    path, part = one.file.path, one.part
    try:
        check_fields(there.range_type, part.range_type)
        place(there.domain, part.domain, [0] * len(there.domain.axes))
    except (InconsistentChange, InvalidSubsetting) as error:
        raise _refused(path, there, error.message) from error
    for axis, mine in zip(part.domain.axes, there.domain.axes, strict=True):
        if isinstance(axis, IrregularAxis) and axis.size > 1 and not isinstance(mine, IrregularAxis):
            raise _refused(path, there, f"axis {axis.label} is irregular; that of the coverage is regular")
    for field, given_field in zip(there.range_type.fields, part.range_type.fields, strict=True):
        if not _holds(field.dtype, given_field.dtype):
            message = (
                f"band {given_field.name} is {given_field.dtype}, which does not fit {field.dtype}, its type there"
            )
            raise _refused(path, there, f"{message}; gdal_translate -ot brings files to one type")


def _refused(path: str, there: Coverage, message: str) -> FileRefused:
    return FileRefused(
        f"{path} does not go with the coverage {there.identifier}, which exists already: {message}; another "
        "input.coverage_id makes a new one",
        locator=path,
    )


def _holds(there: np.dtype[Any], given: np.dtype[Any]) -> bool:
    """Whether values of a type mostly fit another; fewer digits of a fraction are no loss."""
    if there.kind in "fc" and given.kind in "fciu":
        return True
    return np.can_cast(given, there, "safe")
