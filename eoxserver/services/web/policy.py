# SPDX-License-Identifier: MIT
"""What stands in a page, as sources of its content security policy (W3C CSP 3)."""

from __future__ import annotations

import base64
import hashlib

__all__ = ["hash_source"]


def hash_source(text: str) -> str:
    """The source that allows a script or style of exactly this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
