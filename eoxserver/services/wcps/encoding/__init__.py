# SPDX-License-Identifier: MIT
"""What ``encode`` and ``describe`` of WCPS make of a result: the format, its extra parameters, and the bytes."""
