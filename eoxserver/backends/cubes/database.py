# SPDX-License-Identifier: MIT
"""One database of one cube: tensorstore's OCDBT, a key-value store whose every commit is a version.

Its folder holds ``manifest.ocdbt``, the list of versions that each commit replaces atomically, and ``d/`` with files
that never change. Keys are ``cube``, the manifest of the cube (``manifest``); ``N/...``, the Zarr array of field N;
``axis-N/...``, the coefficients of the irregular axis N by slot; ``FACTORS/N/...``, the arrays of an overview.

A branch is a copy of ``manifest.ocdbt`` beside it: commits to it write files in ``d/`` too, and nobody sees them
until the branch's list takes the place of the original, if that is still what it was.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import tensorstore as ts

from eoxserver.backends.cubes.celltypes import Json, fill_value, json_fill
from eoxserver.backends.cubes.folders import committing, in_folder, remove_folder
from eoxserver.backends.cubes.kvstores import below
from eoxserver.backends.cubes.manifest import EXTENT, AxisState, Manifest
from eoxserver.core.errors import DataUnavailable, VersionConflict
from eoxserver.core.fields import Field

__all__ = [
    "ABSENT",
    "FAILURES",
    "KEY",
    "Branch",
    "Database",
    "cell_arrays",
    "coefficient_array",
    "failing_as_unavailable",
    "is_conflict",
]

KEY = "cube"
MANIFEST_FILE = "manifest.ocdbt"
COEFFICIENTS = 4096
"""Of a chunk: an update of one slice writes one, 32 KiB before compression."""
NODE_BYTES = 65536
"""Of a node of the tree of keys: an update writes one node for each chunk that lies far from the others in it."""
ABSENT = b"\x02"
"""tensorstore's name for the state of a key that does not exist, for conditional writes."""
FAILURES = (ValueError, RuntimeError, OSError, IndexError, NotImplementedError, OverflowError)
"""What tensorstore raises."""


def is_conflict(error: Exception) -> bool:
    """Whether tensorstore says that a condition of a commit does not hold."""
    return str(error).startswith("ABORTED") and "mismatch" in str(error)


@contextmanager
def failing_as_unavailable(name: str) -> Iterator[None]:
    """Turn errors of tensorstore into DataUnavailable."""
    try:
        yield
    except FAILURES as error:
        reason = str(error).partition(" [tensorstore_spec=")[0]
        raise DataUnavailable(f"cube {name} cannot be read or written: {reason}", locator=name) from error


@dataclass(frozen=True, slots=True)
class Branch:
    """Commits that nobody sees yet."""

    name: str
    generation: bytes
    """State of the list of versions that it was made from, for the condition under which it is published."""


