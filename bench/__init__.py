# SPDX-License-Identifier: MIT
"""Benchmarks: requests per second beside a peer's, in the same run. ``python -m bench``; see README.md."""
