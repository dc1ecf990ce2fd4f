# SPDX-License-Identifier: MIT
"""The store of cubes that is built in: a database of tensorstore's OCDBT for each cube, below one URL.

Below the URL ``names/NAME`` is a text that names the database of the cube, a folder in ``data/NAME/``. A cube is there
as soon as its name is.

tensorstore stops a process that was forked from one that had used it: a store does nothing with it before it is used,
so fork first.
"""

from __future__ import annotations

import re
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import tensorstore as ts

from eoxserver.backends.cubes.base import CubeLayout, Overview, Version
from eoxserver.backends.cubes.database import ABSENT, FAILURES, Database, failing_as_unavailable
from eoxserver.backends.cubes.export import ZarrGroup, export_group
from eoxserver.backends.cubes.folders import building, leftovers
from eoxserver.backends.cubes.kvstores import below, kvstore_spec
from eoxserver.backends.cubes.manifest import Manifest
from eoxserver.backends.cubes.slots import Coefficients
from eoxserver.backends.cubes.snapshot import OcdbtSnapshot
from eoxserver.backends.cubes.update import OcdbtUpdate, check_layout
from eoxserver.backends.cubes.upkeep import copy_latest, problems
from eoxserver.core.errors import DataUnavailable, ItemMissing, VersionConflict

__all__ = ["OcdbtCubeStore"]

