# SPDX-License-Identifier: MIT
"""Imports that go on in the background: one process for each ingredients file (specification, section 1)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from eoxserver.wcst_import.errors import ImportRefused

__all__ = ["Daemon"]

_WAIT = 30.0
"""How long a process has to end [s]."""


class Daemon:
    """The background process of an ingredients file; its number is in a file beside it."""

    def __init__(self, ingredients: Path) -> None:
        self.ingredients = ingredients.absolute()
        self._file = self.ingredients.with_suffix(".daemon.pid")
        self.output = self.ingredients.with_suffix(".daemon.out")

    @property
    def pid(self) -> int | None:
        """The number of the process; None when it does not run."""
        try:
            number = int(self._file.read_text())
            command = Path(f"/proc/{number}/cmdline").read_bytes()
        except (OSError, ValueError):
            return None
        return number if os.fsencode(self.ingredients) in command.split(b"\0") else None

    def start(self, options: Sequence[str], secrets: Mapping[str, str] = MappingProxyType({})) -> int:
        """Start the process with options of ``eoxserver wcst_import``; answers its number.

        Parameters
        ----------
        secrets : mapping of str to str
            Variables of its environment: others can read its command line.

        Raises
        ------
        ImportRefused
            When it runs already, or does not start.
        """
        if self.pid is not None:
            raise ImportRefused(f"the daemon of {self.ingredients} runs already (process {self.pid})")
        command = [sys.executable, "-m", "eoxserver", "wcst_import", str(self.ingredients), *options]
        with self.output.open("ab") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                env={**os.environ, **secrets},
            )  # fmt: skip
        self._file.write_text(str(process.pid))
        try:
            code = process.wait(1.0)
        except subprocess.TimeoutExpired:
            return process.pid
        self._file.unlink(missing_ok=True)
        last = self.output.read_text(errors="replace").strip().splitlines()[-1:] or [f"exit code {code}"]
        raise ImportRefused(f"the daemon of {self.ingredients} ended at once: {last[0]}")

    def stop(self) -> bool:
        """End the process; answers whether there was one.

        Raises
        ------
        ImportRefused
            When it does not end.
        """
        number = self.pid
        if number is None:
            self._file.unlink(missing_ok=True)
            return False
        os.kill(number, signal.SIGTERM)
        until = time.monotonic() + _WAIT
        while self.pid is not None and _runs(number):
            if time.monotonic() > until:
                raise ImportRefused(f"the daemon of {self.ingredients} (process {number}) does not end")
            time.sleep(0.05)
        self._file.unlink(missing_ok=True)
        return True


def _runs(number: int) -> bool:
    """Whether a process runs: one that ended, and whose parent has not asked for it, does not."""
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (OSError, IndexError):
        return False
    return state != "Z"
