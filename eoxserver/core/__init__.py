# SPDX-License-Identifier: MIT
"""The n-D coverage model: errors, times, CRSs, axes, domains, fields, selection, sources.

May import numpy, pyproj and shapely, and nothing of this package outside ``core``. Every other
room speaks in the values defined here; none of them reads a file, a database or the network.
"""
