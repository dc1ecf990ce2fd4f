# SPDX-License-Identifier: MIT
"""Tests of the access to data."""
