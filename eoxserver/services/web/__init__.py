# SPDX-License-Identifier: MIT
"""Pages for people: the start page."""
