# SPDX-License-Identifier: MIT
"""Tests of eoxserver.app."""
