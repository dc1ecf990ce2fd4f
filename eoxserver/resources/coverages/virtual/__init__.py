# SPDX-License-Identifier: MIT
"""Virtual coverages: their cells are read out of other coverages when they are asked for."""
