# SPDX-License-Identifier: MIT
"""Commits that make one version: how cells get into the arrays of a database."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from eoxserver.backends.cubes.celltypes import Json
from eoxserver.backends.cubes.database import ABSENT, KEY, Branch, Database, is_conflict
from eoxserver.backends.cubes.manifest import Manifest
from eoxserver.backends.cubes.slots import Index, indexed, part, pieces
from eoxserver.core.errors import VersionConflict

__all__ = ["Session", "Writing"]


@dataclass(frozen=True, slots=True, eq=False)
class Writing:
    """Cells of one field, to be written."""

    field: int
    index: tuple[Index, ...]
    values: npt.NDArray[Any]
    """In the type of the field, shape (*cells along each axis)."""
    valid: npt.NDArray[np.bool_] | None = None
    """Where it is False, what is there stays; same shape."""

    @property
    def size(self) -> int:
        """In memory [bytes]."""
        return self.values.nbytes + (0 if self.valid is None else self.valid.nbytes)


class Session:
    """Writes to the arrays of a database.

    Parameters
    ----------
    database : Database
        It may not exist yet.
    limit : int
        Cells that wait in memory for a commit [bytes]; beyond that there is a commit that no reader sees.
    rolling : bool
        Whether there may be such commits: there is a branch, or nobody knows the database yet.
    branch : Branch, optional
        Where commits go.
    """

    def __init__(self, database: Database, limit: int, rolling: bool, branch: Branch | None = None) -> None:
        self.database = database
        self.branch = branch
        self._limit = limit
        self._rolling = rolling
        self._waiting = 0
        self._commits = 0
        self._opened: dict[str, ts.TensorStore] = {}
        self._transaction = ts.Transaction(atomic=True)

    def create(self, key: str, metadata: Json) -> None:
        """Make an array."""
        self.database.array(key, metadata, transaction=self._transaction, branch=self.branch, create=True)

    def array(self, key: str, metadata: Json) -> ts.TensorStore:
        """An array with what was written to it so far."""
        if key not in self._opened:
            self._opened[key] = self.database.array(key, metadata, branch=self.branch)
        return self._opened[key].with_transaction(self._transaction)

    def write(
        self,
        key: str,
        metadata: Json,
        index: Sequence[Index],
        values: npt.NDArray[Any],
        valid: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Write cells; where ``valid`` is False what is there stays. Nobody may change ``values`` any more."""
        chunks = metadata["chunk_grid"]["configuration"]["chunk_shape"]
        cells = max(1, self._limit // values.itemsize) if self._rolling else values.size
        for box in pieces(index, chunks, cells):
            where = [part(each, cut.start, cut.stop) for each, cut in zip(index, box, strict=True)]
            self._write(key, metadata, where, values[box], None if valid is None else valid[box])

    def _write(
        self,
        key: str,
        metadata: Json,
        index: Sequence[Index],
        values: npt.NDArray[Any],
        valid: npt.NDArray[np.bool_] | None,
    ) -> None:
        if self._rolling and self._waiting + values.nbytes > self._limit:
            self._roll()
        target = indexed(self.array(key, metadata), index)
        if valid is not None:
            if not valid.any():
                return
            values = np.where(valid, values, target.read().result())
        target.write(values, can_reference_source_data_indefinitely=True).result()  # whole chunks are not copied
        self._waiting += values.nbytes

    def _roll(self) -> None:
        if self._waiting:
            self._transaction.commit_async().result()
            self._transaction = ts.Transaction(atomic=True)
            self._waiting = 0
            self._commits += 1

    def put(self, key: str, value: bytes) -> None:
        """Write what another database has under a key."""
        if self._rolling and self._waiting + len(value) > self._limit:
            self._roll()
        self.database.keys(transaction=self._transaction, branch=self.branch).write(key, value).result()
        self._waiting += len(value)

    def remove(self, folder: str) -> None:
        """Remove all arrays in a folder."""
        keys = self.database.keys(transaction=self._transaction, branch=self.branch)
        keys.delete_range(ts.KvStore.KeyRange(f"{folder}/", f"{folder}0")).result()

    def next_generation(self, base: int) -> int:
        """The number that the next commit will have; ``base``: of the last one before this session."""
        if self.branch is not None:
            return self.database.branch_generation(self.branch) + 1
        return self.database.latest()[0] + 1 if self._commits else base + 1

    def finish(self, manifest: Manifest, condition: bytes = ABSENT) -> None:
        """Make the version that this manifest describes.

        Parameters
        ----------
        condition : bytes
            State in which the manifest must be that is stored; for a branch it is the list of versions that must be as
            it was.

        Raises
        ------
        VersionConflict
            When it is not.
        """
        keys = self.database.keys(transaction=self._transaction, branch=self.branch)
        keys.write(KEY, manifest.to_bytes(), if_equal=None if self.branch is not None else condition).result()
        try:
            with nullcontext() if self._rolling else self.database.committing():
                self._transaction.commit_async().result()
        except ValueError as error:
            if is_conflict(error):
                raise VersionConflict("somebody else has changed the cube meanwhile; try again") from error
            raise
        if self.branch is not None:
            self.database.publish(self.branch)

    def close(self) -> None:
        """Drop what is not committed."""
        self._transaction.abort()
        if self.branch is not None:
            self.database.drop(self.branch)
