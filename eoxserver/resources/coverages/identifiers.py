# SPDX-License-Identifier: MIT
"""Identifiers of coverages and collections are NCNames: they become ``gml:id`` and names of layers.

NCName: Namespaces in XML 1.0 (third edition), production 4.
"""

from __future__ import annotations

import re

__all__ = ["MAX_LENGTH", "NCNAME_REST", "NCNAME_START", "is_ncname"]

MAX_LENGTH = 256
"""Characters of the longest identifier."""

NCNAME_START = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f\u2c00-\u2fef"
    "\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
"""Characters an NCName may begin with, as in a character class of a regular expression."""
NCNAME_REST = NCNAME_START + r"\-.0-9\u00b7\u0300-\u036f\u203f-\u2040"
"""Characters that may follow."""

_NCNAME = re.compile(f"[{NCNAME_START}][{NCNAME_REST}]*")


def is_ncname(text: str) -> bool:
    """Whether the text is an NCName.

    >>> is_ncname("a.b-1"), is_ncname("1a"), is_ncname("a:b")
    (True, False, False)
    """
    return _NCNAME.fullmatch(text) is not None
