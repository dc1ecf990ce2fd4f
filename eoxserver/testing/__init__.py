# SPDX-License-Identifier: MIT
"""For plugin authors: contract suites to subclass (``contracts``), and small coverages of every kind (``coverages``).

The suites are classes of pytest tests; nothing else of pytest is needed, and nothing is registered with it.
"""
