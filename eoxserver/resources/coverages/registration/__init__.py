# SPDX-License-Identifier: MIT
"""Bringing files into the catalogue.

``files`` finds them, ``inference`` finds out what they are, ``registrar`` stores that; ``collections`` and ``checks``
are what else an operator does with the catalogue.
"""
