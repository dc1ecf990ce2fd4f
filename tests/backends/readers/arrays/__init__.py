# SPDX-License-Identifier: MIT
"""Tests of eoxserver.backends.readers.arrays."""
