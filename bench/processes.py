# SPDX-License-Identifier: MIT
"""Processor time of running processes, as Linux tells it."""

from __future__ import annotations

import os
from pathlib import Path

__all__ = ["cpu_seconds", "family", "memory", "peak_memory"]

TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pids: list[int]) -> float:
    """Time that processes have spent in their own code and in the kernel."""
    total = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        total += int(fields[11]) + int(fields[12])
    return total / TICKS


def memory(pids: list[int]) -> int:
    """What processes hold in memory now [bytes]."""
    return sum(_status(pid, "VmRSS") for pid in pids)


def peak_memory(pids: list[int]) -> int:
    """The most that each of some processes has held in memory, together [bytes]."""
    return sum(_status(pid, "VmHWM") for pid in pids)


def _status(pid: int, key: str) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) << 10
    raise RuntimeError(f"process {pid} has no {key}")


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue  # it has ended meanwhile
    found = [pid]
    for known in found:
        found += [child for child, parent in parents.items() if parent == known]
    return found
