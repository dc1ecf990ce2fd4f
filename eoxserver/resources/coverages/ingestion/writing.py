# SPDX-License-Identifier: MIT
"""The store's half of ingestion: a coverage becomes a new cube, a part of one goes into a cube that is there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from eoxserver.backends.cubes.base import Along, CubeLayout, CubeStore, Update
from eoxserver.core.axes import IndexAxis, IrregularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, InconsistentChange, InvalidParameterValue
from eoxserver.core.fields import RangeType
from eoxserver.resources.coverages.ingestion.cells import check_fields, copy, storable
from eoxserver.resources.coverages.ingestion.placement import place
from eoxserver.resources.coverages.ingestion.publishing import Ingested
from eoxserver.resources.coverages.ingestion.states import CubeState
from eoxserver.resources.coverages.parts import extra_details

__all__ = ["make_cube", "new_state", "write_part"]

N_D_FORMAT = "application/netcdf"
"""Native format of coverages that are no images."""


def new_state(coverage: Coverage, native_format: str) -> CubeState:
    """What the first version of a new cube is as a coverage."""
    native = native_format or coverage.native_format or ("" if len(coverage.domain.axes) == 2 else N_D_FORMAT)
    parts = tuple(coverage.extra.parts.within(coverage.domain))
    return replace(
        CubeState.first(coverage.domain, storable(coverage.range_type), native),
        metadata=dict(coverage.metadata),
        details=extra_details(coverage.extra, bool(parts)),
        parts=parts,
    )


def make_cube(store: CubeStore, cube: str, coverage: Coverage, state: CubeState, chunks: Sequence[int] | None) -> int:
    """Make the cube of a new coverage; answers its version.

    Raises
    ------
    InvalidParameterValue
        When there cannot be such a cube.
    InconsistentChange, DataUnavailable
        As ``cells.copy``.
    """
    layout = _layout(coverage.domain, state.range_type, chunks)
    along = _along_of_new(coverage.domain)
    try:
        with store.update(cube, layout) as update:
            update.grow(along)
            near = layout.chunks or coverage.source.chunks
            copy(coverage.source, coverage.range_type.fields, layout.fields, along, update, True, near)
            return _commit(update, replace(state, parts=()))  # the catalogue has them, or there is no coverage
    except ValueError as error:
        if isinstance(error, EOxServerError):
            raise
        raise InvalidParameterValue(
            f"coverage '{coverage.identifier}' cannot be stored: {error}", locator=coverage.identifier
        ) from error


def write_part(known: Ingested, store: CubeStore, part: Coverage, keep: bool) -> int:
    """Write a part into the latest version of a cube, whether the catalogue knows it or not; answers the new version.

    Raises
    ------
    VersionConflict
        When somebody else has changed the cube meanwhile.
    InconsistentChange, InvalidSubsetting
        When the part does not fit.
    DataUnavailable
        When source or store fail.
    """
    base = store.snapshot(known.cube)
    state = CubeState.from_text(base.state, known.cube)
    check_fields(state.range_type, part.range_type)
    places = place(state.domain(base.axes), part.domain, [axis.low for axis in base.axes])
    along = dict(zip(base.layout.labels, places, strict=True))
    parts = tuple(part.extra.parts.within(part.domain))
    state = replace(state, metadata=known.metadata, details=known.details, parts=parts)
    near = base.layout.chunks or part.source.chunks
    try:
        with store.update(known.cube, base=base.version) as update:
            copy(part.source, part.range_type.fields, base.layout.fields, along, update, keep, near)
            return _commit(update, state)
    except ValueError as error:
        if isinstance(error, EOxServerError):
            raise
        raise InconsistentChange(
            f"the change does not fit coverage '{known.identifier}': {error}", locator=known.identifier
        ) from error


def _commit(update: Update, state: CubeState) -> int:
    update.set_state(state.to_text())
    return update.commit()


def _layout(domain: Domain, range_type: RangeType, chunks: Sequence[int] | None) -> CubeLayout:
    irregular = [axis for axis in domain.axes if isinstance(axis, IrregularAxis)]
    return CubeLayout(
        fields=range_type.fields,
        labels=domain.labels,
        irregular=frozenset(axis.label for axis in irregular),
        descending=frozenset(axis.label for axis in irregular if axis.coefficients[0] > axis.coefficients[-1]),
        chunks=None if chunks is None else tuple(chunks),
    )


def _along_of_new(domain: Domain) -> dict[str, Along]:
    along: dict[str, Along] = {}
    for axis in domain.axes:
        if isinstance(axis, IrregularAxis):
            along[axis.label] = axis.coefficients.tolist()
        else:
            first = axis.first if isinstance(axis, IndexAxis) else 0
            along[axis.label] = range(first, first + axis.size)
    return along
