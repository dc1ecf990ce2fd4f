# SPDX-License-Identifier: MIT
"""Nodes that go over many places."""
