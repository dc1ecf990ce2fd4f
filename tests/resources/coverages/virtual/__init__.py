# SPDX-License-Identifier: MIT
"""Tests of eoxserver.resources.coverages.virtual."""
