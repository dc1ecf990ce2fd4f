# SPDX-License-Identifier: MIT
"""Whole servers against real clients."""
