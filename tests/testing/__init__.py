# SPDX-License-Identifier: MIT
"""Tests of eoxserver.testing."""
