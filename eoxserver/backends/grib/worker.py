# SPDX-License-Identifier: MIT
"""The process that reads GRIB: ``python -m eoxserver.backends.grib.worker``.

Requests come on standard input, one JSON object a line; each is answered on standard output by one JSON object a line,
followed by the number of bytes that its ``bytes`` says. ``op`` is ``offsets``, ``keys``, ``names`` or ``values``. An
answer with ``error`` says what is wrong with the file; anything else ends the process.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import eccodes
import numpy as np

__all__ = ["main"]

MISSING = -1.7976931348623157e308
"""Stands for missing values while a message is unpacked: no field has it."""


class Refused(Exception):
    """What is wrong with a file or a request, for the other side."""


@contextmanager
def _message(path: str, offset: int) -> Iterator[Any]:
    """The message that begins at an offset."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - eccodes reads from a file descriptor
            file.seek(offset)
            handle = eccodes.codes_grib_new_from_file(file)
    except OSError as error:
        raise Refused(error.strerror or str(error)) from error
    if handle is None:
        raise Refused(f"no GRIB message begins at byte {offset}")
    try:
        yield handle
    finally:
        eccodes.codes_release(handle)


def offsets(path: str) -> list[int]:
    """Where the messages of a file begin [bytes]."""
    found: list[int] = []
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - as above
            while (handle := eccodes.codes_grib_new_from_file(file, headers_only=True)) is not None:
                try:
                    found.append(int(eccodes.codes_get_long(handle, "offset")))
                finally:
                    eccodes.codes_release(handle)
    except OSError as error:
        raise Refused(error.strerror or str(error)) from error
    return found


def keys(path: str, offset: int, names: Sequence[str]) -> dict[str, Any]:
    """Values of keys of a message; those that it does not have are left out."""
    found: dict[str, Any] = {}
    with _message(path, offset) as handle:
        for name in names:
            try:
                if eccodes.codes_is_missing(handle, name):
                    found[name] = None
                elif eccodes.codes_get_size(handle, name) > 1:
                    found[name] = np.asarray(eccodes.codes_get_array(handle, name)).tolist()
                else:
                    found[name] = eccodes.codes_get(handle, name)
            except eccodes.KeyValueNotFoundError:
                continue
    return found


def names(path: str, offset: int) -> list[str]:
    """The names of all keys of a message."""
    found: list[str] = []
    with _message(path, offset) as handle:
        iterator = eccodes.codes_keys_iterator_new(handle)
        try:
            while eccodes.codes_keys_iterator_next(iterator):
                found.append(eccodes.codes_keys_iterator_get_name(iterator))
        finally:
            eccodes.codes_keys_iterator_delete(iterator)
    return found


def values(path: str, offset: int) -> bytes:
    """The values of a message in the order of the file, float64; NaN where they are missing."""
    with _message(path, offset) as handle:
        eccodes.codes_set(handle, "missingValue", MISSING)
        found = eccodes.codes_get_values(handle)
        if eccodes.codes_get_long(handle, "bitmapPresent"):
            found = np.where(found == MISSING, np.nan, found)
    return np.ascontiguousarray(found, dtype="<f8").tobytes()


def _answer(request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    path, offset = request["path"], request.get("offset", 0)
    match request["op"]:
        case "offsets":
            return {"offsets": offsets(path)}, b""
        case "keys":
            return {"keys": keys(path, offset, request["names"])}, b""
        case "names":
            return {"names": names(path, offset)}, b""
        case "values":
            return {}, values(path, offset)
    raise Refused(f"no operation {request['op']}")


def main(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        try:
            answer, data = _answer(json.loads(line))
        except (Refused, eccodes.CodesInternalError) as error:
            answer, data = {"error": str(error)}, b""
        answers.write(json.dumps({**answer, "bytes": len(data)}).encode() + b"\n")
        answers.write(data)
        answers.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer)
