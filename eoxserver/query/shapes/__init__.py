# SPDX-License-Identifier: MIT
"""Nodes that cut shapes out of a coverage, or lay it into a larger grid, as lazy views.

Cells that a result has and its input has not are *outside*: not valid in fields with nil values, 0 in others, since
there nothing else could tell them (WCPS, ``extend`` and ``clip``).
"""
