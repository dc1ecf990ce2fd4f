# SPDX-License-Identifier: MIT
"""Changes of a cube that become one version.

Cells that are written wait in memory, and go to the database in one atomic commit. When they need more memory than an
update may have, they go to a branch of the database (``database``) in several commits, and the branch becomes the
database in one step. Either way nobody sees part of an update, and a process that is killed leaves the version before.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np

from eoxserver.backends.cubes.base import Along, CubeLayout, Overview
from eoxserver.backends.cubes.celltypes import check_type, stored
from eoxserver.backends.cubes.chunks import choose_chunks
from eoxserver.backends.cubes.database import Database, cell_arrays, coefficient_array, failing_as_unavailable
from eoxserver.backends.cubes.manifest import AxisState, Manifest, OverviewState
from eoxserver.backends.cubes.overviews import borders, check_overview, refresh, whole
from eoxserver.backends.cubes.session import Session, Writing
from eoxserver.backends.cubes.slots import GrowingAxis, Index
from eoxserver.backends.cubes.snapshot import OcdbtSnapshot
from eoxserver.core.coverage import Cells
from eoxserver.core.errors import DataUnavailable, VersionConflict

__all__ = ["OcdbtUpdate", "check_layout"]


def check_layout(layout: CubeLayout) -> None:
    """Refuse a layout that no cube can have; raises ValueError."""
    labels = layout.labels
    if not layout.fields or len({field.name for field in layout.fields}) != len(layout.fields):
        raise ValueError(f"fields {[field.name for field in layout.fields]} must be unique, and at least one")
    for field in layout.fields:
        check_type(field)
    if len(set(labels)) != len(labels):
        raise ValueError(f"axis labels {labels} must be unique")
    unknown = sorted((layout.irregular - set(labels)) | (layout.descending - layout.irregular))
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: no such axis among {labels}, or it is not irregular")
    if layout.chunks is not None and (len(layout.chunks) != len(labels) or any(each < 1 for each in layout.chunks)):
        raise ValueError(f"chunks {layout.chunks}: {len(labels)} numbers of at least 1 are wanted, one for each axis")


class OcdbtUpdate:
    """Changes of one cube; see ``base.Update``.

    Parameters
    ----------
    name : str
        Of the cube, for messages.
    database : Database
        That of the cube; for a new one a database that does not exist yet.
    base : OcdbtSnapshot or CubeLayout
        The cube before, or the layout of a new one.
    memory : int
        Cells that wait in memory [bytes].
    publish : callable
        Makes a new cube known, once its database is complete.
    """

    def __init__(
        self,
        name: str,
        database: Database,
        base: OcdbtSnapshot | CubeLayout,
        memory: int,
        publish: Callable[[], None] = lambda: None,
    ) -> None:
        self._name = name
        self._database = database
        self._memory = memory
        self._publish = publish
        self._base = base if isinstance(base, OcdbtSnapshot) else None
        self._layout = base.layout if isinstance(base, OcdbtSnapshot) else base
        self._before = base.manifest.axes if isinstance(base, OcdbtSnapshot) else _new_axes(base)
        self._axes: list[GrowingAxis] = [
            GrowingAxis(axis, self._base.by_slot(position) if self._base is not None and axis.irregular else None)
            for position, axis in enumerate(self._before)
        ]
        self._has_chunks = self._layout.chunks is not None
        self._overviews = base.manifest.overviews if isinstance(base, OcdbtSnapshot) else ()
        self._removed: list[OverviewState] = []
        self._added: list[OverviewState] = []
        self._state = base.manifest.state if isinstance(base, OcdbtSnapshot) else ""
        self._pending: list[Writing] = []
        self._touched: list[tuple[Index, ...]] = []
        self._session: Session | None = None
        self._done = False

    @property
    def base(self) -> OcdbtSnapshot | None:
        """The cube before; None for a new one."""
        return self._base

    def write(
        self,
        along: Mapping[str, Along],
        cells: Cells,
        fields: Sequence[int] | None = None,
        keep: bool = True,
    ) -> None:
        """Write a box of cells; see ``base.Update``."""
        self._check_open()
        missing = [label for label in self._layout.labels if label not in along]
        if missing:
            raise ValueError(f"nothing is said of axis {', '.join(missing)}")
        wanted = range(len(self._layout.fields)) if fields is None else fields
        self._check_along(along)
        sizes = tuple(len(along[label]) for label in self._layout.labels)
        shape = (len(wanted), *sizes)
        if cells.values.shape != shape or (cells.valid is not None and cells.valid.shape != shape):
            raise ValueError(f"cells of shape {cells.values.shape}; {shape} is wanted, fields first")
        valid = cells.valid
        arrays = [
            stored(cells.values[place, ...], None if valid is None else valid[place, ...], self._layout.fields[field])
            for place, field in enumerate(wanted)
        ]
        index = self._place(along)
        for place, (field, values) in enumerate(zip(wanted, arrays, strict=True)):
            mask = None if valid is None or not keep else valid[place, ...].copy()
            self._pending.append(Writing(field, index, values, mask))
        self._touched.append(index)
        if sum(each.size for each in self._pending) > self._memory:
            with self._failing_as_conflict():
                self._write_pending(rolling=True)

    def grow(self, along: Mapping[str, Along]) -> None:
        """Have cells without writing them; see ``base.Update``. Axes that are not named stay."""
        self._check_open()
        self._check_along(along)
        self._place(along)

    def set_state(self, text: str) -> None:
        """Leave a text with the version; by default it is that of the version before."""
        self._check_open()
        self._state = text

    def add_overview(self, overview: Overview) -> None:
        """Have an overview from this version on; raises ValueError."""
        check_overview(overview, self._before, [each.overview for each in self._overviews])
        phase = tuple(axis.low % factor for axis, factor in zip(self._before, overview.factors, strict=True))
        added = OverviewState(overview, "x".join(map(str, overview.factors)), phase)
        self._added.append(added)

    def remove_overview(self, factors: Sequence[int]) -> None:
        """Have an overview no longer; raises ValueError."""
        found = [each for each in self._overviews if each.overview.factors == tuple(factors)]
        if not found:
            there = ", ".join(str(each.overview.factors) for each in self._overviews) or "none"
            raise ValueError(f"no overview has the factors {tuple(factors)}; there is {there}")
        self._removed += found
        self._overviews = tuple(each for each in self._overviews if each not in found)

    def commit(self) -> int:
        """Make the version and answer its number; see ``base.Update``."""
        self._check_open()
        axes = self._states()
        if any(not axis.size for axis in axes):
            raise ValueError(f"cube {self._name} has no cells yet: nothing was written")
        with self._failing_as_conflict():
            session = self._write_pending(rolling=self._base is None or bool(self._added))
            self._write_coefficients(session, axes)
            self._write_overviews(session, axes)
            manifest = self._manifest(session, axes)
            session.finish(manifest, *([] if self._base is None else [self._base.condition]))
            self._learn_coefficients()
        self._publish()
        self._done = True
        return manifest.number

    def close(self) -> None:
        """Drop what is not committed."""
        if self._session is not None:
            with failing_as_unavailable(self._name):
                self._session.close()
        if self._base is None and not self._done:
            with failing_as_unavailable(self._name):
                self._database.remove()
        self._done = True
        self._pending.clear()

    @contextmanager
    def _failing_as_conflict(self) -> Iterator[None]:
        """Tell a database that cannot be written from one that is no longer that of the cube, or was changed."""
        try:
            with failing_as_unavailable(self._name):
                yield
        except DataUnavailable as error:
            if self._base is None:
                raise
            with failing_as_unavailable(self._name):
                manifest, _ = self._database.manifest()
                if manifest is None:  # compacted or deleted meanwhile: what was written here is of no use
                    self._database.remove()
            if isinstance(manifest, Manifest) and manifest.generation == self._base.manifest.generation:
                raise
            raise VersionConflict("somebody else has changed the cube meanwhile; try again") from error

    # -- axes -----------------------------------------------------------------------------------------

    def _check_open(self) -> None:
        if self._done:
            raise ValueError(f"the update of cube {self._name} is over")

    def _states(self) -> tuple[AxisState, ...]:
        return tuple(axis.state for axis in self._axes)

    def _check_along(self, along: Mapping[str, Along]) -> None:
        unknown = [label for label in along if label not in self._layout.labels]
        if unknown:
            raise ValueError(f"no axis {', '.join(unknown)}; axes: {', '.join(self._layout.labels)}")
        for axis in self._axes:
            if axis.state.label in along:
                axis.check(along[axis.state.label])

    def _place(self, along: Mapping[str, Along]) -> tuple[Index, ...]:
        """The slots of a box that was checked."""
        if not self._has_chunks:
            self._choose_chunks(along)
        return tuple(axis.place(along[axis.state.label]) for axis in self._axes if axis.state.label in along)

    def _choose_chunks(self, along: Mapping[str, Along]) -> None:
        single = [place for place, label in enumerate(self._layout.labels) if label in self._layout.irregular]
        extent = [len(along.get(label, ())) for label in self._layout.labels]
        chunks = choose_chunks(extent, single, max(field.dtype.itemsize for field in self._layout.fields))
        for axis, chunk in zip(self._axes, chunks, strict=True):
            axis.state = replace(axis.state, chunk=chunk)
        self._has_chunks = True

    # -- writing --------------------------------------------------------------------------------------

    def _write_pending(self, rolling: bool) -> Session:
        """Write what waits in memory; begins the session when there is none."""
        axes = self._states()
        arrays = cell_arrays(self._layout.fields, axes)
        if self._session is None:
            branch = self._database.branch(self._base.manifest.generation) if rolling and self._base else None
            self._session = Session(self._database, self._memory, rolling, branch)
            if self._base is None:
                irregular = [place for place, axis in enumerate(axes) if axis.irregular]
                for array in (*arrays, *(coefficient_array(axes, place) for place in irregular)):
                    self._session.create(*array)
        for each in self._pending:
            self._session.write(*arrays[each.field], each.index, each.values, each.valid)
        self._pending.clear()
        return self._session

    def _write_coefficients(self, session: Session, axes: Sequence[AxisState]) -> None:
        for position, axis in enumerate(self._axes):
            added = axis.added
            if axis.state.irregular and added.size:
                slots = slice(axis.used, axis.used + added.size)
                session.write(*coefficient_array(axes, position), [slots], added)

    def _learn_coefficients(self) -> None:
        """Leave what was just written to those who read this version."""
        if self._base is None:
            return
        for position, axis in enumerate(self._axes):
            if axis.state.irregular and axis.added.size:
                before = self._base.by_slot(position)
                self._base.coefficients.learn(self._database, position, before, axis.added)

    def _write_overviews(self, session: Session, axes: Sequence[AxisState]) -> None:
        fields = self._layout.fields
        for each in self._removed:
            session.remove(each.key)
        for each in self._overviews:
            for index in (*self._touched, *borders(each, fields, self._before, axes)):
                refresh(session, fields, axes, each, index)
        for each in self._added:
            for array in cell_arrays(fields, axes, f"{each.key}/"):
                session.create(*array)
            refresh(session, fields, axes, each, whole(axes))
        both = (*self._overviews, *self._added)
        self._overviews = tuple(sorted(both, key=lambda each: int(np.prod(each.overview.factors))))

    def _manifest(self, session: Session, axes: tuple[AxisState, ...]) -> Manifest:
        before = None if self._base is None else self._base.manifest
        return Manifest(
            generation=session.next_generation(1 if before is None else before.generation),
            offset=-1 if before is None else before.offset,
            previous=0 if before is None else before.generation,
            identity=secrets.token_hex(8) if before is None else before.identity,
            fields=self._layout.fields,
            axes=axes,
            overviews=self._overviews,
            state=self._state,
        )


def _new_axes(layout: CubeLayout) -> tuple[AxisState, ...]:
    chunks = layout.chunks or (1,) * len(layout.labels)
    return tuple(
        AxisState(label, chunk, 0, 0, label in layout.irregular, label in layout.descending)
        for label, chunk in zip(layout.labels, chunks, strict=True)
    )
