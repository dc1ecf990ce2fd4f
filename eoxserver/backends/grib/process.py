# SPDX-License-Identifier: MIT
"""Our side of the process that reads GRIB: starts it when it is first needed, and again when it ended."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

import numpy as np
import numpy.typing as npt

from eoxserver.core.errors import DataUnavailable

__all__ = ["GribProcess"]


class GribProcess:
    """Reads messages of local files; may be used by many threads, which take turns.

    Every method raises ``DataUnavailable`` when a file cannot be read, or eccodes is not installed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def offsets(self, path: str) -> tuple[int, ...]:
        """Where the messages of a file begin [bytes], in order."""
        return tuple(self._asked({"op": "offsets", "path": path})[0]["offsets"])

    def keys(self, path: str, offset: int, names: Sequence[str]) -> dict[str, Any]:
        """Values of keys of the message at an offset: numbers, texts, lists, or None for missing ones.

        Keys that the message does not have are left out.
        """
        asked = {"op": "keys", "path": path, "offset": offset, "names": list(names)}
        found: dict[str, Any] = self._asked(asked)[0]["keys"]
        return found

    def names(self, path: str, offset: int) -> tuple[str, ...]:
        """The names of all keys of the message at an offset."""
        return tuple(self._asked({"op": "names", "path": path, "offset": offset})[0]["names"])

    def values(self, path: str, offset: int) -> npt.NDArray[np.float64]:
        """The values of the message at an offset, shape (n,), in the order of the file; NaN where they are missing."""
        _, data = self._asked({"op": "values", "path": path, "offset": offset})
        return np.frombuffer(data, dtype="<f8").astype(np.float64, copy=False)

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _asked(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        with self._lock:
            try:
                answer, data = self._exchanged(request)
            except (OSError, ValueError) as error:
                self._end()
                raise DataUnavailable(
                    f"{request['path']}: the process that reads GRIB ended: {error}", locator=request["path"]
                ) from error
        if "error" in answer:
            raise DataUnavailable(f"{request['path']} cannot be read: {answer['error']}", locator=request["path"])
        return answer, data

    def _exchanged(self, request: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = _started()
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise OSError(f"exit code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        data = self._process.stdout.read(answer["bytes"])
        if len(data) != answer["bytes"]:
            raise OSError("in the middle of an answer")
        return answer, data

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()


def _started() -> subprocess.Popen[bytes]:
    if find_spec("eccodes") is None:
        raise DataUnavailable("GRIB is read by eccodes, which is not installed: pip install 'eoxserver[grib]'")
    return subprocess.Popen(
        [sys.executable, "-m", "eoxserver.backends.grib.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
