# SPDX-License-Identifier: MIT
"""Cells computed from the cells at the same place: ``Constant Iterator Map Cast Combine Switch SetNil Mask``.

``functions`` has the functions of ``Map``, ``types`` the data types of results, ``ranges`` their fields, ``alignment``
their grid. ``nodes`` makes steps of plan nodes: what stands upon each other becomes one graph of ``expressions`` over
the sources below, read through one ``view``. That compiles it to a linear ``program`` of ``instructions``, whose
``kernels`` are numpy's, and is ``running`` it in pieces that fit the cache.

May import of ``query`` the plan, steps and windows only.
"""

from eoxserver.query.cellwise.nodes import make

__all__ = ["make"]
