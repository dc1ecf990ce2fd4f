# SPDX-License-Identifier: MIT
"""The store's half of ingestion: a coverage becomes a new cube, parts of one go into a cube that is there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from eoxserver.backends.cubes.base import Along, CubeLayout, CubeStore, Update
from eoxserver.core.axes import IndexAxis, IrregularAxis
from eoxserver.core.coverage import Coverage
from eoxserver.core.domain import Domain
from eoxserver.core.errors import EOxServerError, InconsistentChange, InvalidParameterValue, InvalidSubsetting
from eoxserver.core.fields import RangeType
from eoxserver.core.metadata import PartMetadata
from eoxserver.resources.coverages.ingestion.cells import Copying, check_fields, copy, storable
from eoxserver.resources.coverages.ingestion.publishing import Ingested
from eoxserver.resources.coverages.ingestion.states import CubeState
from eoxserver.resources.coverages.parts import extra_details
from eoxserver.resources.coverages.placement import grown, place
from eoxserver.resources.coverages.points import described

__all__ = ["add_parts", "make_cube", "new_state", "said_of_parts"]

N_D_FORMAT = "application/netcdf"
"""Native format of coverages that are no images."""


def new_state(coverage: Coverage, native_format: str, further: Sequence[Coverage] = ()) -> CubeState:
    """What the first version of a new cube is as a coverage.

    Parameters
    ----------
    further : sequence of Coverage
        Parts that come with it.
    """
    native = native_format or coverage.native_format or ("" if len(coverage.domain.axes) == 2 else N_D_FORMAT)
    parts = said_of_parts((coverage, *further))
    return replace(
        CubeState.first(coverage.domain, storable(coverage.range_type), native),
        metadata=dict(coverage.metadata),
        details=described(extra_details(coverage.extra, bool(parts)), coverage.points),
        parts=parts,
    )


def make_cube(
    store: CubeStore,
    cube: str,
    coverage: Coverage,
    state: CubeState,
    chunks: Sequence[int] | None,
    parts: Sequence[Coverage] = (),
    readers: int = 1,
) -> int:
    """Make the cube of a new coverage, with further parts; answers its version.

    Parameters
    ----------
    readers : int
        As ``cells.copy`` has it.

    Raises
    ------
    InvalidParameterValue
        When there cannot be such a cube.
    InconsistentChange, InvalidSubsetting
        When a part does not fit.
    InconsistentChange, DataUnavailable
        As ``cells.copy``.
    """
    layout = _layout(coverage.domain, state.range_type, chunks)
    along = _along_of_new(coverage.domain)
    near = layout.chunks or coverage.source.chunks
    first = Copying(coverage.source, coverage.range_type.fields, layout.fields, along, near)
    lows = [each.start if isinstance(each, range) else 0 for each in along.values()]
    further = _copying(_Whole(coverage.domain, lows, layout), state.range_type, parts)
    try:
        with store.update(cube, layout) as update:
            update.grow(along)
            copy([first, *further], update, True, readers)
            return _commit(update, replace(state, parts=()))  # the catalogue has them, or there is no coverage
    except ValueError as error:
        if isinstance(error, EOxServerError):
            raise
        raise InvalidParameterValue(
            f"coverage '{coverage.identifier}' cannot be stored: {error}", locator=coverage.identifier
        ) from error


def add_parts(known: Ingested, store: CubeStore, parts: Sequence[Coverage], keep: bool, readers: int = 1) -> int:
    """Write parts, one over the other, into the latest version of a cube, whether the catalogue knows it or not.

    Returns
    -------
    int
        The new version.

    Raises
    ------
    VersionConflict
        When somebody else has changed the cube meanwhile.
    InconsistentChange, InvalidSubsetting
        When a part does not fit.
    DataUnavailable
        When source or store fail.
    """
    try:
        with store.update(known.cube) as update:
            base = update.base
            assert base is not None, "only new cubes have none"
            state = CubeState.from_text(base.state, known.cube)
            whole = _Whole(state.domain(base.axes), [axis.low for axis in base.axes], base.layout)
            copy(_copying(whole, state.range_type, parts), update, keep, readers)
            said = replace(state, metadata=known.metadata, details=known.details, parts=said_of_parts(parts))
            return _commit(update, said)
    except ValueError as error:
        if isinstance(error, EOxServerError):
            raise
        raise InconsistentChange(
            f"the change does not fit coverage '{known.identifier}': {error}", locator=known.identifier
        ) from error


def said_of_parts(coverages: Iterable[Coverage]) -> tuple[PartMetadata, ...]:
    """Metadata of the parts of coverages; of those with the same bounds the last."""
    found: dict[tuple[object, ...], PartMetadata] = {}
    for coverage in coverages:
        for part in coverage.extra.parts.within(coverage.domain):
            key = tuple(sorted(part.bounds.items()))
            found.pop(key, None)
            found[key] = part
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Whole:
    """What parts are placed in."""

    domain: Domain
    lows: Sequence[int]
    layout: CubeLayout


def _copying(whole: _Whole, range_type: RangeType, parts: Sequence[Coverage]) -> list[Copying]:
    """Where the cells of parts go, each in what those before it make of the coverage."""
    found, domain, layout = [], whole.domain, whole.layout
    for number, part in enumerate(parts, start=1):
        try:
            check_fields(range_type, part.range_type)
            places = place(domain, part.domain, whole.lows)
        except (InconsistentChange, InvalidSubsetting) as error:
            if len(parts) == 1:
                raise
            raise type(error)(f"part {number} of {len(parts)}: {error.message}", locator=error.locator) from error
        domain = grown(domain, places, layout.descending)
        along = dict(zip(layout.labels, places, strict=True))
        near = layout.chunks or part.source.chunks
        found.append(Copying(part.source, part.range_type.fields, layout.fields, along, near))
    return found


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
