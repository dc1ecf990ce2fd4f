# SPDX-License-Identifier: MIT
"""Model fields of our own: values of ``core`` and geometries, kept in one column each.

Whatever is assigned becomes the value at once where it can; what cannot be understood is told by ``full_clean()``
and refused by ``save()``.
"""
