# SPDX-License-Identifier: MIT
"""Documentation held to the code, or executed."""
