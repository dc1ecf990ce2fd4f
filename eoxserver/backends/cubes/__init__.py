# SPDX-License-Identifier: MIT
"""Cubes: arrays of any number of dimensions that grow, are updated atomically and remember what they were.

``base`` is the interface of a store of cubes, ``ocdbt`` the store that is built in.
``eoxserver.testing.contracts.CubeStoreContract`` is the test suite of the interface.
"""
