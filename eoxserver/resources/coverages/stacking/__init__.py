# SPDX-License-Identifier: MIT
"""Registering files that stay where they are as slices of n-D coverages: ``stacks`` writes what ``parts`` describes."""
