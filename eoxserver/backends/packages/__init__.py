# SPDX-License-Identifier: MIT
"""Packages: archives that hold files (contract: ``packages.base``)."""
