# SPDX-License-Identifier: MIT
"""A version of a cube as a plain group of Zarr, that any program reads.

Version 3 of Zarr is the default; programs that know version 2 alone (GDAL before 3.11 among them) get that.

The group has an array for each field, with the axes in grid order as its dimensions, and an array of coordinates for
each irregular axis (its coefficients) and each other axis (its grid indices), named as the axis is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorstore as ts

from eoxserver.backends.cubes.celltypes import Json, fill_value, json_fill
from eoxserver.backends.cubes.snapshot import OcdbtSnapshot
from eoxserver.core.blocks import block_shape, split
from eoxserver.core.coverage import CellBox
from eoxserver.core.errors import DataUnavailable
from eoxserver.core.fields import Field

__all__ = ["ZarrGroup", "export_group"]

BLOCK_CELLS = 8_388_608
"""Read and written at a time."""


class ZarrGroup:
    """A group that is written.

    Parameters
    ----------
    target : JSON
        Its key-value store, empty.
    zarr_format : int
        Version of Zarr, 2 or 3.

    Raises
    ------
    DataUnavailable
        When there is something at the target.
    """

    def __init__(self, context: ts.Context, target: Json, zarr_format: int) -> None:
        self._context = context
        self._target = target
        self._format = zarr_format
        self._files = ts.KvStore.open(target, context=context).result()
        if self._files.list().result():
            place = self._files.url
            raise DataUnavailable(f"there is something at {place} already; a new place is wanted", locator=place)

    def array(
        self,
        name: str,
        labels: Sequence[str],
        shape: Sequence[int],
        chunks: Sequence[int],
        fill: Any,
        attributes: Mapping[str, Json],
    ) -> ts.TensorStore:
        """Make an array; its type is that of ``fill``."""
        dtype = np.dtype(type(fill))
        kvstore = {**self._target, "path": f"{self._target['path']}{name}/"}
        if self._format == 2:
            own = json.dumps({**attributes, "_ARRAY_DIMENSIONS": list(labels)}).encode()
            self._files.write(f"{name}/.zattrs", own).result()
            metadata: Json = {
                "shape": list(shape),
                "chunks": list(chunks),
                "dtype": dtype.newbyteorder("<").str,
                # null is 0 as well, and programs do not take it for a nil value
                "fill_value": json_fill(fill) if "_FillValue" in attributes else None,
                "compressor": {"id": "gzip", "level": 1},
                "dimension_separator": "/",
            }
            driver = "zarr"
        else:
            metadata = {
                "shape": list(shape),
                "data_type": dtype.name,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": list(chunks)}},
                "codecs": [
                    {"name": "bytes", "configuration": {"endian": "little"}},
                    {"name": "gzip", "configuration": {"level": 1}},
                ],
                "fill_value": json_fill(fill),
                "dimension_names": list(labels),
                "attributes": dict(attributes),
            }
            driver = "zarr3"
        spec = {"driver": driver, "kvstore": kvstore, "metadata": metadata}
        return ts.open(spec, context=self._context, create=True).result()

    def close(self, attributes: Mapping[str, Any]) -> None:
        """Write what makes it a group; without, a program sees that it is not complete."""
        if self._format == 2:
            self._files.write(".zattrs", json.dumps(dict(attributes)).encode()).result()
            self._files.write(".zgroup", json.dumps({"zarr_format": 2}).encode()).result()
        else:
            document = {"zarr_format": 3, "node_type": "group", "attributes": dict(attributes)}
            self._files.write("zarr.json", json.dumps(document).encode()).result()


def export_group(snapshot: OcdbtSnapshot, group: ZarrGroup, attributes: Mapping[str, Any]) -> None:
    """Write a version of a cube.

    Parameters
    ----------
    attributes : mapping of str to Any
        Of the group; what JSON has.
    """
    labels = [axis.label for axis in snapshot.axes]
    for axis in snapshot.axes:
        values = axis.coefficients
        if values is None:
            values = np.arange(axis.low, axis.low + axis.size, dtype=np.float64)
        group.array(axis.label, [axis.label], values.shape, values.shape, np.float64(0), {}).write(values).result()
    for number, field in enumerate(snapshot.layout.fields):
        _export_field(snapshot, group, number, field, labels)
    group.close(attributes)


def _export_field(snapshot: OcdbtSnapshot, group: ZarrGroup, number: int, field: Field, labels: Sequence[str]) -> None:
    source, fill = snapshot.source, fill_value(field)
    attributes: dict[str, Json] = {
        name: text for name, text in (("units", field.unit), ("long_name", field.label or field.description)) if text
    }
    if field.nil:
        attributes["_FillValue"] = json_fill(fill)
    array = group.array(field.name, labels, source.shape, source.chunks, fill, attributes)
    block = block_shape(source.shape, source.chunks, BLOCK_CELLS)
    for box in split(CellBox.whole(source.shape), block):
        array[box.slices].write(source.read(box, (number,)).values[0]).result()
