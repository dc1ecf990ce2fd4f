# SPDX-License-Identifier: MIT
"""Zarr groups, of version 2 and 3, in folders and at URLs: what they hold, and their cells.

Names of dimensions are those of version 3 (``dimension_names``), or in version 2 the attribute ``_ARRAY_DIMENSIONS``.
Where a storage does not list, the metadata of the group must be consolidated.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import numpy.typing as npt
import tensorstore as ts

from eoxserver.backends.credentials import shown_url
from eoxserver.backends.cubes.kvstores import kvstore_spec
from eoxserver.backends.readers.arrays.model import ArrayFile, ArrayVariable, is_coordinate, plain_attribute
from eoxserver.core.coverage import CellBox, Cells, Level
from eoxserver.core.errors import ConfigurationError, DataUnavailable, NoSuchField, suggest

__all__ = ["ZarrSource", "is_zarr", "read_zarr"]

_ROOTS = ("zarr.json", ".zgroup", ".zmetadata", ".zarray")
"""Files that a group or array of Zarr has at its root."""
MOST_COORDINATES = 1 << 22
"""A coordinate variable with more cells than these is none that anybody reads."""


def is_zarr(path: str) -> bool:
    """Whether a path is that of a folder that is a group of Zarr."""
    folder = Path(path)
    return folder.is_dir() and any((folder / name).is_file() for name in _ROOTS)


def read_zarr(place: str) -> ArrayFile:
    """What a group holds.

    Parameters
    ----------
    place : str
        A folder, or a URL: ``http(s)://``, ``s3://``, ``gs://``.

    Raises
    ------
    DataUnavailable
        When there is no such group, or what it holds cannot be listed.
    """
    store = _Store(place)
    nodes = store.nodes()
    arrays = {name: node for name, node in nodes.items() if node.is_array}
    if not arrays:
        raise DataUnavailable(f"{store.name}: holds no array of Zarr, or does not list them", locator=place)
    bounds = {str(node.attributes.get("bounds", "")) for node in arrays.values()}
    return ArrayFile(
        "Zarr",
        {name: _variable(store, name, node, name.rpartition("/")[2] in bounds) for name, node in arrays.items()},
        {key: plain_attribute(value) for key, value in nodes[""].attributes.items()} if "" in nodes else {},
    )


class ZarrSource:
    """Arrays of one shape in a group, each a field. Nothing is scaled and nothing is masked. Thread-safe.

    Parameters
    ----------
    place : str
        As of ``read_zarr``.
    names : sequence of str
        Of the arrays.

    Raises
    ------
    DataUnavailable
        When they cannot be opened, or have different shapes.
    NoSuchField
        When there is no such array.
    """

    def __init__(self, place: str, names: Sequence[str]) -> None:
        self._store = _Store(place)
        self._names = tuple(names)
        self._lock = threading.Lock()
        self._arrays: dict[str, Any] = {}
        opened = [self._array(name) for name in self._names]
        shapes = {tuple(map(int, one.shape)) for one in opened}
        if len(shapes) != 1:
            raise DataUnavailable(
                f"arrays {', '.join(names)} of {self._store.name} are not of one shape", locator=place
            )
        self._shape = shapes.pop()
        self.dtypes = tuple(one.dtype.numpy_dtype for one in opened)
        layout = opened[0].chunk_layout.read_chunk.shape
        self._chunks = tuple(int(size or whole) for size, whole in zip(layout, self._shape, strict=True))

    @property
    def shape(self) -> tuple[int, ...]:
        """Of each array."""
        return self._shape

    @property
    def chunks(self) -> tuple[int, ...]:
        """Those of the first array."""
        return self._chunks

    @property
    def levels(self) -> tuple[Level, ...]:
        """The full resolution."""
        return (Level(self._shape, (1.0,) * len(self._shape)),)

    def read(self, box: CellBox, fields: Sequence[int], level: int = 0) -> Cells:
        """The cells of a box; raises DataUnavailable."""
        values = np.empty((len(fields), *box.shape), np.result_type(*(self.dtypes[field] for field in fields)))
        futures = [self._array(self._names[field])[box.slices].read() for field in fields]
        for place, future in enumerate(futures):
            values[place] = self._store.answer(future)
        return Cells(values)

    def _array(self, name: str) -> Any:
        with self._lock:
            known = self._arrays.get(name)
        if known is None:
            known = self._store.open(name)
            with self._lock:
                self._arrays[name] = known
        return known


class _Node:
    """The metadata of an array or group."""

    def __init__(self, version: int, document: Mapping[str, Any], attributes: Mapping[str, Any]) -> None:
        self.version = version
        self.document = document
        self.attributes = attributes
        self.is_array = document.get("node_type") == "array" if version == 3 else "shape" in document

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(int(size) for size in self.document["shape"])

    def dims(self, name: str) -> tuple[str, ...]:
        """Names of the dimensions, in the group of the array; without names those of an array have its own."""
        folder = name.rpartition("/")[0]
        given = self.document.get("dimension_names") if self.version == 3 else None
        given = given or self.attributes.get("_ARRAY_DIMENSIONS") or [None] * len(self.shape)
        own = [str(one) if one else f"{name.rpartition('/')[2]}_{number}" for number, one in enumerate(given)]
        return tuple(f"{folder}/{one}".lstrip("/") for one in own)


class _Store:
    """The place of a group."""

    def __init__(self, place: str) -> None:
        self.place = place
        self.name = shown_url(place) if "://" in place else Path(place).name
        if urlsplit(place).scheme in ("http", "https"):
            self._spec: dict[str, Any] = {"driver": "http", "base_url": f"{place.rstrip('/')}/"}
        else:
            try:
                self._spec = dict(kvstore_spec(place, Path("/")))
            except ConfigurationError as error:
                raise DataUnavailable(
                    f"{self.name}: Zarr is read in folders and at http(s)://, s3:// and gs:// URLs", locator=place
                ) from error
        self._versions: dict[str, int] = {}

    def answer(self, future: Any) -> Any:
        """What comes of something asked of the store; raises DataUnavailable."""
        try:
            return future.result()
        except (ValueError, OSError, RuntimeError) as error:
            raise DataUnavailable(f"{self.name} cannot be read: {_reason(error)}", locator=self.place) from error

    def nodes(self) -> dict[str, _Node]:
        """Groups and arrays by name; the group itself has none."""
        if (text := self._text("zarr.json")) is not None:
            root = self._parsed(text)
            inside = (root.get("consolidated_metadata") or {}).get("metadata")
            found = {"": _Node(3, root, root.get("attributes", {}))}
            documents = inside.items() if inside else self._listed("zarr.json")
            found |= {name: _Node(3, one, one.get("attributes", {})) for name, one in documents if name}
            return found
        if (text := self._text(".zmetadata")) is not None:
            every = self._parsed(text).get("metadata", {})
        else:
            every = {f"{name}/{ending}".lstrip("/"): one for ending in _V2 for name, one in self._listed(ending)}
        return {
            key.removesuffix(ending).rstrip("/"): _Node(
                2, document, every.get(f"{key.removesuffix(ending)}.zattrs", {})
            )
            for key, document in every.items()
            for ending in (".zarray", ".zgroup")
            if key.rpartition("/")[2] == ending
        }

    def open(self, name: str) -> Any:
        """An array; raises DataUnavailable, NoSuchField."""
        nodes = self.nodes() if not self._versions else {}
        self._versions |= {key: node.version for key, node in nodes.items() if node.is_array}
        if name not in self._versions:
            raise NoSuchField(f"{self.name} has no array '{name}'; {suggest(name, self._versions)}", locator=name)
        driver = "zarr3" if self._versions[name] == 3 else "zarr"
        spec = {"driver": driver, "kvstore": self._below(f"{name}/"), "recheck_cached_data": True}
        return self.answer(ts.open(spec, read=True, open=True))

    def _below(self, path: str) -> dict[str, Any]:
        if self._spec["driver"] == "http":
            return (
                {**self._spec, "path": path} if not path else {**self._spec, "base_url": self._spec["base_url"] + path}
            )
        return {**self._spec, "path": f"{self._spec['path']}{path}"}

    def _kvstore(self) -> Any:
        return self.answer(ts.KvStore.open(self._spec))

    def _text(self, key: str) -> bytes | None:
        found = self.answer(self._kvstore().read(key))
        return bytes(found.value) if found.state == "value" else None

    def _listed(self, ending: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Metadata files of a kind: name of the node, content."""
        store = self._kvstore()
        try:
            keys = [key.decode() for key in store.list().result()]
        except (ValueError, OSError, RuntimeError, NotImplementedError):
            return
        for key in sorted(keys):
            if key.rpartition("/")[2] == ending:
                text = self._text(key)
                if text is not None:
                    yield key.removesuffix(ending).rstrip("/"), self._parsed(text)

    def _parsed(self, text: bytes) -> dict[str, Any]:
        try:
            found = json.loads(text)
        except ValueError as error:
            raise DataUnavailable(f"{self.name}: its metadata are no JSON: {error}", locator=self.place) from error
        if not isinstance(found, dict):
            raise DataUnavailable(f"{self.name}: its metadata are no JSON object", locator=self.place)
        return found


