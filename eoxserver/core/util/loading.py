# SPDX-License-Identifier: MIT
"""Loading much that stays, in processes of our own."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["loading"]


@contextmanager
def loading() -> Iterator[None]:
    """Load what stays until the process ends: nobody looks for garbage meanwhile, nor in it later.

    Commands start in little more than half the time, and a process ends at once instead of after a second or more. Not
    for the process of somebody else, whose garbage of this moment stays as well.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if enabled:
            gc.enable()
