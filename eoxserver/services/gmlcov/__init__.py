# SPDX-License-Identifier: MIT
"""Coverages in the terms of the Coverage Implementation Schema: 1.0 in GML, 1.1 in GML and JSON; services share it."""
