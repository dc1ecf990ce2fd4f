# SPDX-License-Identifier: MIT
"""The query engine: every data request of every protocol becomes a plan of this room.

``plan`` holds the nodes. ``steps`` finds out what each of them makes, ``check`` what it costs, both before a cell is
read; ``rewrite`` makes a plan cheaper without changing its cells; ``evaluate`` turns it into a coverage whose source
computes what is read from it; ``explain`` shows all of that; ``executors`` own threads and memory.

Below them: ``windows`` (parts of sources, at a level), ``views`` and ``overlay`` (the lazy sources of the other nodes),
``grids`` (target grids), ``transforms``, ``mapping`` and ``ratios`` (where target cells lie in the source), ``taps``
and ``resample`` (what a new cell is made of), ``sampling`` (reading it in bounded memory).

May import ``core`` only: data is seen through ``core.coverage.Source``.
"""
