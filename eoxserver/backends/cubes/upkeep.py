# SPDX-License-Identifier: MIT
"""Copies and checks of a whole cube, chunk after chunk."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import tensorstore as ts

from eoxserver.backends.cubes.celltypes import Json
from eoxserver.backends.cubes.database import (
    FAILURES,
    Database,
    cell_arrays,
    coefficient_array,
)
from eoxserver.backends.cubes.session import Session
from eoxserver.backends.cubes.snapshot import OcdbtSnapshot
from eoxserver.core.errors import DataUnavailable

__all__ = ["copy_latest", "problems"]

TOGETHER = 256
"""Chunks that are read at a time."""


@dataclass(frozen=True, slots=True)
class _Array:
    """An array of a cube and the range of its first axis that is in use."""

    key: str
    metadata: Json
    first: range
    """Chunks along the first axis; one where there is none."""


def _arrays(snapshot: OcdbtSnapshot) -> Iterator[_Array]:
    manifest = snapshot.manifest
    axes = manifest.axes
    if not axes:
        yield from (_Array(*array, range(1)) for array in cell_arrays(manifest.fields, axes))
        return
    lead = axes[0]
    used = range((lead.origin + lead.low) // lead.chunk, -(-(lead.origin + lead.high) // lead.chunk))
    for array in cell_arrays(manifest.fields, axes):
        yield _Array(*array, used)
    for overview in manifest.overviews:
        low, high = overview.cells(0, lead.low, lead.high)
        covered = range((lead.origin + low) // lead.chunk, -(-(lead.origin + high) // lead.chunk))
        for array in cell_arrays(manifest.fields, axes, f"{overview.key}/"):
            yield _Array(*array, covered)
    for position, axis in enumerate(axes):
        if axis.irregular:
            key, metadata = coefficient_array(axes, position)
            chunk = metadata["chunk_grid"]["configuration"]["chunk_shape"][0]
            yield _Array(key, metadata, range(-(-axis.size // chunk)))


def _chunk_keys(keys: ts.KvStore, array: _Array) -> Iterator[list[str]]:
    """The keys of the chunks there are, some at a time."""
    if not array.metadata["shape"]:
        yield [f"{array.key}/c"]
        return
    flat = len(array.metadata["shape"]) == 1
    found: list[str] = []
    for number in array.first:
        if flat:
            found.append(f"{array.key}/c/{number}")
        else:
            prefix = f"{array.key}/c/{number}"
            found += [key.decode() for key in keys.list(ts.KvStore.KeyRange(f"{prefix}/", f"{prefix}0")).result()]
        while len(found) >= TOGETHER:
            yield found[:TOGETHER]
            found = found[TOGETHER:]
    yield found


def copy_latest(snapshot: OcdbtSnapshot, target: Database, memory: int) -> None:
    """Copy a version to a new database, as it is stored, where it has the same number."""
    keys = snapshot.database.keys(snapshot.manifest.generation)
    session = Session(target, memory, rolling=True)
    for array in _arrays(snapshot):
        for some in ([f"{array.key}/zarr.json"], *_chunk_keys(keys, array)):
            reads = [keys.read(key) for key in some]
            for key, read in zip(some, reads, strict=True):
                found = read.result()
                if found.state != "missing":
                    session.put(key, found.value)
    generation = session.next_generation(1)
    number = snapshot.manifest.number
    session.finish(replace(snapshot.manifest, generation=generation, offset=number - generation, previous=0))


def problems(snapshot: OcdbtSnapshot) -> Iterator[str]:
    """Read everything, and say what cannot be read."""
    database, manifest = snapshot.database, snapshot.manifest
    try:
        keys = database.keys(manifest.generation)
        arrays = list(_arrays(snapshot))
    except (*FAILURES, DataUnavailable) as error:
        yield f"cube {snapshot.name}: {error}"
        return
    for position, axis in enumerate(manifest.axes):
        if axis.irregular:
            yield from _coefficient_problems(snapshot, position)
    for array in arrays:
        try:
            opened = database.array(array.key, array.metadata, generation=manifest.generation)
            for some in _chunk_keys(keys, array):
                yield from _chunk_problems(snapshot.name, opened, array, some)
        except FAILURES as error:
            yield f"cube {snapshot.name}: array {array.key} cannot be read: {error}"


def _coefficient_problems(snapshot: OcdbtSnapshot, position: int) -> Iterator[str]:
    label = snapshot.manifest.axes[position].label
    try:
        values = snapshot.axes[position].coefficients
    except DataUnavailable as error:
        yield f"axis {label}: {error}"
        return
    assert values is not None
    steps = np.diff(values)
    if not np.isfinite(values).all() or not ((steps > 0).all() or (steps < 0).all()):
        yield f"cube {snapshot.name}: the coefficients of axis {label} are damaged"


def _chunk_problems(name: str, opened: ts.TensorStore, array: _Array, keys: Sequence[str]) -> Iterator[str]:
    chunks = array.metadata["chunk_grid"]["configuration"]["chunk_shape"]
    reads = []
    for key in keys:
        places = [int(each) for each in key[len(array.key) + 2 :].split("/") if each]
        box = tuple(slice(place * chunk, (place + 1) * chunk) for place, chunk in zip(places, chunks, strict=True))
        reads.append((key, opened[box].read()))
    for key, read in reads:
        try:
            read.result()
        except FAILURES as error:
            yield f"cube {name}: chunk {key} cannot be read: {str(error).partition(' [tensorstore_spec=')[0]}"