_NAME = re.compile(r"(?!.*\.__lock$)[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
SNAPSHOTS = 64
"""How many are kept open."""


class OcdbtCubeStore:
    """Cubes below a URL. Safe in threads; several processes, on several machines too, may have the same URL.

    Parameters
    ----------
    url : str
        A folder, ``file://``, ``s3://`` or ``gs://``; ``memory://`` for tests.
    folder : Path
        Where relative paths begin.
    cache_bytes : int
        Memory for chunks that were read.
    update_bytes : int
        Memory for cells of an update that are not in the database yet.

    Raises
    ------
    ConfigurationError
        When cubes cannot be kept at the URL.
    """

    def __init__(
        self, url: str, folder: Path = Path(), cache_bytes: int = 67_108_864, update_bytes: int = 134_217_728
    ) -> None:
        self._folder = folder
        self._spec = kvstore_spec(url, folder)
        self._cache_bytes = cache_bytes
        self._update_bytes = update_bytes
        self._lock = threading.Lock()
        self._made: ts.Context | None = None
        self._coefficients = Coefficients()
        self._databases: dict[str, str] = {}
        self._snapshots: OrderedDict[tuple[str, int], OcdbtSnapshot] = OrderedDict()

    # -- the interface ----------------------------------------------------------------------------------

    def names(self) -> Iterator[str]:
        """The cubes there are, in order."""
        with failing_as_unavailable("*"):
            found = self._names().list().result()
        yield from sorted(name.decode() for name in found if _NAME.fullmatch(name.decode()))

    def snapshot(self, name: str, version: int | None = None) -> OcdbtSnapshot:
        """A cube at a version; see ``base.CubeStore``."""
        latest = self._latest(name)
        if version is None or version == latest.version:
            return latest
        generation = version - latest.manifest.offset
        missing = ItemMissing(f"cube {name} has no version {version} (any more)", locator=name)
        if not 0 < generation < latest.manifest.generation:
            raise missing
        database = latest.database
        with failing_as_unavailable(name):
            manifest, condition = database.manifest(generation)
        if not isinstance(manifest, Manifest) or manifest.generation != generation:
            raise missing
        return self._opened(name, database, manifest, condition)

    @contextmanager
    def update(self, name: str, layout: CubeLayout | None = None, base: int | None = None) -> Iterator[OcdbtUpdate]:
        """Change a cube, or make it; see ``base.CubeStore``."""
        with ExitStack() as stack:
            update = self._change(name, base) if layout is None else self._make(name, layout, stack)
            stack.callback(update.close)
            yield update

    def delete(self, name: str) -> None:
        """Remove a cube with all its versions; see ``base.CubeStore``."""
        self._check_name(name)
        with failing_as_unavailable(name):
            there = self._chain(name)
            if not there:
                raise self._no_cube(name)
            self._names().write(name, None).result()
            for folder in there:
                self._database(name, folder).remove()
            self._sweep(name)
        with self._lock:
            self._databases.pop(name, None)

    def versions(self, name: str) -> Iterator[Version]:
        """The versions of a cube, latest first; see ``base.CubeStore``."""
        latest = self._latest(name)
        manifest = latest.manifest
        with failing_as_unavailable(name):
            for generation, time in latest.database.times():
                if generation == manifest.generation:
                    yield Version(manifest.number, time)
                    before = latest.database.manifest(manifest.previous)[0] if manifest.previous else None
                    if not isinstance(before, Manifest):
                        return
                    manifest = before

    def add_overview(self, name: str, overview: Overview, base: int | None = None) -> int:
        """Add an overview and answer the version; see ``base.CubeStore``."""
        with self.update(name, base=base) as update:
            update.add_overview(overview)
            return update.commit()

    def remove_overview(self, name: str, factors: Sequence[int], base: int | None = None) -> int:
        """Remove an overview and answer the version; see ``base.CubeStore``."""
        with self.update(name, base=base) as update:
            update.remove_overview(factors)
            return update.commit()

    def compact(self, name: str) -> int:
        """Drop all versions but the latest and answer its number, which stays; see ``base.CubeStore``.

        Sources of that version go on reading.
        """
        latest = self._latest(name)
        with failing_as_unavailable(name):
            named = self._names().read(name).result()
        folder, target = self._new_database(name)
        with failing_as_unavailable(name), building(target.spec):
            try:
                copy_latest(latest, target, self._update_bytes)
                latest.database.move(folder, latest.condition)
            except (VersionConflict, *FAILURES) as error:
                target.remove()
                chain = self._chain(name)
                if latest.database.folder not in chain:
                    latest.database.remove()  # what was written to it here may have come after somebody removed it
                if chain[-1:] != [latest.database.folder]:
                    raise VersionConflict(f"somebody else has changed cube {name} meanwhile", locator=name) from error
                raise
            except BaseException:
                target.remove()
                raise
            # When the name was changed meanwhile, somebody went on from here or deleted the cube, and is right.
            self._names().write(name, folder.encode(), if_equal=named.stamp.generation).result()
        with failing_as_unavailable(name):
            latest.database.remove()
            self._sweep(name)
        self._coefficients.forget(latest.database)
        return latest.version

    def export(
        self,
        name: str,
        target: str,
        version: int | None = None,
        attributes: Mapping[str, Any] | None = None,
        zarr_format: int = 3,
    ) -> None:
        """Write a version as a plain group of Zarr, of version 3 or 2; see ``base.CubeStore``."""
        snapshot = self.snapshot(name, version)
        if zarr_format not in {2, 3}:
            raise ValueError(f"no version {zarr_format} of Zarr can be written; accepted: 2, 3")
        with failing_as_unavailable(name):
            group = ZarrGroup(self._context, kvstore_spec(target, self._folder), zarr_format)
            export_group(snapshot, group, attributes or {})

    def verify(self, name: str) -> Iterator[str]:
        """What is wrong with a cube, in words; see ``base.CubeStore``."""
        yield from problems(self._latest(name))

    # -- finding ----------------------------------------------------------------------------------------

    @property
    def _context(self) -> ts.Context:
        with self._lock:
            if self._made is None:
                self._made = ts.Context({"cache_pool": {"total_bytes_limit": self._cache_bytes}})
            return self._made

    def _names(self) -> ts.KvStore:
        return ts.KvStore.open(below(self._spec, "names"), context=self._context).result()

    def _database(self, name: str, folder: str) -> Database:
        return Database(self._context, below(below(below(self._spec, "data"), name), folder))

    def _new_database(self, name: str) -> tuple[str, Database]:
        folder = secrets.token_hex(8)
        return folder, self._database(name, folder)

    def _check_name(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise ItemMissing(
                f"'{name}' is no name of a cube; accepted: up to 200 letters, digits, _, . and -, the first not . or -",
                locator=name,
            )

    def _no_cube(self, name: str) -> ItemMissing:
        return ItemMissing(f"there is no cube {name} (any more)", locator=name)

    def _latest(self, name: str) -> OcdbtSnapshot:
        """The latest version: what was known of the place of its database may be out of date."""
        self._check_name(name)
        with self._lock:
            folder = self._databases.get(name)
        with failing_as_unavailable(name):
            while True:
                tried = self._named(name) if folder is None else folder
                try:
                    found = self._follow(name, tried)
                except FAILURES:
                    if self._named(name) == tried:
                        raise
                    found = None
                if found is not None:
                    return found
                if folder is None and self._named(name) == tried:
                    raise DataUnavailable(f"cube {name} is not complete: its database {tried} is gone", locator=name)
                folder = None

    def _named(self, name: str) -> str:
        """The database that the name stands for; raises ItemMissing."""
        found = self._names().read(name).result()
        if found.state == "missing":
            raise self._no_cube(name)
        folder: str = found.value.decode()
        return folder

    def _follow(self, name: str, folder: str) -> OcdbtSnapshot | None:
        """The latest version in a database, or in the one that has taken its place."""
        while True:
            database = self._database(name, folder)
            manifest, condition = database.manifest()
            if manifest is None:
                return None
            if isinstance(manifest, Manifest):
                with self._lock:
                    self._databases[name] = folder
                return self._opened(name, database, manifest, condition)
            folder = manifest

    def _chain(self, name: str) -> list[str]:
        """The databases of a cube: that which its name stands for, and those that have taken its place."""
        found = self._names().read(name).result()
        folder = None if found.state == "missing" else found.value.decode()
        chain: list[str] = []
        while folder is not None:
            chain.append(folder)
            manifest, _ = self._database(name, folder).manifest()
            folder = manifest if isinstance(manifest, str) else None
        return chain

    def _sweep(self, name: str) -> None:
        """Remove databases that killed processes have left."""
        for folder in leftovers(below(below(self._spec, "data"), name)):
            if folder not in self._chain(name):
                self._database(name, folder).remove()

    def _opened(self, name: str, database: Database, manifest: Manifest, condition: bytes) -> OcdbtSnapshot:
        key = (str(database.spec), manifest.generation)
        with self._lock:
            found = self._snapshots.get(key)
            if found is None:
                moved = partial(self._elsewhere, name, database, manifest)
                found = OcdbtSnapshot(name, database, manifest, self._coefficients, condition, moved)
                self._snapshots[key] = found
            self._snapshots.move_to_end(key)
            while len(self._snapshots) > SNAPSHOTS:
                self._snapshots.popitem(last=False)
        return found

    def _elsewhere(self, name: str, database: Database, manifest: Manifest) -> OcdbtSnapshot | None:
        """The same version of the same cube in another database, if there is one."""
        try:
            found = self.snapshot(name, manifest.number)
        except DataUnavailable:
            return None
        same = found.manifest.identity == manifest.identity and found.database != database
        return found if same else None

    # -- changing ---------------------------------------------------------------------------------------

    def _change(self, name: str, base: int | None) -> OcdbtUpdate:
        latest = self._latest(name)
        if base is not None and base != latest.version:
            if base < latest.version:
                raise VersionConflict(
                    f"cube {name} has version {latest.version} by now, the change was made for {base}", locator=name
                )
            raise ItemMissing(f"cube {name} has no version {base}; the latest is {latest.version}", locator=name)
        return OcdbtUpdate(name, latest.database, latest, self._update_bytes)

    def _make(self, name: str, layout: CubeLayout, stack: ExitStack) -> OcdbtUpdate:
        if not _NAME.fullmatch(name):
            raise ValueError(f"'{name}' cannot be the name of a cube: letters, digits, _, . and - are accepted")
        check_layout(layout)
        with failing_as_unavailable(name):
            if self._names().read(name).result().state != "missing":
                raise VersionConflict(f"there is a cube {name} already", locator=name)
            self._sweep(name)
            folder, database = self._new_database(name)
            stack.enter_context(building(database.spec))
        return OcdbtUpdate(name, database, layout, self._update_bytes, partial(self._publish, name, folder))

    def _publish(self, name: str, folder: str) -> None:
        with failing_as_unavailable(name):
            written = self._names().write(name, folder.encode(), if_equal=ABSENT).result()
        if written.generation == b"":
            raise VersionConflict(f"there is a cube {name} already", locator=name)
