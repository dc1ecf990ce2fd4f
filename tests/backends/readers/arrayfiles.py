# SPDX-License-Identifier: MIT
"""Files of arrays that tests make: the same cube as netCDF, and as Zarr of both versions."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import numpy.typing as npt
import tensorstore as ts

__all__ = ["Variable", "cube", "write_netcdf", "write_zarr"]


@dataclass(frozen=True)
class Variable:
    """A variable to be written."""

    dims: Sequence[str]
    values: npt.NDArray[Any]
    attributes: Mapping[str, Any] = field(default_factory=dict)


def cube(
    times: Sequence[float] = (0, 1, 5), units: str = "days since 2000-01-01", falling: bool = True, names: str = "v"
) -> dict[str, Variable]:
    """Variables over time, latitude and longitude, whose cells count from 1; 4 x 5 cells of half a degree."""
    lat = 40 + 0.5 * np.arange(4)
    shape = (len(times), 4, 5)
    found = {
        "time": Variable(["time"], np.array(times, "f8"), {"units": units, "standard_name": "time"}),
        "lat": Variable(["lat"], (lat[::-1] if falling else lat).astype("f4"), {"units": "degrees_north"}),
        "lon": Variable(["lon"], (10 + 0.5 * np.arange(5)).astype("f4"), {"units": "degrees_east"}),
    }
    for number, name in enumerate(names):
        values = 1 + 100 * number + np.arange(np.prod(shape), dtype="int16").reshape(shape)
        found[name] = Variable(["time", "lat", "lon"], values, {"units": "K", "_FillValue": np.int16(-9)})
    return found


def write_netcdf(path: Path, variables: Mapping[str, Variable], **attributes: Any) -> Path:
    """Write a netCDF file."""
    with netCDF4.Dataset(path, "w") as dataset:
        dataset.setncatts(attributes)
        for name, one in variables.items():
            for dim, size in zip(one.dims, one.values.shape, strict=True):
                if dim not in dataset.dimensions:
                    dataset.createDimension(dim, size)
            own = dict(one.attributes)
            variable = dataset.createVariable(name, one.values.dtype, one.dims, fill_value=own.pop("_FillValue", None))
            variable.setncatts(own)
            variable[...] = one.values
    return path


def write_zarr(path: Path, variables: Mapping[str, Variable], version: int, consolidated: bool = False) -> Path:
    """Write a group of Zarr."""
    path.mkdir(parents=True)
    root = {"zarr_format": 3, "node_type": "group", "attributes": {}} if version == 3 else {"zarr_format": 2}
    documents: dict[str, Any] = {".zgroup": root}
    for name, one in variables.items():
        attributes = {key: value.item() if hasattr(value, "item") else value for key, value in one.attributes.items()}
        store = {"driver": "file", "path": f"{path / name}/"}
        chunks = [max(1, size - 1) for size in one.values.shape]
        if version == 3:
            metadata: dict[str, Any] = {
                "shape": list(one.values.shape),
                "data_type": one.values.dtype.name,
                "chunk_grid": {"name": "regular", "configuration": {"chunk_shape": chunks}},
                "dimension_names": list(one.dims),
                "attributes": attributes,
            }
        else:
            metadata = {"shape": list(one.values.shape), "dtype": one.values.dtype.str, "chunks": chunks}
        array = ts.open(
            {"driver": "zarr3" if version == 3 else "zarr", "kvstore": store, "metadata": metadata, "create": True}
        ).result()
        array[...].write(one.values).result()
        if version == 2:
            own = {**attributes, "_ARRAY_DIMENSIONS": list(one.dims)}
            (path / name / ".zattrs").write_text(json.dumps(own))
            documents |= {f"{name}/.zattrs": own, f"{name}/.zarray": json.loads((path / name / ".zarray").read_text())}
        else:
            documents[name] = json.loads((path / name / "zarr.json").read_text())
    if version == 3:
        documents.pop(".zgroup")
        inside = {"consolidated_metadata": {"kind": "inline", "metadata": documents}} if consolidated else {}
        (path / "zarr.json").write_text(json.dumps({**root, **inside}))
    else:
        (path / ".zgroup").write_text(json.dumps(root))
        if consolidated:
            (path / ".zmetadata").write_text(json.dumps({"zarr_consolidated_format": 1, "metadata": documents}))
    return path
