# SPDX-License-Identifier: MIT
"""Storages: the places where files and arrays live (contract: ``storages.base``)."""
