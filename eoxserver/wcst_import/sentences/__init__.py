# SPDX-License-Identifier: MIT
"""Sentences of ingredients: text with expressions (``${gdal:minX}``) that has a value for each file."""
