# SPDX-License-Identifier: MIT
"""Recipes: ways to turn files into slices of coverages. Each is a plugin (hook ``eoxs_import_recipes``)."""
