# SPDX-License-Identifier: MIT
"""Readers: from a file or a connection to a description and a source of cells (contract: ``readers.base``)."""
