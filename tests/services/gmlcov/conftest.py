# SPDX-License-Identifier: MIT
"""The writers are also asked for through a Web Coverage Service."""

from __future__ import annotations

from tests.services.wcs.conftest import client, make

__all__ = ["client", "make"]