_V2 = (".zarray", ".zgroup", ".zattrs")


def _variable(store: _Store, name: str, node: _Node, is_bounds: bool) -> ArrayVariable:
    dims, shape = node.dims(name), node.shape
    opened = None
    dtype: np.dtype[Any] | None = None
    values: npt.NDArray[Any] | None = None
    kind = str(node.document.get("data_type" if node.version == 3 else "dtype", ""))
    if not any(word in kind for word in ("string", "|S", "|O", "<U", "bytes")):
        opened = store.open(name)
        dtype = opened.dtype.numpy_dtype
    attributes = {key: plain_attribute(value) for key, value in node.attributes.items()}
    if opened is not None and dtype is not None and dtype.kind in "iuf":
        missing = _missing(node, dtype)
        if missing is not None:
            attributes["_FillValue"] = missing
        small = int(np.prod(shape)) <= MOST_COORDINATES
        if small and (is_coordinate(name, dims) or (is_bounds and len(dims) == 2)):
            values = np.asarray(store.answer(opened.read()))
    return ArrayVariable(name, dims, shape, dtype, attributes, values)


def _missing(node: _Node, dtype: np.dtype[Any]) -> float | None:
    """What missing cells hold: the attribute, as xarray writes it too, or what version 2 fills chunks with."""
    given = node.attributes.get("_FillValue", node.document.get("fill_value") if node.version == 2 else None)
    if isinstance(given, str):
        try:
            return float(given)
        except ValueError:
            pass
        try:
            cells = np.frombuffer(base64.b64decode(given, validate=True), "<f8")
        except ValueError:
            return None
        return float(cells[0]) if cells.size == 1 and dtype.kind == "f" else None
    return given if isinstance(given, int | float) and not isinstance(given, bool) else None


def _reason(error: Exception) -> str:
    """The reason without tensorstore's trailer of where in its source it was."""
    return " ".join(str(error).split("[")[0].split()) or type(error).__name__
