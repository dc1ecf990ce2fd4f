# SPDX-License-Identifier: MIT
"""Cells computed from the cells at the same place: ``Constant Iterator Map Cast Combine Switch SetNil Mask``.

``functions`` has the functions of ``Map``, ``types`` the data types of results (WCPS specification, section 4.4).
"""
