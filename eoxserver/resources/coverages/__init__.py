# SPDX-License-Identifier: MIT
"""Coverages and collections: the Django models (``models``), and the catalogue the services see (``catalogue``).

``formats`` and ``crss`` hold what may be asked for (RFC 17); ``registration`` and ``metadata`` bring files in.
"""
