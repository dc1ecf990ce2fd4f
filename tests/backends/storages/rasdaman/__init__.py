# SPDX-License-Identifier: MIT
"""Tests of eoxserver.backends.storages.rasdaman."""
