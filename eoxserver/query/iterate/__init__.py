# SPDX-License-Identifier: MIT
"""Nodes that go over many places: ``Reduce Condense Construct Pick Flip Sort``.

``folding`` has the condensers, ``picking`` subsets by iterators, ``constructing`` new coverages, ``ordering`` what
exchanges cells along an axis.
"""
