# SPDX-License-Identifier: MIT
"""What files say of themselves: the values of expressions, and the arrays from which slices are cut."""
