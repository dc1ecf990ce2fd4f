# SPDX-License-Identifier: MIT
"""The query engine: every data request of every protocol becomes a plan of this room.

``plan`` holds the nodes, ``check`` tells domain, range type and price before a cell is read,
``rewrite`` makes a plan cheaper without changing its cells, ``evaluate`` turns it into a coverage
whose source computes what is read from it. May import ``core`` only.
"""
