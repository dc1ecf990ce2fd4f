# SPDX-License-Identifier: MIT
"""Configuration: the table of settings, its readers, the shipped defaults, and the files of an instance."""
