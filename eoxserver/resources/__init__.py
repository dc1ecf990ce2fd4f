# SPDX-License-Identifier: MIT
"""What is served: the catalogue of coverages and collections, and how they get into it.

May import ``backends`` and the rooms below it, never ``query`` or ``services``.
"""
