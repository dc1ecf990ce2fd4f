# SPDX-License-Identifier: MIT
"""Web Map Service: a folder a version, the rest serves all of them.

``vNN/decode`` reads requests into the values of ``requests``, ``vNN/capabilities`` writes the ``entries`` of
layers. In between no version is known: ``layers`` finds what a name means, ``plan`` and ``times`` make
query plans, ``maps`` evaluates and paints them with the styles of ``render``, ``images`` writes bytes.
``service`` ties them together.
"""
