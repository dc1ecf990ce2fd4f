# SPDX-License-Identifier: MIT
"""Encoders: from a coverage, read block by block, to the bytes of a format (contract: ``encoders.base``)."""
