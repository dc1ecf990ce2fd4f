# SPDX-License-Identifier: MIT
"""Tests of the store of cubes."""
