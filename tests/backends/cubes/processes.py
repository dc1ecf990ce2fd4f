# SPDX-License-Identifier: MIT
"""Starting processes that change cubes (``worker``)."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["working"]


@contextmanager
def working(*words: object) -> Iterator[subprocess.Popen[str]]:
    """A process that is ready and waits for a line; killed at the end, if it still runs."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.backends.cubes.worker", *map(str, words)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None and process.stdout is not None
        try:
            assert process.stdout.readline() == "ready\n", process.communicate()[1]
            yield process
        finally:
            process.kill()