@dataclass(frozen=True, slots=True)
class Database:
    """A database, existing or not. Safe in threads; all objects of tensorstore are made on use."""

    context: ts.Context
    spec: Json
    """Of its folder."""

    @property
    def folder(self) -> str:
        """Name of its folder."""
        path: str = self.spec["path"]
        return path.rstrip("/").rpartition("/")[2]

    def files(self) -> ts.KvStore:
        """The files of its folder."""
        return ts.KvStore.open(self.spec, context=self.context).result()

    def keys(
        self,
        generation: int | None = None,
        transaction: ts.Transaction | None = None,
        branch: Branch | None = None,
    ) -> ts.KvStore:
        """The keys and values; ``generation``: as of then, read-only."""
        return ts.KvStore.open(
            self._keys_spec(generation, branch), context=self.context, transaction=transaction
        ).result()

    def _keys_spec(self, generation: int | None, branch: Branch | None) -> Json:
        spec: dict[str, Json] = {"driver": "ocdbt", "base": self.spec}
        if generation is not None:
            spec["version"] = generation
        else:
            spec["config"] = {"max_decoded_node_bytes": NODE_BYTES}
        if branch is not None:
            spec["manifest"] = self._branch_spec(branch)
        return spec

    def _branch_spec(self, branch: Branch) -> Json:
        return below(below(self.spec, "branches"), branch.name)

    def array(
        self,
        key: str,
        metadata: Json,
        generation: int | None = None,
        transaction: ts.Transaction | None = None,
        branch: Branch | None = None,
        create: bool = False,
    ) -> ts.TensorStore:
        """An array; without ``create`` its metadata is taken for what is stored, and nothing is read."""
        spec = {
            "driver": "zarr3",
            "kvstore": {**self._keys_spec(generation, branch), "path": f"{key}/"},
            "metadata": metadata,
        }
        if generation is not None:
            spec["recheck_cached_data"] = False
        return ts.open(
            spec,
            context=self.context,
            transaction=transaction,
            create=create,
            open=not create,
            assume_metadata=not create,
        ).result()

    def manifest(self, generation: int | None = None) -> tuple[Manifest | str | None, bytes]:
        """The manifest of the cube, and its state for conditional writes.

        Returns
        -------
        Manifest, str or None
            A text names the database that has taken the place of this one; None: there is none.
        """
        found = self.keys(generation).read(KEY).result()
        if found.state == "missing":
            return None, ABSENT
        document = json.loads(found.value)
        moved = document.get("moved")
        return (moved if moved is not None else Manifest.from_bytes(found.value)), found.stamp.generation

    def committing(self) -> AbstractContextManager[None]:
        """Be the only one who commits, where that is needed (``folders``)."""
        return committing(self.spec, MANIFEST_FILE)

    def move(self, folder: str, condition: bytes) -> None:
        """Say that another database has taken the place of this one; raises VersionConflict as an update does."""
        with self.committing():
            written = self.keys().write(KEY, json.dumps({"moved": folder}).encode(), if_equal=condition).result()
        if written.generation == b"":
            raise VersionConflict("somebody else has changed the cube meanwhile; try again")

    def latest(self) -> tuple[int, dict[int, datetime]]:
        """The number of the last commit, and when the last few were made (UTC)."""
        versions = ts.ocdbt.dump(self.files(), context=self.context).result()["versions"]
        times = {each["generation_number"]: _moment(each["commit_time"]) for each in versions}
        return max(times), times

    def times(self) -> Iterator[tuple[int, datetime]]:
        """All commits with the moment each was made, latest first."""
        files = self.files()
        listed = ts.ocdbt.dump(files, context=self.context).result()
        for each in reversed(listed["versions"]):
            yield each["generation_number"], _moment(each["commit_time"])
        nodes = sorted(listed["version_tree_nodes"], key=lambda node: int(node["generation_number"]))
        while nodes:
            node = ts.ocdbt.dump(files, nodes.pop()["location"], context=self.context).result()
            if node["height"] == 0:
                for each in reversed(node["entries"]):
                    yield each["generation_number"], _moment(each["commit_time"])
            else:
                nodes.extend(sorted(node["entries"], key=lambda entry: int(entry["generation_number"])))

    # -- branches -------------------------------------------------------------------------------------

    def branch(self, base: int) -> Branch:
        """Begin a branch at the last commit; raises VersionConflict when that is not ``base``."""
        content = self.files().read(MANIFEST_FILE).result()
        branch = Branch(secrets.token_hex(8), content.stamp.generation)
        copy = ts.KvStore.open(self._branch_spec(branch), context=self.context).result()
        copy.write(MANIFEST_FILE, content.value).result()
        if self.branch_generation(branch) != base:
            self.drop(branch)
            raise VersionConflict("somebody else has changed the cube meanwhile")
        return branch

    def branch_generation(self, branch: Branch) -> int:
        """The number of the last commit of a branch."""
        copy = ts.KvStore.open(self._branch_spec(branch), context=self.context).result()
        versions = ts.ocdbt.dump(copy, context=self.context).result()["versions"]
        return max(int(each["generation_number"]) for each in versions)

    def publish(self, branch: Branch) -> None:
        """Make the commits of a branch those of the database; raises VersionConflict when it has others."""
        copy = ts.KvStore.open(self._branch_spec(branch), context=self.context).result()
        content = copy.read(MANIFEST_FILE).result().value
        with self.committing():
            written = self.files().write(MANIFEST_FILE, content, if_equal=branch.generation).result()
        if written.generation == b"":
            raise VersionConflict("somebody else has changed the cube meanwhile")

    def drop(self, branch: Branch) -> None:
        """Remove what tells of a branch."""
        copy = ts.KvStore.open(self._branch_spec(branch), context=self.context).result()
        copy.write(MANIFEST_FILE, None).result()

    def remove(self) -> None:
        """Remove all files, what leads to the others first."""
        if in_folder(self.spec):
            remove_folder(self.spec, MANIFEST_FILE)
            return
        files = self.files()
        files.write(MANIFEST_FILE, None).result()
        files.delete_range(ts.KvStore.KeyRange()).result()


def _moment(nanoseconds: int) -> datetime:
    return datetime.fromtimestamp(nanoseconds / 1e9, UTC)


def _metadata(
    shape: Sequence[int], chunks: Sequence[int], dtype: np.dtype[Any], fill: Json, labels: Sequence[str]
) -> Json:
    return {
        "zarr_format": 3,
        "node_type": "array",
        "shape": list(shape),
        "data_type": dtype.name,
        "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunks)}},
        "chunk_key_encoding": {"name": "default", "configuration": {"separator": "/"}},
        "codecs": [
            {"name": "bytes", "configuration": {"endian": "little"}},
            {"name": "zstd", "configuration": {"level": 1}},
            {"name": "crc32c"},
        ],
        "fill_value": fill,
        "dimension_names": list(labels),
    }


def cell_arrays(fields: Sequence[Field], axes: Sequence[AxisState], folder: str = "") -> list[tuple[str, Json]]:
    """Key and metadata of the array of each field, of the cube or of the overview in ``folder``."""
    shape, chunks = [EXTENT] * len(axes), [axis.chunk for axis in axes]
    labels = [axis.label for axis in axes]
    return [
        (f"{folder}{number}", _metadata(shape, chunks, field.dtype, json_fill(fill_value(field)), labels))
        for number, field in enumerate(fields)
    ]


def coefficient_array(axes: Sequence[AxisState], position: int) -> tuple[str, Json]:
    """Key and metadata of the array of coefficients of an irregular axis, by slot."""
    metadata = _metadata([EXTENT], [COEFFICIENTS], np.dtype("float64"), "NaN", [axes[position].label])
    return f"axis-{position}", metadata
