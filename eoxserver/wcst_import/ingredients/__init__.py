# SPDX-License-Identifier: MIT
"""The ingredients file: what it may say, read and checked before anything is done."""
