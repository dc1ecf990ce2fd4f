# SPDX-License-Identifier: MIT
"""The Web Coverage Processing Service language (OGC 08-068r2): from text or XML to a syntax tree and back."""
