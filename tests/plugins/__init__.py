# SPDX-License-Identifier: MIT
"""Tests of the plugin framework."""
